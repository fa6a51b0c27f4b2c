"""Lists: who is on them, how their files are written, what the receipt says, and what is refused."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import stat
import tempfile
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
import zstandard
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from orchestration.erasing import register
from orchestration.exporting import receipts
from orchestration.exporting.count import count
from orchestration.exporting.export import Request, export, since
from orchestration.exporting.law import FILE, Law, LawError, Refused
from orchestration.exporting.suppression import SuppressionError
from orchestration.exporting.walking import DOORS, STRETCH
from orchestration.settings import Mendable, contract_states
from tests import nc, pipeline, texting
from tests.published import SEGMENT, consent, publish, settings_for, subscribe, voter

CHANNELS = ("mail", "walk", "phone", "text", "email", "van", "meta", "google")


def ask(settings, channel: str, purpose: str = "turnout", **more) -> dict:
    return export(settings, Request(SEGMENT, channel, purpose, "Ada", **more))


def file_of(settings, receipt: dict, suffix: str = ".csv") -> Path:
    [name] = [file["name"] for file in receipt["files"] if file["name"].endswith(suffix)]
    return settings.exports / name


def rows_of(settings, receipt: dict) -> list[dict]:
    """The file as the csv module reads it, after its bytes were looked at."""
    content = file_of(settings, receipt).read_bytes()
    text = content.decode("utf-8")
    assert not text.startswith("\ufeff")
    assert text.count("\n") == text.count("\r\n") == receipt["rows"] + 1
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


# Who is on a list

some_voters = st.lists(
    st.fixed_dictionaries(
        {
            "phone": st.sampled_from([None, "9195550001", "9195550002", "9195550003"]),
            "residence_id": st.sampled_from(
                [None, "NC-00000000000000a1", "NC-00000000000000a2", "NC-000000000000ffff"]
            ),
            "registration_status": st.sampled_from(["active", "active", "inactive", "temporary"]),
            "mailing_address_1": st.sampled_from([None, None, "PO BOX 1"]),
        }
    ),
    min_size=1,
    max_size=8,
)
some_listed = st.lists(
    st.sampled_from(
        [("voter_id", f"NC-ZZ{n}") for n in range(4)] + [("phone", "(919) 555-0001"), ("phone", "919-555-0002")]
    ),
    max_size=3,
)


some_consents = st.lists(
    st.builds(
        consent,
        st.sampled_from(["text", "text", "phone", "email"]),
        st.sampled_from(["9195550001", "9195550002", "9195550009", "ann@example.org", "ben@example.org"]),
        st.sampled_from([None, *(f"NC-ZZ{n}" for n in range(4))]),
        is_opted_in=st.booleans(),
        is_current=st.sampled_from([True, True, True, False]),
        happened_at=st.sampled_from(["2026-01-03 10:00:00", None]),
        evidence=st.sampled_from(["JOIN", "JOIN", None]),
    ),
    max_size=8,
)


@examples(max_examples=12, deadline=None)
@given(some_voters, some_listed, some_listed, some_consents, st.sampled_from(CHANNELS))
def test_nobody_is_on_a_list_who_may_not_be_and_the_counts_add_up(
    people, do_not_contact, litigators, consents, channel
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        settings = settings_for(folder, holdout_percent=1)
        voters = [voter(n, **values) for n, values in enumerate(people)]
        publish(settings, voters)
        subscribe(settings, consents)
        for name, listed in (("do_not_contact", do_not_contact), ("litigators", litigators)):
            lines = "".join(f"{kind},{value}\r\n" for kind, value in listed)
            (settings.suppressions / f"{name}.csv").write_text(f"kind,value\r\n{lines}", newline="")
        receipt = ask(settings, channel)

        def is_on(listed, who: dict) -> bool:
            values = {value if kind == "voter_id" else "".join(filter(str.isdigit, value)) for kind, value in listed}
            numbers = {c["identifier"] for c in said if c["voter_id"] == who["voter_id"]}
            return bool({who["voter_id"], who["phone"], *numbers} & values)

        def has(who: dict, asked_in: bool) -> list[dict]:
            """What was said by a person, or of their number, about this channel."""
            about = {channel} if asked_in or channel != "text" else {"text", "phone"}
            return [
                c
                for c in said
                if c["is_opted_in"] == asked_in
                and c["channel"] in about
                and (c["voter_id"] == who["voter_id"] or (not asked_in and who["phone"] == c["identifier"]))
            ]

        said = [c for c in consents if c["is_current"]]

        def why(who: dict) -> str | None:
            if (who["residence_id"] or "")[-4:] in ("00a1", "00a2"):  # 0x00a1 and 0x00a2 of 0x10000 are under 1 %
                return "holdout"
            if who["residence_id"] is None and int(hashlib.md5(who["voter_id"].encode()).hexdigest()[-4:], 16) < 655:
                return "holdout"
            if is_on(do_not_contact, who):
                return "do_not_contact"
            if channel in ("phone", "text") and is_on(litigators, who):
                return "litigator"
            if has(who, asked_in=False):
                return "opted_out"
            if channel in ("mail", "walk"):
                mailed = channel == "mail" and who["mailing_address_1"]
                if who["registration_status"] != "active" and not (
                    mailed and who["registration_status"] == "temporary"
                ):
                    return "not_at_residence"
                return None if mailed or who["residence_id"] else "no_address"
            if channel == "phone" and not who["phone"]:
                return "no_phone"
            if channel == "text":
                proven = [
                    c["identifier"]
                    for c in has(who, True)
                    if c["evidence"] and c["happened_at"] and "@" not in c["identifier"]
                ]
                return address(who, proven)
            return address(who, [c["identifier"] for c in has(who, True)]) if channel == "email" else None

        taken: set[str] = set()

        def address(who: dict, identifiers: list[str]) -> str | None:
            """A number or address is on a list once, with the first who has it."""
            if not identifiers:
                return "no_consent"
            if min(identifiers) in taken:
                return "same_identifier"
            taken.add(min(identifiers))
            return None

        reasons = {who["voter_id"]: why(who) for who in voters}
        left_out = Counter(filter(None, reasons.values()))
        on_it = [who for who in voters if reasons[who["voter_id"]] is None]
        assert receipt["suppressed"] == dict(left_out)
        assert receipt["people"] == len(on_it) == len(voters) - left_out.total()
        rows = rows_of(settings, receipt)
        if channel in ("walk", "phone", "text", "email"):
            assert sorted(row["voter_id"] for row in rows) == sorted(who["voter_id"] for who in on_it)
        elif channel == "mail":
            pieces = {(who["residence_id"] or who["voter_id"], who["mailing_address_1"]) for who in on_it}
            assert {row["household_id"] for row in rows} == {household for household, _ in pieces}
            assert len(rows) == len(pieces)
            assert sum(int(row["people"]) for row in rows) == len(on_it)
        elif channel == "van":
            assert sorted(row["State Voter ID"] for row in rows) == sorted(who["state_voter_id"] for who in on_it)
        else:
            digests = {row["ln" if channel == "meta" else "Last Name"] for row in rows}
            wanted = {"lee" if channel == "meta" else who["last_name"].lower() for who in on_it}
            assert digests == {hashlib.sha256(name.encode()).hexdigest() for name in wanted}
    finally:
        shutil.rmtree(folder)


def test_an_opt_out_counts_for_its_channel_its_number_and_its_person(tmp_path) -> None:
    settings = settings_for(tmp_path)
    voters = [voter(n) for n in range(5)]
    publish(settings, voters)
    no = {"is_opted_in": False}
    subscribe(
        settings,
        [
            *(consent("text", who["phone"], who["voter_id"]) for who in voters),
            consent("phone", voters[1]["phone"], None, **no),  # said by whoever has the number; a text is a call
            consent("text", voters[2]["phone"], "NC-ZZ2", is_current=False, **no),  # taken back since
            consent("email", "dot@example.org", "NC-ZZ3", **no),
            consent("text", "9195550999", "NC-ZZ4", **no),  # said from another number of theirs
        ],
    )
    on_it = {
        channel: [row["voter_id"][-1] for row in rows_of(settings, ask(settings, channel))]
        for channel in ("text", "phone")
    }
    assert on_it == {"text": ["0", "2", "3"], "phone": ["0", "2", "3", "4"]}
    assert count(settings, "true") == {
        **dict.fromkeys(("voters", "mail", "walk", "van", "meta", "google"), 5),
        "text": 3,
        "phone": 4,
        "email": 0,
    }


def test_who_was_erased_is_on_no_list_nor_whoever_has_their_number(tmp_path) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(n) for n in range(5)])
    old = ask(settings, "phone")
    salt = register.salt(settings)
    keys = ("voter:NCZZ1", "phone:9195550002")
    hashes = [register.hashed(salt, key) for key in keys]
    register.keep(settings, register.Erasure("e1", "2026-11-25T13:00:00", "Ada", hashes))
    receipt = ask(settings, "phone")
    assert receipt["suppressed"] == {"erased": 2}
    assert [row["voter_id"][-1] for row in rows_of(settings, receipt)] == ["0", "3", "4"]
    assert count(settings, "true")["mail"] == 3
    assert since(settings, file_of(settings, old), old) == {"erased": 2}
    assert not any(word in path.read_text() for path in settings.erasures.iterdir() for word in ("ZZ1", "9195550002"))


def test_opt_outs_count_within_the_hour_or_nobody_is_called(tmp_path) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(1)])
    delivered = texting.opt_outs({"Phone": "(919) 555-0001"})
    soon, late = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (50, 70))

    def called(channel: str, now: datetime) -> int:
        return export(settings, Request(SEGMENT, channel, "turnout", "Ada"), now)["rows"]

    waits = settings.inbox / "stop.csv"
    waits.write_bytes(delivered)
    assert called("phone", soon) == 1  # the sensor looks each minute; the run has the rest of the hour
    for channel in ("phone", "text", "email", "meta", "google"):
        with pytest.raises(Refused, match=r"stop[.]csv \(.*\) lies in the inbox since .* Run: groundgame run"):
            called(channel, late)
    assert called("mail", late) == called("walk", late) == 1  # nobody says no to these in any source
    waits.unlink()
    # Taken in by a run that a gate stopped: it is in the archive, and the published version does not know it.
    digest = hashlib.sha256(delivered).hexdigest()
    (settings.archive / f"{digest}.txt.zst").write_bytes(zstandard.compress(delivered))
    with pytest.raises(Refused, match="was taken in and is not published since"):
        called("phone", late)
    with duckdb.connect(str(settings.current)) as con:
        con.execute("insert into deliveries values (?)", [digest[:16]])
    assert called("phone", late) == 1
    # A voter file that waits keeps nobody from a list; an opt-out file that fits nothing is known by its name.
    (settings.inbox / "ncvoter_Statewide.txt").write_bytes(nc.voters_text([nc.voter()]))
    assert called("phone", late) == 1
    (settings.inbox / "opt_outs.csv").write_bytes(delivered.replace(b"Phone", b"Fone"))
    with pytest.raises(Refused, match=r"opt_outs[.]csv "):
        called("phone", late)
    assert [file for file in settings.exports.iterdir() if file.name.startswith(".")] == []


def test_a_list_waits_for_an_erasure_and_is_without_whoever_it_erased(tmp_path, capsys) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(n) for n in range(3)])
    made: list[dict] = []
    exporting = threading.Thread(target=lambda: made.append(ask(settings, "phone")))
    with register.kept_apart(settings, alone=True):
        exporting.start()
        exporting.join(2)
        assert made == []
        hashes = [register.hashed(register.salt(settings), "voter:NCZZ1")]
        register.keep(settings, register.Erasure("e1", "2026-11-25T13:00:00", "Ada", hashes))
    exporting.join()
    assert "waiting: somebody is being erased" in capsys.readouterr().out
    assert [row["voter_id"][-1] for row in rows_of(settings, made[0])] == ["0", "2"]


def test_a_consent_serves_what_its_source_may_be_used_for_and_an_opt_out_always_counts(tmp_path) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(n) for n in range(3)])
    of_a_donor = {"source": "actblue_contributions"}  # they gave their number with a gift: not for turnout
    subscribe(
        settings,
        [
            consent("text", "9195550100", "NC-ZZ0"),
            consent("text", "9195550101", "NC-ZZ1", **of_a_donor),
            consent("text", "9195550102", "NC-ZZ2"),
            consent("text", "9195550003", "NC-ZZ2", is_opted_in=False, **of_a_donor),
        ],
    )
    assert ask(settings, "text")["suppressed"] == {"no_consent": 1, "opted_out": 1}


def test_people_are_reached_where_they_asked_to_be(tmp_path) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(n) for n in range(5)])
    asked = [
        consent("text", "9195550999", "NC-ZZ1"),
        consent("text", "9195550888", "NC-ZZ2", happened_at=None),  # nobody can show when
        consent("email", "ann.lee+news@gmail.com", "NC-ZZ1"),
        consent("email", "cal@example.org", "NC-ZZ3", happened_at=None),
        consent("email", "dot@example.org", "NC-ZZ4"),
        consent("email", "dot.ray@example.org", "NC-ZZ4", is_opted_in=False),
    ]
    subscribe(settings, asked)
    assert [(row["voter_id"], row["phone"]) for row in rows_of(settings, ask(settings, "text"))] == [
        ("NC-ZZ1", "9195550999")
    ]
    emails = {"NC-ZZ1": "ann.lee+news@gmail.com", "NC-ZZ3": "cal@example.org"}
    assert {row["voter_id"]: row["email"] for row in rows_of(settings, ask(settings, "email"))} == emails
    for channel, header, addresses in (
        ("meta", "email", emails.values()),
        ("google", "Email", ["annlee@gmail.com", "cal@example.org"]),
    ):
        hashed = {row[header] for row in rows_of(settings, ask(settings, channel)) if row[header]}
        assert hashed == {hashlib.sha256(address.encode()).hexdigest() for address in addresses}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "kind,value\nvoter_id,NC-ZZ1\nname,ZQXJ\n",
            "litigators.csv, line 3: the kind is none of voter_id, phone, email",
        ),
        ("kind,value\nphone,919\n", "litigators.csv, line 2: the value is not of its kind"),
        ("kind,value\nphone\n", "litigators.csv: not a CSV with the two columns kind,value"),
        ("kind,value,more\nphone,9195550001,x\n", "litigators.csv: not a CSV with the two columns kind,value"),
    ],
)
def test_with_a_list_of_people_not_to_be_contacted_that_cannot_be_read_nobody_is(tmp_path, content, told) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(1)])
    (settings.suppressions / "litigators.csv").write_text(content)
    with pytest.raises(SuppressionError) as refused:
        ask(settings, "mail")
    assert told in str(refused.value)
    assert "ZQXJ" not in str(refused.value)
    assert list(settings.exports.iterdir()) == []


# Files


def test_one_piece_of_mail_goes_to_a_household(tmp_path) -> None:
    settings = settings_for(tmp_path)
    home, shared, flat, big, home_of_many = (f"NC-{n:016x}" for n in range(1, 6))
    voters = [
        voter(
            1, residence_id=home, first_name="ANN", last_name="LEE", residence_address="12 OAK ST #APT 3", zip4="0042"
        ),
        voter(
            2,
            residence_id=home,
            first_name="BEN",
            last_name="LEE",
            name_suffix="JR",
            residence_address="12 OAK ST #APT 3",
        ),
        voter(3, residence_id=shared, first_name="CAL", last_name="FOX", residence_address="14 OAK ST #7"),
        voter(4, residence_id=shared, first_name="DOT", last_name="RAY", residence_address="14 OAK ST #7"),
        # Flatmates are no household.
        *(voter(n, residence_id=flat, household_id=f"{flat}-{n}", residence_address="15 OAK ST") for n in (8, 9)),
        *(voter(n, residence_id=big, last_name="SO", residence_address="16 OAK ST") for n in (5, 6, 7)),
        *(voter(n, residence_id=home_of_many, residence_address="18 OAK ST") for n in range(20, 31)),
    ]
    publish(settings, voters)
    rows = rows_of(settings, ask(settings, "mail"))
    assert [(row["addressee"], row["address"], row["people"]) for row in rows[:5]] == [
        ("ANN & BEN LEE JR", "12 OAK ST APT 3", "2"),
        ("CAL FOX & DOT RAY", "14 OAK ST # 7", "2"),
        ("ANN LEE8", "15 OAK ST", "1"),
        ("ANN LEE9", "15 OAK ST", "1"),
        ("SO HOUSEHOLD", "16 OAK ST", "3"),
    ]
    assert len(rows) == 5 + 11  # where eleven live nobody knows who lives together
    assert {(row["city"], row["state"], row["zip5"]) for row in rows} == {("RALEIGH", "NC", "27601")}
    assert [row["zip4"] for row in rows[:2]] == ["0042", ""]


def test_mail_goes_where_a_voter_has_it_sent(tmp_path) -> None:
    settings = settings_for(tmp_path)
    home = f"NC-{1:016x}"
    box = {"mailing_address_1": "PO BOX 9", "mailing_city": "CARY", "mailing_state_code": "NC", "mailing_zip5": "27511"}
    army = {
        "mailing_address_1": "UNIT 100",
        "mailing_address_2": "BOX 2",
        "mailing_city": "APO",
        "mailing_state_code": "AE",
        "mailing_zip5": "09012",
        "mailing_zip4": "0003",
    }
    abroad = {"mailing_address_1": "1 HIGH ST", "mailing_city": "LONDON SW1A 1AA", "mailing_country": "UNITED KINGDOM"}
    nowhere = {"residence_id": None, "residence_address": None, "residence_city": None, "zip5": None}
    publish(
        settings,
        [
            # Of a household three have their mail at home, two at their box: a piece for each place.
            *(voter(n, residence_id=home, last_name="LEE", residence_address="1 OAK ST") for n in (1, 2, 3)),
            voter(4, residence_id=home, first_name="CAL", last_name="LEE", residence_address="1 OAK ST", **box),
            voter(5, residence_id=home, first_name="DOT", last_name="LEE", residence_address="1 OAK ST", **box),
            voter(6, first_name="EVE", registration_status="temporary", zip4="1111", **army),
            voter(7, first_name="FAY", registration_status="temporary", **nowhere, **abroad),
            voter(8, registration_status="temporary"),  # a soldier who is not at home, and nobody says where
            voter(9, registration_status="inactive", **box),  # whose mail came back
            voter(10, **nowhere),
        ],
    )
    receipt = ask(settings, "mail")
    assert receipt["suppressed"] == {"no_address": 1, "not_at_residence": 2}
    parts = ("addressee", "address", "address_2", "city", "state", "zip5", "zip4", "country", "people")
    assert [tuple(row[part] for part in parts) for row in rows_of(settings, receipt)] == [
        ("EVE LEE6", "UNIT 100", "BOX 2", "APO", "AE", "09012", "0003", "", "1"),
        ("CAL & DOT LEE", "PO BOX 9", "", "CARY", "NC", "27511", "", "", "2"),
        ("LEE HOUSEHOLD", "1 OAK ST", "", "RALEIGH", "NC", "27601", "", "", "3"),
        ("FAY LEE7", "1 HIGH ST", "", "LONDON SW1A 1AA", "", "", "", "UNITED KINGDOM", "1"),
    ]
    assert receipt["people"] == count(settings, "true")["mail"] == 7
    # A volunteer walks to the house, wherever its mail goes.
    assert {row["voter_id"][-1] for row in rows_of(settings, ask(settings, "walk"))} == {"1", "2", "3", "4", "5"}


def test_hashes_are_of_what_each_platform_normalises_to(tmp_path) -> None:
    def sha256(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    settings = settings_for(tmp_path)
    who = voter(1, first_name="JOSÉ", last_name="O'NEIL-FOX", phone="9195550100", residence_city="WAKE FOREST")
    publish(settings, [who, voter(2, phone=None)])
    [meta] = [row for row in rows_of(settings, ask(settings, "meta")) if row["phone"]]
    told = ("19195550100", "josé", "oneilfox", "wakeforest", "nc", "27601", "us")
    assert [meta[name] for name in ("phone", "fn", "ln", "ct", "st", "zip", "country")] == [*map(sha256, told)]
    [google] = [row for row in rows_of(settings, ask(settings, "google")) if row["Phone"]]
    assert google == {
        "Email": "",
        "Phone": sha256("+19195550100"),
        "First Name": sha256("josé"),
        "Last Name": sha256("o'neil-fox"),
        "Country": "US",
        "Zip": "27601",
    }
    # An address as Meta's documentation hashes it for an example; at Gmail Google takes out dots and what follows a plus.
    subscribe(
        settings,
        [consent("email", "john_smith@gmail.com", "NC-ZZ1"), consent("email", "j.doe+vote@gmail.com", "NC-ZZ2")],
    )
    addresses = {row["email"] for row in rows_of(settings, ask(settings, "meta"))}
    assert "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f" in addresses
    assert {row["Email"] for row in rows_of(settings, ask(settings, "google"))} == {
        sha256("john_smith@gmail.com"),
        sha256("jdoe@gmail.com"),
    }


def test_vans_file_names_people_by_vanid_where_it_is_known(tmp_path) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(1), voter(2)])
    with duckdb.connect(str(settings.current)) as con:
        con.execute("insert into van_ids (van_id, voter_id) values ('100200', 'NC-ZZ2')")
    receipt = ask(settings, "van")
    ids = [(row["Voter File VANID"], row["State Voter ID"]) for row in rows_of(settings, receipt)]
    assert ids == [("", "ZZ1"), ("100200", "ZZ2")]
    [of] = [column["of"] for column in receipt["columns"] if column["header"] == "Voter File VANID"]
    assert of == [{"column": "van_ids.van_id", "source": "van_list", "purposes": sorted(of[0]["purposes"])}]
    assert "fundraising" not in of[0]["purposes"]


def test_no_cell_is_run_by_a_spreadsheet_and_what_has_a_comma_or_a_quote_is_read_back(tmp_path) -> None:
    settings = settings_for(tmp_path)
    names = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\tX", "＝1", 'SO, "SUE"', "É"]
    publish(settings, [voter(n, first_name=name) for n, name in enumerate(names)])
    for channel in ("phone", "van", "walk", "mail"):
        rows = rows_of(settings, ask(settings, channel))
        cells = {value for row in rows for value in row.values()}
        assert [cell for cell in cells if cell[:1] in tuple("=+-@\t\r＝＋－＠") and cell] == []
        named = " ".join(cells)
        assert "'=1+1" in named
        assert 'SO, "SUE"' in named
        assert "É" in named


def test_numbers_are_called_in_the_hours_of_the_residence(tmp_path) -> None:
    settings = settings_for(tmp_path)
    places = {"NC": "37183", "FL": "12033", "WA": "53033", "CO": "08031"}
    publish(settings, [voter(n, state_code=s, county_fips=c) for n, (s, c) in enumerate(places.items())])
    rows = rows_of(settings, ask(settings, "phone"))
    zones = {"NC": "America/New_York", "FL": "America/Chicago", "WA": "America/Los_Angeles", "CO": "America/Denver"}
    assert {row["state_code"]: row["time_zone"] for row in rows} == zones
    assert {(row["not_before"], row["not_after"]) for row in rows} == {("09:00", "20:00")}


class Page(HTMLParser):
    """What a browser would show of a walk list: the people, and whatever it might run or fetch."""

    def __init__(self, text: str):
        super().__init__()
        self.people: list[str] = []
        self.inside: list[str] = []
        self.strange: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.inside.append(tag)
        if tag == "li":
            self.people.append("")
        self.strange |= {tag} & {"script", "img", "link", "b"} | {
            name for name, _ in attrs if name in ("src", "onload")
        }

    def handle_endtag(self, tag):
        if tag in self.inside:
            self.inside.remove(tag)

    def handle_data(self, data):
        if "li" in self.inside:
            self.people[-1] += data


def test_turfs_are_walked_street_by_street_up_one_side_and_down_the_other(tmp_path) -> None:
    settings = settings_for(tmp_path)
    voters = []
    for street, doors, precinct in (
        ("OAK ST", 100, "01"),
        ("ELM ST", 12, "01"),
        ("ASH CT", 8, "01"),
        ("FIR RD", 3, "02"),
    ):
        for door in range(doors):
            place = len(voters) + 1
            voters.append(
                voter(
                    place,
                    residence_address=f"{2 * door + door % 2} {street}",
                    precinct_code=precinct,
                    last_name="<b>A&B",
                )
            )
    voters.append(
        voter(
            999,
            residence_id=voters[0]["residence_id"],
            residence_address=voters[0]["residence_address"],
            first_name="ZOE",
        )
    )
    publish(settings, voters)
    receipt = ask(settings, "walk")
    rows = rows_of(settings, receipt)
    assert receipt["rows"] == receipt["people"] == len({row["voter_id"] for row in rows}) == len(voters)
    for turf in {row["turf"] for row in rows}:
        doors = {int(row["stop"]): row for row in rows if row["turf"] == turf}
        assert sorted(doors) == list(range(1, len(doors) + 1))
        assert len(doors) <= DOORS + STRETCH
        assert len({row["precinct"] for row in doors.values()}) == 1
    by_street = Counter(row["turf"] for row in rows if row["street"] == "OAK ST")
    assert len(by_street) == 3
    assert max(by_street.values()) - min(by_street.values()) <= 2 * STRETCH
    [elm] = {row["turf"] for row in rows if row["street"] == "ELM ST"}
    numbers = [
        int(row["number"])
        for row in sorted(rows, key=lambda r: int(r["stop"]))
        if row["turf"] == elm and row["street"] == "ELM ST"
    ]
    assert numbers == [3, 7, 11, 15, 19, 23, 20, 16, 12, 8, 4, 0]

    printed = file_of(settings, receipt, ".html").read_text(encoding="utf-8")
    sides = {(row["turf"], row["zip5"], row["street"], row["side"]) for row in rows}
    assert printed.count('<tr class="street">') == len(sides)
    page = Page(printed)
    assert len(page.people) == len(voters)
    assert page.people.count("ANN <b>A&B 40 UNA") == len(voters) - 1
    assert page.strange == set()


# Receipts


def test_the_receipt_tells_the_file_and_what_was_done_to_it(tmp_path) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(1), voter(2, registration_status="inactive")])
    receipt = ask(settings, "mail", recipient="Acme Print")
    file = file_of(settings, receipt)
    assert json.loads(file.with_suffix(".receipt.json").read_text()) == receipt == receipts.every(settings)[0]
    assert (receipt["asked_by"], receipt["recipient"], receipt["purpose"]) == ("Ada", "Acme Print", "turnout")
    assert receipt["segment"]["rule"] == "Who is here."
    assert receipt["gates"] == [{"gate": "published", "tables": 1, "waived": []}]
    assert receipt["suppressed"] == {"not_at_residence": 1}
    [city] = [c["of"] for c in receipt["columns"] if c["header"] == "city"]
    assert {column["column"]: column["source"] for column in city} == dict.fromkeys(
        ("voters.mailing_address_1", "voters.mailing_city", "voters.residence_city"), "nc_voters"
    )

    moved = shutil.move(file, tmp_path / "list.csv")
    assert "1 rows, 1 people of segment everybody, 1 left out; for turnout by mail, to Acme Print" in str(
        receipts.verify(settings, moved)
    )
    moved.write_bytes(moved.read_bytes().replace(b"ANN", b"BEN"))
    with pytest.raises(receipts.NoReceipt, match="is on no receipt"):
        receipts.verify(settings, moved)
    with pytest.raises(receipts.NoReceipt, match=r"was changed; export it again"):
        receipts.verify(settings, Path(shutil.move(moved, file)))


def test_files_are_the_owners_and_named_without_people_and_go_when_their_time_has_come(tmp_path) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(1, last_name="ZQXJ")])
    for channel in CHANNELS:
        ask(settings, channel)
    files = [*settings.exports.iterdir()]
    assert len(files) == 2 * len(CHANNELS) + 2  # a page to print, and the register
    assert stat.S_IMODE(settings.exports.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert [file for file in files if "ZQXJ" in file.name] == []
    assert "ZQXJ" not in receipts.register(settings).read_text()

    now = datetime.now(UTC)
    killed = settings.exports / ".20260101T000000-mail" / "half.csv"
    killed.parent.mkdir()
    killed.write_text("half")
    assert receipts.outdated(settings, now) == []
    os.utime(killed, (0, 0))
    assert receipts.outdated(settings, now) == [killed]
    gone = receipts.outdated(settings, now + timedelta(days=settings.campaign.keep.exports_days, hours=1))
    assert sorted(gone) == sorted({*files, killed} - {receipts.register(settings)})


# Counts


def test_a_count_is_what_the_lists_would_have(tmp_path) -> None:
    settings = settings_for(tmp_path, holdout_percent=1)
    who = [
        {},
        {"phone": None},
        {"registration_status": "inactive"},
        {"residence_id": "NC-000000000000028e"},  # the last that is held out: 0x028f is 1 % of 0x10000
        {"voter_id": "NC-ASKED"},
        {"age_years": None},
    ]
    publish(
        settings,
        [voter(n, **{"age_years": 20, "residence_id": f"NC-{0x28F + n:016x}", **w}) for n, w in enumerate(who)],
    )
    (settings.suppressions / "do_not_contact.csv").write_text("kind,value\nvoter_id,NC-ASKED\n")
    found = count(settings, "age_years < 30")
    wanted = {"mail": 2, "walk": 2, "phone": 2, "text": 0, "email": 0, "van": 3, "meta": 3, "google": 3}
    assert found == {"voters": 5, **wanted}
    everybody = count(settings, "true")
    for channel in CHANNELS:
        assert ask(settings, channel)["people"] == everybody[channel]


@pytest.mark.parametrize("predicate", ["nope = 1", "age_years <", "true); drop table voters; --", "age_years = 'ZQXJ'"])
def test_what_is_no_condition_is_said(tmp_path, predicate: str) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(1, first_name="ZQXJ")])
    with pytest.raises(Mendable) as refused:
        count(settings, predicate)
    assert "\n" not in str(refused.value)


def test_a_count_by_a_column_that_is_none_names_the_nearest(tmp_path) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(1)])
    with pytest.raises(Mendable, match=r"\"party\" not found .*Nearest to it: .*\"party_code\""):
        count(settings, "party = 'UNA'")


# Refusals


def test_what_is_not_for_a_purpose_is_refused_with_column_source_and_rule(tmp_path) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(1)], purposes=("turnout", "fundraising"))
    with pytest.raises(Refused, match=r"^segment everybody is for turnout, fundraising and not for persuasion"):
        ask(settings, "mail", "persuasion")
    with pytest.raises(
        Refused,
        match=r"^column voters\.voter_id, source nc_voters, is not for fundraising \(counsel has not said yes\)",
    ):
        ask(settings, "mail", "fundraising")
    publish(settings, [voter(1), voter(2, state_code="WA")])
    with pytest.raises(
        Refused, match=r"source wa_voters, is not for an advertising platform \(counsel has .*29A\.08\.720"
    ):
        ask(settings, "meta")
    assert ask(settings, "mail")["people"] == 2
    publish(settings, [voter(1, state_code="XX")])
    with pytest.raises(Refused, match="no terms of XX's voter file"):
        ask(settings, "mail")
    assert receipts.every(settings)[1:] == []


def test_nothing_is_exported_from_data_whose_gates_do_not_stand(tmp_path) -> None:
    settings = settings_for(tmp_path)
    with pytest.raises(Refused, match="nothing is published"):
        ask(settings, "mail")
    for change in ("update gate_results set status = 'failed'", "update gate_results set data_version = 'v0'"):
        publish(settings, [voter(1)])
        with duckdb.connect(str(settings.current)) as con:
            con.execute(change)
        with pytest.raises(Refused, match="nothing is exported from data whose gates do not stand"):
            ask(settings, "mail")
    assert list(settings.exports.iterdir()) == []


def test_the_shell_says_who_was_left_out_and_why(tmp_path, capsys) -> None:
    settings = settings_for(tmp_path)
    publish(settings, [voter(1), voter(2), voter(3, phone=None)])
    with pipeline.campaign_of(settings):
        asked = ["export", SEGMENT, "--channel", "phone", "--purpose", "turnout"]
        assert pipeline.groundgame(settings, *asked) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.strip() for line in lines[:3]] == [
            "3 people in segment everybody",
            "1 left out: no telephone number",
            "2 people on the list, in 2 rows",
        ]
        assert pipeline.groundgame(settings, "verify", lines[3]) == 0
        assert capsys.readouterr().out.endswith("\n0 of its people may not be contacted any more\n")
        (settings.suppressions / "do_not_contact.csv").write_text("kind,value\nphone,(919) 555-0001\n")
        assert pipeline.groundgame(settings, "verify", lines[3]) == 0
        told = capsys.readouterr().out.splitlines()[1:]
        assert [line.strip() for line in told] == [
            "1 of its people may not be contacted any more:",
            "1 on the house's own list of people not to be contacted",
        ]
        assert pipeline.groundgame(settings, "export", "nobody", *asked[2:]) == 1
        assert "there is no segment nobody; there are everybody" in capsys.readouterr().err


def test_the_law_names_every_states_terms_and_says_what_is_wrong_with_it(tmp_path) -> None:
    law = Law.load()
    assert set(law.states) == set(contract_states())
    assert set(law.channels) == set(CHANNELS)
    assert set(law.states) <= set(law.time_zones)
    assert all(terms.citation and terms.rule for terms in law.states.values())
    wrong = tmp_path / "law.yaml"
    good = FILE.read_text(encoding="utf-8")
    for text, told in {
        "reviewed: someday\n": "Invalid RFC3339 encoded date - at `reviewed`",
        "": "Expected `object`, got `null`",
        "[": "cannot be read (ParserError)",
        good.replace(
            "fundraising: counsel", "fundraising: later", 1
        ): "states.NC: Invalid enum value 'later' - at `purposes",
        good.replace("fundraising: counsel", "fun: counsel", 1): "NC: fun is not among `purposes`",
        good.replace("compliance]", "prose]", 1): "fec: prose is not among `purposes`",
        good.replace(
            '"20:00"]', '"20:00", "21:00"]', 1
        ): "channels.phone: Expected `array` of length 2, got 3 - at `hours`",
        good.replace("proven, ", "proved, ", 1): "channels.text: Invalid enum value 'proved' - at `consent`",
    }.items():
        wrong.write_text(text, encoding="utf-8")
        with pytest.raises(LawError, match=re.escape(f"law.yaml: {told}")):
            Law.load(wrong)
    assert law.review(law.reviewed + timedelta(days=366)).endswith("; the review is old")
