"""One person out of every file of a data directory, and kept out of what comes later."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import threading
import zipfile
from pathlib import Path

import duckdb
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from orchestration.erasing import erase, register
from orchestration.erasing.person import NotAPerson, key_of
from orchestration.exporting.person import NobodyHeld, subject
from orchestration.identity import stewards, tables
from orchestration.ingestion.contracts import all_contracts
from orchestration.ingestion.ingest import call_back
from orchestration.ingestion.load import gaps_of, missing_of, numbers_of
from orchestration.warehouse import Warehouse
from quality import reconcile
from tests import actblue, actionnetwork, app, mailchimp, nc, van, web
from tests.conftest import Desk

CONTRACTS = {contract.name: contract for contract in all_contracts()}
VOTER = "NC-BN7"
# What nobody else has, as it stands in some file or other.
VALUES = [
    "BN7", "9195557007", "(919) 555-7007", "QUINTANA7", "Quintana7", "quintana7@example.org", "7007 SECRET LN", "VAN7007", "AB7007",
    "M7007", "U7007", "B7007", "LEID7007", "UU7007", "ZQXJBROKEN",
]  # fmt: skip
HOUSEMATE = {
    "last_name": "QUINTANA",
    "first_name": "OTTO",
    "full_phone_number": "9195557008",
    "res_street_address": "7008 OPEN LN",
}


def unpacked(file: Path) -> bytes:
    data = file.read_bytes()
    if file.suffix == ".zst":
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=1 << 26)
    if file.suffix == ".gz":
        return gzip.decompress(data)
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as zipped:
            return b"".join(zipped.read(name) for name in zipped.namelist())
    return data


def found_in(folder: Path) -> dict[str, list[str]]:
    """The files below a folder that hold one of the values, in whatever way they are packed or encoded."""
    found: dict[str, list[str]] = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        text = unpacked(file).lower()
        held = [v for v in VALUES for e in ("utf-8", "utf-16-le") if v.lower().encode(e) in text]
        if held:
            found[file.relative_to(folder).as_posix()] = held
    return found


def voters(*others: dict, seven: bool = True, broken: bool = True) -> bytes:
    """Twelve voters in one file, the seventh of whom is the one; a broken record of hers behind them."""
    hers = {
        "ncid": "BN7", "last_name": "QUINTANA7", "first_name": "ADA", "full_phone_number": "9195557007", "res_street_address": "7007 SECRET LN"
    }  # fmt: skip
    people = [
        nc.voter(ncid=f"BN{n}", voter_reg_num=f"{n}", last_name=f"OTHER{n}", full_phone_number=f"919555{n:04}")
        if n != 7
        else nc.voter(**hers)
        for n in range(1, 13)
        if seven or n != 7
    ]
    content = nc.voters_text([*people, *others])
    if broken:
        (spoilt,) = nc.voters_text([nc.voter(**hers)]).split(b"\r\n")[1:2]
        content += spoilt.replace(b'"ADA"', b'"ADA" ZQXJBROKEN') + b"\r\n"
    return content


def fill(desk: Desk) -> None:
    """Her records in files of every kind, beside those of others."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("ncvoter_Statewide.txt", voters(broken=False))
    desk.put("ncvoter_Statewide_20260101.zip", packed.getvalue())
    desk.put("ncvoter_Statewide_20260201.txt", voters(nc.voter(ncid="BN20", **HOUSEMATE)))
    desk.put("ncvhis_Statewide.txt", nc.history_text([nc.vote(ncid=f"BN{n}") for n in range(1, 13)]))
    her = {
        "LastName": "Quintana7",
        "FirstName": "Ada",
        "State": "NC",
        "StateFileID": "BN7",
        "Voter File VANID": "VAN7007",
    }
    rows = [{"Voter File VANID": f"10{n}", "StateFileID": f"BN{n}"} for n in range(1, 7)]
    desk.put(
        "van_list.xls",
        b"\xff\xfe" + van.people(*rows, her | {"Email": "Quintana7@example.org"}).decode().encode("utf-16-le"),
    )
    notes = [{"Voter File VANID": f"10{n}", "Notes": "two\nlines"} for n in range(1, 7)]
    desk.put(
        "van_contacts.txt",
        van.contacts(*notes, {"Voter File VANID": "VAN7007", "Contact Name": "Quintana7, Ada", "Notes": "a\nb"}),
    )
    gifts = [
        {"Lineitem ID": f"{n}", "Donor ID": f"D{n}", "Receipt ID": f"R{n}", "Donor Email": f"d{n}@example.org"}
        for n in range(6)
    ]
    gift = {"Donor First Name": "Ada", "Donor Last Name": "Quintana7", "Donor Email": "quintana7@example.org"}
    gift |= {"Lineitem ID": "77", "Donor ID": "D77", "Receipt ID": "AB7007"}
    desk.put("actblue.csv.gz", gzip.compress(actblue.contributions(*gifts, gift)))
    desk.put("actblue_cancelled.csv", actblue.cancelled(*(
        {"Receipt ID": r, "Recurrence Amount": "10.00", "Cancelled On": "2026-01-25 12:00:00"} for r in ("AB1", "AB2", "AB7007")
    )))  # fmt: skip
    mails = [{"Email Address": f"d{n}@example.org", "LEID": f"{n}"} for n in range(6)]
    desk.put(
        "subscribed.csv",
        mailchimp.audience(*mails, {"Email Address": "quintana7@example.org", "First Name": "Ada", "LEID": "LEID7007"}),
    )
    activists = [{"uuid": f"UU{n}", "email": f"a{n}@example.org"} for n in range(6)]
    desk.put("actionnetwork.csv", actionnetwork.activists(*activists, {"uuid": "UU7007", "email": "dora@example.org"}))
    desk.put(
        "mailchimp_activity.csv",
        mailchimp.activity(
            *({"Email Address": m["Email Address"]} for m in mails), {"Email Address": "QUINTANA7@example.org"}
        ),
    )
    desk.put("web.jsonl", web.events(
        *({"messageId": f"m{n}", "anonymousId": f"a{n}"} for n in range(6)),
        {"messageId": "m7", "anonymousId": "B7007"},
        {"type": "identify", "messageId": "i7", "anonymousId": "B7007", "userId": "U7007",
         "traits": {"email": "quintana7@example.org", "firstName": "Ada"}},
    ))  # fmt: skip
    others = [{"member_id": f"M{n}", "email": f"m{n}@example.org", "phone": f"919555100{n}"} for n in range(6)]
    desk.put(
        "app_members.jsonl",
        app.members(
            *others, {"member_id": "M7007", "name": {"first": "Ada"}, "email": "quintana7@example.org", "phone": None}
        ),
    )
    desk.put(
        "app_activity.jsonl",
        app.activity(
            *({"activity_id": f"A{n}", "member_id": f"M{n}"} for n in range(6)),
            {"activity_id": "A7", "member_id": "M7007"},
        ),
    )
    shared = {"first_name": "Ada", "last_name": "Quintana7", "email": None, "phone": "(919) 555-7007"}
    desk.put(
        "app_contacts.jsonl",
        app.contacts(*({"share_id": f"S{n}"} for n in range(6)), {"share_id": "S7", "contact": shared}),
    )
    outcomes = desk.take()
    assert [(o.file_name, o.status, o.reason) for o in outcomes if o.status != "loaded"] == []


def cells_with(desk: Desk) -> list[str]:
    """The tables of the warehouse with one of the values in a cell, however the file packs it."""
    with Warehouse(desk.settings).open() as con:
        return [
            f"{schema}.{table}"
            for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            if con.execute(
                f'select 1 from "{schema}"."{table}" t where len(list_filter($v, lambda v: contains(lower(t::varchar), lower(v)))) > 0 limit 1',
                {"v": VALUES},
            ).fetchall()
        ]


@pytest.fixture(scope="module")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("filled") / "data")
    fill(desk)
    names = "kind,value\nvoter_id,NC-BN7\nphone,919-555-7007\nvoter_id,NC-BN8\n"
    (desk.settings.suppressions / "do_not_contact.csv").write_text(names)
    half = desk.settings.exports / ".20260101T000000-mail" / "half.csv"  # of an export that was killed
    half.parent.mkdir()
    half.write_text("voter_id\r\nNC-BN7\r\n")
    with Warehouse(desk.settings).open() as con:
        tables.create(con)
        con.execute(
            "create table identity.compared as select 1 as n, 'nc_voters' as source, 'NC-BN7' as record_id, 'QUINTANA7' as last_name"
        )
        con.executemany(
            "insert into identity.person_records (source, record_id, person_id, stage, valid_from, run) values (?, ?, ?, 'first', '2026-01-01', 'r')",
            [
                ("nc_voters", "NC-BN7", "P-NC-BN7"),
                ("nc_voters", "NC-BN8", "P-NC-BN8"),
                ("van_list", "VAN7007", "P-NC-BN7"),
                ("actblue_contributions", "ACTBLUE-D77", "P-NC-BN7"),
                ("actionnetwork_activists", "UU7007", "P-NC-BN7"),  # by what is weighed alone
            ],
        )
        con.execute(
            "insert into identity.people (person_id, voter_id, last_name) values ('P-NC-BN7', 'NC-BN7', 'QUINTANA7')"
        )
        con.execute(
            "insert into identity.person_events (event, person_id) values ('created', 'P-NC-BN7'), ('created', 'P-NC-BN8')"
        )
    decided = [
        {
            "decision": "confirm",
            "a": {"source": "van_list", "record_id": van},
            "b": {"source": "nc_voters", "record_id": "NC-BN8"},
        }
        for van in ("VAN7007", "VAN8")
    ]
    stewards.file_of(desk.settings).write_text("".join(json.dumps(line) + "\n" for line in decided))
    return desk


@pytest.fixture(scope="module")
def erased_once(filled_once: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("erased") / "data")
    shutil.rmtree(desk.settings.data_dir)
    shutil.copytree(filled_once.settings.data_dir, desk.settings.data_dir)
    erase.erase(desk.settings, VOTER, "Ada's request")
    return desk


@pytest.fixture
def filled(filled_once: Desk, desk: Desk) -> Desk:
    """A data directory with her records in it."""
    return copy_of(filled_once, desk)


@pytest.fixture
def erased(erased_once: Desk, desk: Desk) -> Desk:
    """The same after her erasure."""
    return copy_of(erased_once, desk)


def copy_of(one: Desk, desk: Desk) -> Desk:
    shutil.rmtree(desk.settings.data_dir)
    shutil.copytree(one.settings.data_dir, desk.settings.data_dir)
    return desk


def rows_in_raw(desk: Desk) -> dict[str, int]:
    with Warehouse(desk.settings).open() as con:
        return {name: con.execute(f"select count(*) from raw.{name}").fetchall()[0][0] for name in CONTRACTS}


def sums_that_do_not_close(desk: Desk) -> list[str]:
    with Warehouse(desk.settings).open() as con:
        return [
            contract.name
            for contract in CONTRACTS.values()
            for query in (reconcile.delivered(con, contract), reconcile.current(contract))
            if con.execute(query).fetchall()
        ]


def test_no_byte_of_an_erased_person_is_left_and_everybody_elses_records_are(filled_once: Desk, erased: Desk) -> None:
    held = found_in(filled_once.settings.data_dir)
    assert {Path(name).parts[0] for name in held} == {
        "archive",
        "decisions",
        "exports",
        "suppressions",
        "warehouse",
    }
    assert {value for values in held.values() for value in values} == {*VALUES}
    assert len({*cells_with(filled_once)}) >= 12
    before, after = rows_in_raw(filled_once), rows_in_raw(erased)

    assert found_in(erased.settings.data_dir) == {}
    assert cells_with(erased) == []
    assert sums_that_do_not_close(erased) == []
    gone = {name: before[name] - after[name] for name in CONTRACTS if before[name] != after[name]}
    assert gone == {
        "nc_voters": 1, "nc_vote_history": 1, "van_list": 1, "van_contacts": 1, "actblue_contributions": 1, "actblue_cancelled_recurring": 1,
        "mailchimp_audience": 1, "mailchimp_activity": 1, "web_events": 2, "app_members": 1, "app_activity": 1, "app_contacts": 1, "actionnetwork_activists": 1,
    }  # fmt: skip
    [receipt] = register.every(erased.settings)
    assert receipt.done_at
    assert receipt.removed["lines of suppressions"] == 2
    assert [decision.a.record_id for decision in stewards.read(erased.settings)] == ["VAN8"]
    assert (erased.settings.suppressions / "do_not_contact.csv").read_text() == "kind,value\nvoter_id,NC-BN8\n"
    assert erased.query("select person_id from identity.person_records") == [("P-NC-BN8",)]
    assert erased.query("select person_id from identity.person_events") == [("P-NC-BN8",)]
    # Positions in the file are what they were, also behind her record.
    assert erased.query("select _record_number from raw.nc_voters where ncid in ('BN6', 'BN8', 'BN20') order by 1") == [
        (6,),
        (8,),
        (13,),
    ]
    assert erased.query("select count(*) from raw.quarantine where raw_line = ''") == [(1,)]


def test_a_later_delivery_does_not_bring_an_erased_person_back(erased: Desk) -> None:
    day = {"res_city_desc": "CARY"}
    again = erased.hand_in("ncvoter_Statewide_20260201.txt", voters(nc.voter(ncid="BN20", **HOUSEMATE)))
    assert again.status == "unchanged"  # the same file is the same delivery, though its original is shorter now
    newer = erased.hand_in("ncvoter_Statewide_20260301.txt", voters(nc.voter(ncid="BN20", **HOUSEMATE | day)))
    assert newer.reason == "1 records of people who were erased were left out"
    assert erased.delivery(newer)["rows_erased"] == 1
    assert "BN7" not in erased.ids()
    assert len(erased.ids()) == 12
    erased.hand_in("actblue_2.csv", actblue.contributions(
        {"Lineitem ID": "90", "Donor First Name": "Ada", "Donor Email": "QUINTANA7@example.org", "Donor ID": "D90", "Receipt ID": "R90"},
        {"Lineitem ID": "91", "Donor Email": "x@example.org", "Donor ID": "D91", "Receipt ID": "R91"},
    ))  # fmt: skip
    assert erased.query("select count(*) from raw.actblue_contributions where lineitem_id in ('90', '91')") == [(1,)]
    assert found_in(erased.settings.data_dir) == {}
    assert cells_with(erased) == []
    assert sums_that_do_not_close(erased) == []


def test_what_a_household_shares_erases_nobody_but_who_asked(desk: Desk) -> None:
    """Her brother has her phone and address; his records stay, those with her name go, now and later."""
    her = "NC-BN70007"
    brother = {"ncid": "BN80008", "last_name": "QUINTANA7", "first_name": "OTTO", "full_phone_number": "9195557007"}
    sister = {"ncid": "BN70007", "last_name": "QUINTANA7", "first_name": "ADA", "full_phone_number": "9195557007"}
    desk.put("ncvoter_Statewide.txt", nc.voters_text([nc.voter(**brother), nc.voter(**sister)]))

    def gifts(day: str) -> bytes:
        return actblue.contributions(*(
            {"Lineitem ID": f"{day}{n}", "Donor First Name": n, "Donor Email": "", "Donor Phone": "9195557007", "Donor ID": f"D{n}{day}",
             "Receipt ID": f"R{n}{day}"}
            for n in ("Ada", "Otto")
        ))  # fmt: skip

    desk.put("actblue_1.csv", gifts("1"))
    # A file that is not taken in yet is left alone, and waited for.
    with pytest.raises(erase.InTheInbox, match=r"ncvoter_Statewide[.]txt"):
        erase.erase(desk.settings, her, "Ada's request")
    assert register.every(desk.settings) == []
    desk.take()
    erase.erase(desk.settings, her, "Ada's request")
    assert desk.ids() == ["BN80008"]
    desk.hand_in("actblue_2.csv", gifts("2"))
    assert desk.query("select donor_first_name from raw.actblue_contributions") == [("Otto",), ("Otto",)]
    assert desk.query("select full_phone_number from raw.nc_voters") == [("9195557007",)]
    twins = [nc.voter(**brother), nc.voter(**brother | {"ncid": "BN9"})]
    desk.hand_in("ncvoter_Statewide_20260401.txt", nc.voters_text(twins))
    with pytest.raises(NotAPerson, match="several voters have it"):
        erase.erase(desk.settings, "919-555-7007", "somebody")


@pytest.mark.parametrize("named", [VOTER, "Quintana7@example.org", "donor:D77", "member:M7007", "P-NC-BN7"])
def test_all_that_is_held_on_a_person_is_told_by_whatever_names_them(filled_once: Desk, named: str) -> None:
    told = subject(filled_once.settings, named)
    assert {contract: len(records) for contract, records in told["delivered"].items()} == {
        "nc_voters": 2, "nc_vote_history": 1, "van_list": 1, "van_contacts": 1, "actblue_contributions": 1, "actblue_cancelled_recurring": 1,
        "mailchimp_audience": 1, "mailchimp_activity": 1, "web_events": 2, "app_members": 1, "app_activity": 1, "app_contacts": 1,
        "actionnetwork_activists": 1,
    }  # fmt: skip
    files = {delivery["delivery_id"]: delivery["file_name"] for delivery in told["deliveries"]}
    assert {files[record["delivery_id"]] for record in told["delivered"]["app_contacts"]} == {"app_contacts.jsonl"}
    newest = [r for r in told["delivered"]["nc_voters"] if files[r["delivery_id"]] == "ncvoter_Statewide_20260201.txt"]
    assert [(record["record_number"], record["res_street_address"]) for record in newest] == [(7, "7007 SECRET LN")]
    assert {row["record_id"] for row in told["held"]["identity.person_records"]} == {
        "NC-BN7", "VAN7007", "ACTBLUE-D77", "UU7007"
    }  # fmt: skip
    assert told["lists"] == ["do_not_contact.csv"]
    assert [decision["a"]["record_id"] for decision in told["decisions"]] == ["VAN7007"]
    assert told["unreadable"] == 1
    text = json.dumps(told, default=str)
    assert {"OTHER6", "D5", "9195557008", "M5", "VAN8"} & {*text.replace('"', " ").split()} == set()


def test_who_is_no_voter_is_told_of_and_erased_and_whom_nobody_knows_is_said(filled: Desk) -> None:
    told = subject(filled.settings, "d3@example.org")
    assert {contract: len(records) for contract, records in told["delivered"].items()} == {
        "actblue_contributions": 1,
        "mailchimp_audience": 1,
        "mailchimp_activity": 1,
    }
    erase.erase(filled.settings, "donor:D3", "a donor's request")
    for named in ("d3@example.org", "donor:D3", "receipt:R3"):
        with pytest.raises(NobodyHeld, match=f"no record, no table and no list names {named}"):
            subject(filled.settings, named)
    assert len(subject(filled.settings, "donor:D2")["delivered"]) == 3


def test_of_a_person_who_is_two_voters_both_go_or_the_one_who_is_named(filled: Desk, filled_once: Desk) -> None:
    def two_voters(desk: Desk) -> Desk:
        with Warehouse(desk.settings).open() as con:
            con.execute("update identity.person_records set person_id = 'P-NC-BN7' where record_id = 'NC-BN8'")
        return desk

    two_voters(filled)
    assert {record["ncid"] for record in subject(filled.settings, VOTER)["delivered"]["nc_voters"]} == {"BN7", "BN8"}
    with pytest.raises(NotAPerson, match=r"they are voter NC-BN8, too, .* --every-voter, or --only-this-voter"):
        erase.erase(filled.settings, VOTER, "her request")
    assert register.every(filled.settings) == []
    erase.erase(filled.settings, VOTER, "her request", "without")
    assert "BN7" not in filled.ids()
    assert "BN8" in filled.ids()
    assert found_in(filled.settings.data_dir) == {}
    erase.erase(two_voters(copy_of(filled_once, filled)).settings, VOTER, "her request", "with")
    assert {"BN7", "BN8"} & {*filled.ids()} == set()
    assert found_in(filled.settings.data_dir) == {}


def test_reports_that_nobody_can_say_whose_they_are_stay_and_are_named(filled: Desk) -> None:
    with Warehouse(filled.settings).open() as con:
        con.execute("create schema marts")
        con.execute("create table marts.voters as select 'NC-BN7' as voter_id, '27601' as zip5")
        con.execute(
            "create table marts.fec_contributions as select * from (values ('FEC-1', 'ADA', 'QUINTANA7', '27601'), ('FEC-2', 'ADA', 'QUINTANA7', '10001'),"
            " ('FEC-3', 'OTTO', 'QUINTANA7', '27601')) as t (fec_contribution_id, donor_first_name, donor_last_name, donor_zip5)"
        )
    assert subject(filled.settings, VOTER)["not_linked"] == ["FEC-1"]
    told: list[str] = []
    erase.erase(filled.settings, VOTER, "her request", say=told.append)
    assert [line for line in told if "If they are: groundgame erase fec:FEC-1" in line and line.startswith("1 contr")]


def test_an_erasure_waits_for_lists_that_are_being_written(filled: Desk) -> None:
    waits = threading.Event()

    def say(line: str) -> None:
        assert line == "waiting: a list is being written"
        waits.set()

    at_work = threading.Thread(target=erase.erase, args=(filled.settings, VOTER, "her request"), kwargs={"say": say})
    with register.kept_apart(filled.settings, alone=False):
        at_work.start()
        assert waits.wait(60)
        assert register.every(filled.settings) == []
    at_work.join()
    assert [erasure.done_at is not None for erasure in register.every(filled.settings)] == [True]


def test_cut_off_anywhere_it_is_done_whole_when_it_is_asked_for_again(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time it comes a step further than the time before, and is ended there."""
    steps = [
        (erase.lists, "remove", False),
        (erase.lists, "remove", True),
        (erase.originals, "clean", True),
        (erase.databases, "rewrite_warehouse", False),
        (erase.databases, "rewrite_warehouse", True),
    ]
    for place, name, at_its_end in steps:
        with monkeypatch.context() as patch:
            patch.setattr(place, name, cut_off(getattr(place, name), at_its_end))
            with pytest.raises(Killed):
                erase.erase(filled.settings, VOTER, "Ada's request")
        [begun] = register.every(filled.settings)
        assert begun.done_at is None
    receipt = erase.erase(filled.settings, VOTER, "Ada's request")
    assert register.every(filled.settings) == [receipt]
    assert receipt.done_at
    assert found_in(filled.settings.data_dir) == {}
    assert sums_that_do_not_close(filled) == []


class Killed(BaseException):
    """As the process would be."""


def cut_off(step, at_its_end: bool):
    def cut(*arguments):
        if at_its_end:
            step(*arguments)
        raise Killed

    return cut


def test_a_rewritten_original_can_be_taken_in_again(erased: Desk) -> None:
    zipped, contacts = (
        delivery
        for (delivery,) in erased.query(
            "select delivery_id from meta.deliveries where file_name in ('ncvoter_Statewide_20260101.zip', 'van_contacts.txt') order by file_name"
        )
    )
    for delivery in (zipped, contacts):
        with Warehouse(erased.settings).open() as con:
            call_back(erased.settings, con, delivery)
    taken = {outcome.file_name: outcome for outcome in erased.take()}
    assert {name: outcome.status for name, outcome in taken.items()} == {
        "ncvoter_Statewide_20260101.txt": "set_aside",
        "van_contacts.txt": "loaded",
    }
    assert erased.query("select count(*), count(*) filter (where notes like 'two%lines') from raw.van_contacts") == [
        (6, 6)
    ]


@given(st.sets(st.integers(1, 60)))
def test_what_is_missing_can_be_told_from_its_gaps(missing: set[int]) -> None:
    assert missing_of(gaps_of(missing)) == sorted(missing)
    kept = [n for n in range(1, 61) if n not in missing]
    places = [n for n in range(1, len(kept) + 1) if n % 3 == 0]
    assert numbers_of(places, missing) == [kept[place - 1] for place in places]


@given(st.text(alphabet='aB0 9.-(@)="+é', max_size=20), st.sampled_from(["phone", "email", "van"]))
def test_an_identifier_is_compared_in_one_form_in_sql_and_out_of_it(text: str, kind: str) -> None:
    contract = CONTRACTS["van_list"]
    cells = {"phone": "cell_phone", "email": "email", "van": "van_id"}
    columns = ", ".join(f'{"?" if name == cells[kind] else "null"}::varchar as "{name}"' for name in contract.columns)
    query = ", ".join(f"{sql}" for k, sql in register.keys(contract) if k == kind)
    found = [key for key in duckdb.execute(f"select {query} from (select {columns})", [text]).fetchone() or () if key]
    value = register.normal(kind, text)
    assert found == ([f"{kind}:{value}"] if value else [])


@pytest.mark.parametrize("person", ["", "Ada", "NC-", "12345", "van:", "nobody:7", "ZZ-1"])
def test_what_is_no_identifier_is_refused(person: str) -> None:
    with pytest.raises(NotAPerson, match="is no voter_id"):
        key_of(person)
