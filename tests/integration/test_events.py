"""Deliveries of events add to each other: late, repeated, corrected and overlapping, in any order they give the same."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.dbt import Dbt
from orchestration.ingestion import scopes
from orchestration.ingestion.contracts import all_contracts
from orchestration.ingestion.ingest import prepare
from orchestration.ingestion.leaving import leave
from orchestration.settings import Mendable
from orchestration.warehouse import Warehouse
from quality import reconcile
from quality.suites import raw
from tests import actblue, actionnetwork, app, fec, l2, mailchimp, meta, published, texting, van, web
from tests.conftest import PERSONAL, Desk

REFUND = {"Refund ID": "R1", "Refund Date": "2026-01-20 09:00:00"}
# In order: name, day, content. They overlap, correct each other, repeat a line and know of a refund.
DELIVERIES = [
    ("a.csv", "2026-01-10", actblue.contributions({"Lineitem ID": "1"}, {"Lineitem ID": "2"}, header=actblue.HEADER_91)),
    ("b.csv", "2026-01-20", actblue.contributions({"Lineitem ID": "2", "Amount": "30.00"}, {"Lineitem ID": "3"}, {"Lineitem ID": "3"})),
    ("paid.csv", "2026-02-01", actblue.contributions({"Lineitem ID": "3"}, {"Lineitem ID": "4", "Amount": "1,000.00"})),
    ("refunds.csv", "2026-02-01", actblue.contributions({"Lineitem ID": "3"} | REFUND, encoding="utf-8-sig")),
    ("cancel.csv", "2026-02-01", actblue.cancelled({"Receipt ID": "AB1", "Cancelled On": "2026-01-25 12:00:00"})),
    ("late.csv", "2026-01-05", actblue.contributions({"Lineitem ID": "1", "Amount": "99.00"}, {"Lineitem ID": "5"})),
]  # fmt: skip


def zipped(name: str, content: bytes) -> bytes:
    """A zip with this file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 12, 0, 0)), content)
    return file.getvalue()


# A message sent twice, corrected, and told whose it is by another delivery.
WEB_DELIVERIES = [
    ("a.jsonl", "2026-01-10", web.events({"messageId": "m1"}, {"messageId": "m2"}, {"messageId": "m2"}, {"messageId": "m3", "type": "track"})),
    ("b.ndjson.gz", "2026-01-20", gzip.compress(web.events({"messageId": "m2", "properties": {"topic": "Taxes"}}, end="\r\n"), mtime=0)),
    ("who.json", "2026-01-20", b"\xef\xbb\xbf" + web.events({"messageId": "i1", "type": "identify"})),
    ("late.zip", "2026-01-05", zipped("events.jsonl", web.events({"messageId": "m1", "properties": {"topic": "Water"}}, {"messageId": "m4", "anonymousId": "a2"}))),
]  # fmt: skip


@pytest.fixture(scope="module")
def donations(tmp_path_factory):
    """A desk, and the query of the donations over what was handed in at it."""
    desk = Desk(tmp_path_factory.mktemp("events"))
    dbt, warehouse = Dbt(desk.settings), Warehouse(desk.settings)
    with warehouse.hold("a test"):
        with warehouse.open() as con:
            prepare(con)
        for layer in ("staging", "marts"):
            dbt.run(dbt.tables(layer))
    [query] = dbt.target.rglob("compiled/**/marts/donations.sql")
    return desk, query.read_text(encoding="utf-8")


def of_model(donations, model: str) -> str:
    """The query of another model of the same desk."""
    [file] = Dbt(donations[0].settings).target.rglob(f"compiled/**/{model}.sql")
    return file.read_text(encoding="utf-8")


def handed_in(donations, deliveries, mart: str = "donations") -> list[tuple]:
    """What the donations (or another mart) are after these deliveries, one after the other in one run, and nothing before."""
    desk, query = donations[0], of_model(donations, mart)
    with Warehouse(desk.settings).open() as con:
        for contract, delivery_id in con.execute("select contract, delivery_id from meta.deliveries").fetchall():
            scopes.forget(con, next(c for c in all_contracts() if c.name == contract), delivery_id)
    for original in desk.settings.archive.iterdir():
        original.unlink()
    for number, (name, day, content) in enumerate(deliveries):
        desk.put(f"{number}_{name}", content, day)
    assert {outcome.status for outcome in desk.take()} <= {"loaded", "unchanged"}
    build_again(donations, BEHIND.get(mart, ()))
    return desk.query(f"from ({query}) order by all")


# Of the marts here the tables that stand before them.
BEHIND = {
    "app_friends": ("int_voter_phones", "int_app_contacts"),
    "contacts": ("int_van_voters", "int_email_activity", "int_consents"),
}


def build_again(donations, models) -> None:
    """Build tables of the desk from what it holds now."""
    with Warehouse(donations[0].settings).open() as con:
        for model in models:
            con.execute(f"create or replace table intermediate.{model} as {of_model(donations, model)}")


@pytest.fixture(scope="module")
def in_order(donations):
    """The donations after the deliveries in their order."""
    return handed_in(donations, DELIVERIES)


def test_the_newest_of_each_line_item_counts(donations):
    rows = handed_in(donations, DELIVERIES)
    desk, query = donations
    columns = "donation_id, amount_dollars::integer, is_refunded, recurring_cancelled_at is not null, file_name[3:], record_number"
    found = desk.query(f"select {columns} from ({query}) join meta.deliveries using (delivery_id) order by 1")
    assert found == [
        ("ACTBLUE-1", 25, False, True, "a.csv", 1),
        ("ACTBLUE-2", 30, False, True, "b.csv", 1),
        ("ACTBLUE-3", 25, True, True, "refunds.csv", 1),
        ("ACTBLUE-4", 1000, False, True, "paid.csv", 2),
        ("ACTBLUE-5", 25, False, True, "late.csv", 2),
    ]
    assert len(rows) == 5


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(DELIVERIES), again=st.lists(st.sampled_from(DELIVERIES), max_size=2))
def test_any_order_and_repetition_gives_the_same(donations, in_order, order, again):
    assert handed_in(donations, [*order, *again]) == in_order


def test_what_is_no_event_is_held_back_and_counted(donations):
    """A repeated header, totals, a formula, three styles of dates, a BOM and a record in another encoding."""
    header = dict(zip(actblue.HEADER_101, actblue.HEADER_101, strict=True))
    rows = [
        {"Lineitem ID": "1", "Date": "1/2/2026 3:04 PM"},
        header,
        {"Lineitem ID": "2", "Date": "2-Jan-2026", "Donor Employer": "=cmd|'x'!A1", "Amount": "$1,250.00"},
        {"Lineitem ID": "", "Receipt ID": "Totals", "Amount": "1,275.00"},
        {"Lineitem ID": "4", "Donor Last Name": "ZQXJ"},
    ]
    content = actblue.contributions(*rows, encoding="utf-8-sig").replace(PERSONAL.encode(), b"M\xfcller")
    found = handed_in(donations, [("a.csv", "2026-01-10", content)])
    assert len(found) == 2
    desk, _ = donations
    assert desk.query("select record_number, reason from raw.quarantine") == [(5, "bytes are no UTF-8 text")]
    held_back = (
        f"select record_number, reason from ({of_model(donations, 'stg_actblue__contributions_suppressed')}) order by 1"
    )
    assert desk.query(held_back) == [(2, "repeated_header"), (4, "total")]
    typed = "select record_number, amount_dollars::integer, employer, formula_count from staging.stg_actblue__contributions order by 1"
    assert desk.query(typed) == [(1, 25, None, 0), (3, 1250, None, 1)]


def test_a_passport_number_never_lands(donations):
    desk, _ = donations
    handed_in(donations, [("a.csv", "2026-01-10", actblue.contributions({"Donor US Passport Number": PERSONAL}))])
    assert PERSONAL not in repr(desk.query("from raw.actblue_contributions"))


CONDUIT = {"CMTE_ID": "C00401224", "TRANSACTION_TP": "24T", "OTHER_ID": "C00000001", "FILE_NUM": "5"}
AMENDED = {"AMNDT_IND": "A", "FILE_NUM": "1900009"}
FEC_DELIVERIES = [
    ("itcont_a.txt", "2026-04-20", fec.contributions({"SUB_ID": fec.sub_id(1)}, {"SUB_ID": fec.sub_id(2), "TRAN_ID": "T2"})),
    ("indiv26.zip", "2026-05-20", fec.packed(fec.contributions(
        {"SUB_ID": fec.sub_id(3), "NAME": "MU\u00d1OZ, EVA", "TRANSACTION_TP": "15E", **AMENDED},
        {"SUB_ID": fec.sub_id(4), "NAME": "MU\u00d1OZ, EVA", **CONDUIT},
        {"SUB_ID": fec.sub_id(5), "MEMO_CD": "X", **AMENDED},
        {"SUB_ID": fec.sub_id(6), "TRANSACTION_DT": "99992026"},
        {"SUB_ID": fec.sub_id(2), "TRAN_ID": "T2"}), "2026-05-20")),
    ("itcont_late.txt", "2026-04-01", fec.contributions({"SUB_ID": fec.sub_id(2), "TRAN_ID": "T2", "TRANSACTION_AMT": "1"})),
    ("cm26.txt", "2026-04-01", fec.committees({"CMTE_NM": "OLD NAME"})),
    ("cm26.txt", "2026-05-01", fec.committees({})),
]  # fmt: skip


def test_a_dollar_reported_several_times_counts_once(donations):
    """Of a report and its amendment, of recipient and conduit, of a memo; and a zip with its records twice is one delivery."""
    handed_in(donations, FEC_DELIVERIES, "fec_contributions")
    desk, _ = donations
    assert desk.query("select count(*) from meta.deliveries") == [(len(FEC_DELIVERIES),)]
    found = desk.query(
        "select right(fec_contribution_id, 1)::integer, amount_dollars::integer, not_counted_reason, recipient_committee, is_linked "
        f"from ({of_model(donations, 'fec_contributions')}) order by 1"
    )
    name = "EXAMPLE FOR SENATE"
    assert found == [
        (1, 250, "amended", name, False),
        (2, 250, "amended", name, False),
        (3, 250, None, name, False),
        (4, 250, "reported_by_recipient", name, False),
        (5, 250, "memo", name, False),
    ]
    held_back = f"select record_number, reason from ({of_model(donations, 'stg_fec__contributions_suppressed')})"
    assert desk.query(held_back) == [(4, "unreadable_date")]


MAY = {"Reporting starts": "2026-05-01", "Reporting ends": "2026-05-31"}
AD_DELIVERIES = [
    ("meta_a.csv", "2026-04-01", meta.ads(meta.TOTAL | {"Amount spent (USD)": "1,512.90"}, {}, {"Ad name": "B", "Amount spent (USD)": "12.50"})),
    ("meta_b.csv", "2026-04-10", meta.ads({"Amount spent (USD)": "1,501.00"}, meta.TOTAL | {"Campaign name": "Totals"})),
    ("meta_may.csv", "2026-06-01", meta.ads(MAY | {"Amount spent (USD)": "$2"}, MAY | {"Campaign name": "=1+1"})),
]  # fmt: skip


def test_a_dollar_spent_counts_by_the_newest_report(donations):
    """Totals that lead or end and thousands with commas are read; what an older report says of the same days counts no more."""
    handed_in(donations, AD_DELIVERIES, "ad_spend")
    desk, _ = donations
    found = desk.query(
        "select ad_name, month(period_start), spend_dollars::double, is_counted, impressions "
        f"from ({of_model(donations, 'ad_spend')}) order by 2, 1"
    )
    assert found == [("A", 3, 1501.0, True, 120_400), ("B", 3, 12.5, False, 120_400), ("A", 5, 2.0, True, 120_400)]
    totals = "select spend_dollars::double from staging.stg_meta__ads_totals order by 1"
    assert desk.query(totals) == [(1500.4,), (1512.9,)]
    held_back = (
        f"select reason, count(*) from ({of_model(donations, 'stg_meta__ads_suppressed')}) group by 1 order by 1"
    )
    assert desk.query(held_back) == [("no_campaign", 1), ("total", 2)]


NURSE = {"ConsumerData_Occupation_of_Person": "Nurse"}
# A person who moved between counties stands in the files of both.
CONSUMER_DELIVERIES = [
    ("vm2_all.txt", "2026-01-01", l2.consumer({}, {"LALVOTERID": "LALNC2"}, {"LALVOTERID": "LALNC3", "County": "DARE"})),
    ("vm2_wake.txt", "2026-02-01", l2.consumer(NURSE, {"LALVOTERID": "LALNC3"})),
    ("vm2_dare.txt", "2026-03-01", l2.consumer({"LALVOTERID": "LALNC2", "County": "DARE"}, NURSE | {"LALVOTERID": "LALNC3", "County": "DARE"})),
]  # fmt: skip
OF_OTHERS = ("fec_contributions", "ad_spend", "consumer_traits")
OTHERS = [*FEC_DELIVERIES, *AD_DELIVERIES, *CONSUMER_DELIVERIES]


def of_others(donations, deliveries) -> dict[str, list[tuple]]:
    """What others know of people and of what was spent on them after these deliveries."""
    handed_in(donations, deliveries, OF_OTHERS[0])
    return {mart: donations[0].query(f"from ({of_model(donations, mart)}) order by all") for mart in OF_OTHERS}


@pytest.fixture(scope="module")
def others_in_order(donations):
    return of_others(donations, OTHERS)


def test_a_person_of_two_counties_files_has_the_newer_record(others_in_order):
    found = [row[0] for row in others_in_order["consumer_traits"]]
    assert found == ["L2-LALNC1", "L2-LALNC2", "L2-LALNC3"]
    assert ["NURSE" in row for row in others_in_order["consumer_traits"]] == [True, False, True]


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(OTHERS), again=st.lists(st.sampled_from(OTHERS), max_size=2))
def test_what_others_know_is_the_same_in_any_order(donations, others_in_order, order, again):
    assert of_others(donations, [*order, *again]) == others_in_order


def test_web_activity_is_what_the_newest_export_says_of_each_message(donations):
    handed_in(donations, WEB_DELIVERIES, "web_activity")
    desk, query = donations[0], of_model(donations, "web_activity")
    columns = "event_id, topic, user_id, email, file_name[3:], record_number"
    found = desk.query(f"select {columns} from ({query}) join meta.deliveries using (delivery_id) order by 1")
    who = ("u1", "ann@example.org")
    assert found == [
        ("WEB-m1", "schools", *who, "a.jsonl", 1),
        ("WEB-m2", "taxes", *who, "b.ndjson.gz", 1),
        ("WEB-m3", "schools", *who, "a.jsonl", 4),
        ("WEB-m4", "schools", None, None, "late.zip", 2),
    ]
    landed = repr(desk.query("from raw.web_events"))
    assert "192.0.2.1" not in landed
    assert "Mozilla" not in landed


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(WEB_DELIVERIES), again=st.lists(st.sampled_from(WEB_DELIVERIES), max_size=2))
def test_web_activity_is_the_same_in_any_order(donations, order, again):
    assert handed_in(donations, [*order, *again], "web_activity") == handed_in(
        donations, WEB_DELIVERIES, "web_activity"
    )


def test_json_lines_that_are_none_are_kept_with_a_reason(donations):
    """Malformed, nested where flat is due, an array, a blank line: the others load, and nothing that may not land stays."""
    nested = web.events({"messageId": {"id": PERSONAL}})
    lines = [
        *web.events(*({"messageId": f"m{n}"} for n in range(9))).splitlines(keepends=True),
        nested,
        b"[1]\n",
        b"\n",
    ]
    broken = web.events({"messageId": "m9", "name": PERSONAL})[:-2] + b" x}\n"
    other_type = web.events({"messageId": "m10", "type": "screen", "newKey": 1})
    handed_in(donations, [("a.jsonl", "2026-01-10", b"".join([*lines, broken, other_type]))], "web_activity")
    desk, _ = donations
    kept = desk.query("select record_number, reason, raw_line from raw.quarantine order by 1")
    assert [(number, reason) for number, reason, _ in kept] == [
        (10, "nested value where a plain one is due: messageId"),
        (11, "an array where an object is due"),
        (12, "blank line"),
        (13, "malformed JSON"),
    ]
    assert "192.0.2.1" not in repr(kept)
    held_back = "select record_number, reason from staging.stg_web__events_suppressed"
    assert desk.query(held_back) == [(14, "other_type")]
    with Warehouse(desk.settings).open() as con:
        checks = [
            c for c in raw.expectations(desk.settings, con)["raw.web_events"] if "what becomes of it" in c.description
        ]
    assert [c.description for c in checks] == [
        "web_events says of each key of its objects what becomes of it; 1 keys are read past"
    ]


CONSENT = app.MEMBER["consent"]
NOBODY = {
    "contact": {
        "first_name": PERSONAL,
        "last_name": PERSONAL,
        "email": f"{PERSONAL}@example.org",
        "phone": "(919) 555-0199",
    }
}
# Ann withdraws, Ben consents anew and shares anew; a share is taken back, a like undone, a late export knows of none of that.
APP_DELIVERIES = [
    ("members.jsonl", "2026-01-10", app.members({}, {"member_id": "M2"}, {"member_id": "M3", "consent": None})),
    ("contacts.jsonl", "2026-01-10", app.contacts({"share_id": "S1"} | NOBODY, {"share_id": "S2", "member_id": "M2"} | NOBODY)),
    ("activity.jsonl", "2026-01-10", app.activity({"activity_id": "A1", "kind": "like", "member_id": "M2"}, {"activity_id": "A2", "member_id": "M2"})),
    ("members.jsonl", "2026-02-10", app.members(
        {"consent": CONSENT | {"withdrawn_at": "2026-02-01T00:00:00Z"}},
        {"member_id": "M2", "consent": CONSENT | {"given_at": "2026-02-03T00:00:00Z", "withdrawn_at": "2026-02-02T00:00:00Z"}})),
    ("contacts.jsonl", "2026-02-10", app.contacts(
        {"share_id": "S3", "member_id": "M2", "shared_at": "2026-02-04T00:00:00Z"} | NOBODY,
        {"share_id": "S4", "member_id": "M2", "shared_at": "2026-02-04T00:00:00Z", "withdrawn_at": "2026-02-05T00:00:00Z"} | NOBODY,
        {"share_id": "S5", "member_id": "M2", "shared_at": "2026-02-04T00:00:00Z"})),
    ("activity.jsonl", "2026-02-10", app.activity(
        {"activity_id": "A3", "member_id": "M2", "happened_at": "2026-02-04T00:00:00Z"},
        {"activity_id": "A4", "member_id": "M2", "kind": "event", "happened_at": "2026-02-05T00:00:00Z", "undone_at": "2026-02-06T00:00:00Z"})),
    ("late_activity.jsonl", "2026-02-09", app.activity({"activity_id": "A4", "member_id": "M2", "kind": "event", "happened_at": "2026-02-05T00:00:00Z"})),
]  # fmt: skip


@pytest.fixture
def with_voters(donations):
    """The desk where Ann, who is all its members, and Ben, whom they share, are voters."""
    desk, _ = donations
    desk.query(
        "insert into marts.voters (voter_id, first_name, last_name, phone) values "
        "('NC-1', 'ANN', 'LEE', '9195550101'), ('NC-2', 'BEN', 'FOX', '9195550102')"
    )
    yield donations
    desk.query("delete from marts.voters")


def test_friends_and_engagement_are_of_members_whose_consent_stands(with_voters):
    friends = handed_in(with_voters, APP_DELIVERIES, "app_friends")
    desk, _ = with_voters
    assert [row[:7] for row in friends] == [("S5", "APP-M2", "NC-1", "phone", "NC-2", "phone", True)]
    engaged = (
        "select member_id, like_count, share_count, event_count, depth, contact_count, linked_contact_count, voter_id "
        f"from ({of_model(with_voters, 'social_engagement')})"
    )
    assert desk.query(engaged) == [("APP-M2", 0, 1, 0, 2, 2, 1, "NC-1")]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(APP_DELIVERIES), again=st.lists(st.sampled_from(APP_DELIVERIES), max_size=2))
def test_friends_and_engagement_are_the_same_in_any_order(with_voters, order, again):
    desk, _ = with_voters
    engaged = f"from ({of_model(with_voters, 'social_engagement')}) order by all"
    friends = handed_in(with_voters, APP_DELIVERIES, "app_friends"), desk.query(engaged)
    assert (handed_in(with_voters, [*order, *again], "app_friends"), desk.query(engaged)) == friends


def test_who_leaves_is_gone_whatever_later_exports_say(with_voters):
    """By the command, whose file the app itself could have delivered; a newer export that knows of no withdrawal changes nothing."""
    desk, _ = with_voters
    desk.settings.current.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(desk.settings.current)) as con:
        published.create(con, "social_engagement")
        con.execute("insert into social_engagement (member_id, signed_up_at) values ('APP-M2', '2026-01-02 10:00:00')")
    with pytest.raises(Mendable, match="no such member"):
        leave(desk.settings, "M9")
    withdrawal = leave(desk.settings, "APP-M2")
    content = withdrawal.read_bytes()
    withdrawal.unlink()
    desk.settings.current.unlink()
    given = CONSENT | {"given_at": "2026-02-03T00:00:00Z"}
    stale = app.members({"member_id": "M2", "updated_at": "2099-01-01T00:00:00Z", "consent": given})
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    left = [*APP_DELIVERIES, (withdrawal.name, today, content), ("members.jsonl", today, stale)]
    assert handed_in(with_voters, left, "app_friends") == []
    assert desk.query(of_model(with_voters, "social_engagement")) == []


def test_of_contacts_who_are_no_voters_nothing_stays(with_voters):
    """What is said of them stands in raw alone, and after the run nowhere; the sums and the friends stand as before."""
    broken = b'{"share_id": "' + PERSONAL.encode() + b'"\n'
    deliveries = [(name, day, content + broken * name.startswith("contacts")) for name, day, content in APP_DELIVERIES]
    friends = handed_in(with_voters, deliveries, "app_friends")
    desk, _ = with_voters
    contract = next(c for c in all_contracts() if c.name == "app_contacts")
    sha256 = {hash for (hash,) in desk.query("select sha256 from meta.deliveries where contract = 'app_contacts'")}
    assert sha256
    assert not {file.name.split(".")[0] for file in desk.settings.archive.iterdir()} & sha256
    for mart in ("app_friends", "social_engagement"):
        desk.query(f"create or replace table marts.{mart} as {of_model(with_voters, mart)}")
    assert {table.split("__")[0] for table in tables_with(desk, PERSONAL)} == {"app_contacts", "quarantine"}
    numbers = desk.query("select share_id, _record_number, phone from raw.app_contacts order by all")
    with Warehouse(desk.settings).open() as con:
        assert scopes.forget_unmatched(con, contract) == 4
        assert scopes.forget_unmatched(con, contract) == 0
        assert con.execute(reconcile.delivered(con, contract)).fetchall() == []
        assert con.execute(reconcile.staged(contract)).fetchall() == []
    assert tables_with(desk, PERSONAL) == set()
    build_again(with_voters, BEHIND["app_friends"])
    kept = [(share, number, phone if share == "S5" else None) for share, number, phone in numbers]
    assert desk.query("select share_id, _record_number, phone from raw.app_contacts order by all") == kept
    assert desk.query(f"from ({of_model(with_voters, 'app_friends')}) order by all") == friends


def tables_with(desk: Desk, text: str) -> set[str]:
    """The tables of the warehouse in which a text stands."""
    tables = desk.query("select schema_name, table_name from duckdb_tables()")
    return {table for schema, table in tables if text in repr(desk.query(f'from "{schema}"."{table}"'))}


UTF16 = {"encoding": "utf-16"}
UNSUBSCRIBED = {"UNSUB_TIME": "2026-01-20 09:00:00", "UNSUB_CAMPAIGN_TITLE": "News"}
# Late, corrected, overlapping, with notes over several lines, a header within, totals, and what spreadsheets make of dates and numbers.
TALKED = [
    ("contacts.xls", "2026-01-10", van.contacts({}, {"Voter File VANID": "102", "Result": "Not Home"}, **UTF16)),
    ("contacts.csv", "2026-01-20", van.contacts(
        {"Result": "Refused", "Notes": 'dog\n"big"\r\nin the yard'},
        {"Voter File VANID": "102", "Contact Type": "Phone", "Result": "Do Not Call", "Phone": "919-555-0102", "Treatment": "Call"},
        {"Voter File VANID": "103", "Date Canvassed": "1-Apr"}, {"Voter File VANID": "1.2E+11"}, dict(zip(van.CONTACTS, van.CONTACTS, strict=True)),
        {"Voter File VANID": "Total: 5"}, {"Voter File VANID": "104", "Date Canvassed": "2026-01-07 18:00:00", "Notes": "=cmd|'x'!A1"},
        delimiter=",", encoding="utf-8-sig")),
    ("late.xls", "2026-01-08", van.contacts({"Result": "Moved"}, **UTF16)),
    ("survey.xls", "2026-01-10", van.answers({}, {"Voter File VANID": "102", "Survey Response": "5 - Opposed"}, **UTF16)),
    ("survey.csv", "2026-01-20", van.answers({"Survey Response": "3 - Undecided"}, {"Date Canvassed": "5-Dec-2025", "Survey Response": "2 - Lean"})),
    ("codes.xls", "2026-01-10", van.codes({}, {"Activist Code Name": "Volunteer"}, **UTF16)),
    ("codes.csv", "2026-01-20", van.codes({"Date Applied": "5-Jan-2026"}, {"Activist Code Name": "Volunteer", "Date Applied": "2026-01-06"})),
    ("list.csv", "2026-01-09", van.people({"Preferred Phone": "9195550101", "DoNotText": "Y"}, {"Voter File VANID": "102"}, {"Voter File VANID": "103"})),
    ("subscribed.csv", "2026-01-10", mailchimp.audience({}, {"Email Address": "bo@example.org", "LEID": "2", "CONFIRM_TIME": ""})),
    ("unsubscribed.csv", "2026-01-21", mailchimp.audience(UNSUBSCRIBED, header=mailchimp.UNSUBSCRIBED)),
    ("activity.csv", "2026-01-21", mailchimp.activity(
        {}, {"Action": "open", "Timestamp": "2026-01-05 11:00:00"}, {"Timestamp": "2026-01-20 12:00:00"}, {"Email Address": "Total"},
        {"Email Address": "bo@example.org", "Action": "unsub", "Timestamp": "2026-01-06 09:00:00"})),
    ("activity_again.csv", "2026-01-25", mailchimp.activity({}, {"Campaign ID": "c2", "Timestamp": "2026-01-24 10:00:00"})),
    ("action_network.csv", "2026-01-10", actionnetwork.activists({"can2_phone": "9195550101", "can2_sms_status": "subscribed"})),
    ("opt_outs.csv", "2026-01-20", texting.opt_outs({"Phone": "9195550103"}, {"Phone": "9.2E+09"}, {"Phone": "9195550103", "ID": "2", "Keyword": "start"})),
    ("actblue.csv", "2026-01-20", actblue.contributions({"Donor Phone": "9195550101", "Text Message Opt In": "opt_in"})),
]  # fmt: skip
OF_TALKS = ("contacts", "survey_responses", "activist_codes", "email_activity", "subscriptions")


def of_talks(donations, deliveries) -> dict[str, list[tuple]]:
    """What was said, mailed and allowed after these deliveries."""
    handed_in(donations, deliveries, OF_TALKS[0])
    desk, _ = donations
    return {mart: desk.query(f"from ({of_model(donations, mart)}) order by all") for mart in OF_TALKS}


@pytest.fixture(scope="module")
def talks_in_order(donations):
    return of_talks(donations, TALKED)


def test_what_tools_know_of_talks_and_wishes_is_read_right_or_held_back(donations, talks_in_order):
    desk, _ = donations
    of_talks(donations, TALKED)

    def found(mart: str, columns: str, where: str = "true") -> list[tuple]:
        return desk.query(f"select {columns} from ({of_model(donations, mart)}) where {where} order by all")

    assert found("contacts", "van_id, result, contact_type, is_randomised, has_notes, contacted_at::date::varchar") == [
        ("101", "refused", "walk", False, True, "2026-01-05"),
        ("102", "do_not_call", "phone", True, False, "2026-01-05"),
        ("102", "not_home", "walk", False, False, "2026-01-05"),
        ("104", "canvassed", "walk", False, False, "2026-01-07"),
    ]
    held_back = (
        f"select reason, count(*) from ({of_model(donations, 'stg_van__contacts_suppressed')}) group by 1 order by 1"
    )
    assert desk.query(held_back) == [
        ("repeated_header", 1),
        ("total", 1),
        ("unreadable_date", 1),
        ("unreadable_key", 1),
    ]
    assert desk.query("select notes from staging.stg_van__contacts where notes <> ''") == [('dog "big" in the yard',)]
    assert desk.query("select van_id from staging.stg_van__contacts where formula_count > 0") == [("104",)]
    assert found("survey_responses", "van_id, response, is_newest") == [
        ("101", "2 - LEAN", False),
        ("101", "3 - UNDECIDED", True),
        ("102", "5 - OPPOSED", True),
    ]
    assert found("activist_codes", "van_id, activist_code, applied_at::date::varchar") == [
        ("101", "VOLUNTEER", "2026-01-06"),
        ("101", "YARD SIGN", "2026-01-05"),
    ]
    assert found("subscriptions", "identifier, channel, is_opted_in, source", "is_current") == [
        ("9195550101", "text", False, "van_list"),
        ("9195550102", "phone", False, "van_contacts"),
        ("9195550103", "text", False, "texting_opt_outs"),
        ("ann@example.org", "email", False, "mailchimp_audience"),
        ("bo@example.org", "email", False, "mailchimp_activity"),
    ]


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(TALKED), again=st.lists(st.sampled_from(TALKED), max_size=3))
def test_talks_and_wishes_are_the_same_in_any_order(donations, talks_in_order, order, again):
    assert of_talks(donations, [*order, *again]) == talks_in_order
