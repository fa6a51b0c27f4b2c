"""Florida's files, which have no header: how they are told from each other, what is in them, and what is refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from orchestration.ingestion import inbox, ingest
from orchestration.warehouse import Warehouse
from tests import fl, nc
from tests.conftest import PERSONAL, Desk

D1, D2 = "2026-01-03", "2026-02-03"
LEON, BAY, DADE = "LEO_20260103.txt", "BAY_20260103.txt", "DAD_20260103.txt"
VOTES = fl.history((1, "11/05/2024", "GEN", "E"), (2, "11/05/2024", "GEN", "N"))


@pytest.fixture
def florida(desk: Desk) -> Desk:
    """A desk of a campaign in North Carolina and Florida."""
    desk.hold_states("NC", "FL")
    return desk


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


def ids(desk: Desk, table: str = "fl_voters") -> list[int]:
    return [int(i) - 100_000_000 for (i,) in desk.query(f"select voter_id from raw.{table} order by 1")]


def loaded(desk: Desk, name: str, content: bytes, day: str = D1):
    outcome = desk.hand_in(name, content, day)
    assert outcome.status == "loaded", outcome.reason
    return outcome


def test_the_first_record_is_a_record(florida: Desk):
    outcome = loaded(florida, LEON, fl.text([fl.voter(1), fl.protected(2), fl.voter(3, Name_Last='O"NEIL "JR')]))
    assert (outcome.contract, outcome.records_read, outcome.rows_loaded) == ("fl_voters", 3, 3)
    rows = florida.query(
        "select _record_number, voter_id, name_last, email_address, _county from raw.fl_voters order by 1"
    )
    assert rows == [
        (1, "100000001", "EXAMPLE", "ada@example.org", "LEO"),
        (2, "100000002", "*", "*", "LEO"),
        (3, "100000003", 'O"NEIL "JR', "ada@example.org", "LEO"),
    ]
    assert florida.query("select scope from meta.deliveries") == [("FL-LEO",)]


def test_the_vintage_without_electronic_mail(florida: Desk):
    loaded(florida, LEON, fl.text([fl.voter(1)], width=37))
    assert florida.query("select voter_id, daytime_phone_extension, email_address from raw.fl_voters") == [
        ("100000001", None, None)
    ]


def test_broken_records_are_numbered_from_the_first_line(florida: Desk):
    rows = fl.text([fl.voter(n, Name_First=PERSONAL) for n in (1, 2, 3, 4, 5)]).splitlines(keepends=True)
    rows[1] = rows[1].replace(b"ADA", b"A").replace(b"\t", b"", 1)
    rows[3] = rows[3].replace(b"EXAMPLE", b"EX\0MPLE")
    assert loaded(florida, LEON, b"".join(rows)).rows_quarantined == 2
    broken = florida.query("select record_number, line_number, reason from raw.quarantine order by 1")
    assert broken == [(2, 2, "37 columns where 38 are expected"), (4, 4, "NUL byte")]
    assert florida.query("select _record_number, right(voter_id, 1) from raw.fl_voters order by 1") == [
        (1, "1"),
        (3, "3"),
        (5, "5"),
    ]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_a_countys_encoding_is_told_from_its_bytes(florida: Desk, encoding: str):
    rows = [fl.voter(1, Name_Last="NUÑEZ"), fl.voter(2, Name_Last="PEÑA"), fl.voter(3)]
    loaded(florida, LEON, fl.text(rows, encoding=encoding))
    names = florida.query("select county_code, name_last from raw.fl_voters order by voter_id")
    assert names == [("LEO", "NUÑEZ"), ("LEO", "PEÑA"), ("LEO", "EXAMPLE")]


def test_a_letter_of_another_encoding_is_quarantined_alone(florida: Desk):
    rows = [fl.text([fl.voter(n, Name_Last="NUÑEZ")], encoding="latin-1" if n == 2 else "utf-8") for n in range(5)]
    assert loaded(florida, LEON, b"".join(rows)).rows_quarantined == 1
    assert ids(florida) == [0, 1, 3, 4]


def test_each_county_replaces_itself(florida: Desk):
    loaded(florida, LEON, fl.text([fl.voter(1)]))
    loaded(florida, BAY, fl.text([fl.voter(2, "BAY")]))
    loaded(florida, "LEO_20260203.txt", fl.text([fl.voter(3)]))
    assert (ids(florida), ids(florida, "fl_voters_previous")) == ([2, 3], [1])
    assert florida.hand_in("LEO_20260101.txt", fl.text([fl.voter(4)])).status == "set_aside"


def test_voters_and_history_are_told_apart(florida: Desk):
    assert loaded(florida, "LEO_H_20260103.txt", VOTES).contract == "fl_vote_history"
    assert loaded(florida, LEON, fl.text([fl.voter(1)])).contract == "fl_voters"
    assert (ids(florida), ids(florida, "fl_vote_history")) == ([1], [1, 2])


# A zip with a file for each county


def test_a_zip_gives_a_delivery_for_each_of_its_files(florida: Desk):
    members = {
        LEON: fl.text([fl.voter(1)]),
        BAY: fl.text([fl.voter(2, "BAY")]),
        "readme.pdf": b"%PDF",
        "__MACOSX/._LEO.txt": b"\0",
    }
    florida.put("Voter_Registration_20260103.zip", zipped(**members))
    outcomes = florida.take()
    names = [f"Voter_Registration_20260103.zip/{name}" for name in (LEON, BAY)]
    assert [(o.file_name, o.status) for o in outcomes] == [(name, "loaded") for name in names]
    told = "Voter_Registration_20260103.zip: 2 files of fl_voters loaded: 2 records read, 2 loaded, 0 quarantined, "
    assert [line.startswith(told) for line in florida.said] == [True]
    assert florida.query("select scope, as_of::varchar from meta.deliveries order by 1") == [
        ("FL-BAY", D1),
        ("FL-LEO", D1),
    ]
    assert list(florida.settings.inbox.iterdir()) == []
    assert {file.suffixes[-1] for file in florida.settings.archive.iterdir()} == {".zst"}


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(fl.text([fl.voter(2, "BAY")], width=30), id="before it is loaded"),
        pytest.param(fl.text([fl.voter(2, "LEO")]), id="of another county, as its records say"),
    ],
)
def test_a_zip_stays_while_one_of_its_files_is_refused(florida: Desk, bad: bytes):
    """Nothing is kept of the refused one, and all of those before and behind it, which were loaded together."""
    good, last = fl.text([fl.voter(1)]), fl.text([fl.voter(3, "DAD")])
    others = {BAY.replace("BAY", "BAK"): bad, BAY: bad, DADE: last}
    florida.put("Voter_Registration_20260103.zip", zipped(**{LEON: good, **others}))
    assert [o.status for o in florida.take()] == ["loaded", "refused", "refused", "loaded"]
    assert ids(florida) == [1, 3]
    assert [o.status for o in florida.take()] == ["unchanged", "refused", "refused", "unchanged"]
    mended = {BAY: fl.text([fl.voter(2, "BAY")]), DADE: last}
    florida.put("Voter_Registration_20260103.zip", zipped(**{LEON: good, **mended}))
    assert [o.status for o in florida.take()] == ["unchanged", "loaded", "unchanged"]
    assert (ids(florida), list(florida.settings.inbox.iterdir())) == ([1, 2, 3], [])


@pytest.mark.parametrize(("at_once", "first"), [(inbox.TOGETHER, "loaded"), (1, "unchanged")])
def test_a_run_stopped_within_a_zip_goes_on(florida: Desk, monkeypatch: pytest.MonkeyPatch, at_once: int, first: str):
    florida.put("x.zip", zipped(**{LEON: fl.text([fl.voter(1)]), BAY: fl.text([fl.voter(2, "BAY")])}))
    opened = inbox.opened

    def stopped(entry, scratch, place=None, *more):
        if place == 1:
            raise KeyboardInterrupt
        return opened(entry, scratch, place, *more)

    monkeypatch.setattr(inbox, "TOGETHER", at_once)
    monkeypatch.setattr(inbox, "opened", stopped)
    with pytest.raises(KeyboardInterrupt):
        florida.take()
    monkeypatch.setattr(inbox, "opened", opened)
    assert [o.status for o in florida.take()] == [first, "loaded"]
    assert (ids(florida), list(florida.settings.inbox.iterdir())) == ([1, 2], [])


def test_one_file_of_a_zip_is_called_back_from_the_archive(florida: Desk):
    florida.put("x.zip", zipped(**{LEON: fl.text([fl.voter(1)]), BAY: fl.text([fl.voter(2, "BAY")])}))
    first = florida.take()[0]
    with Warehouse(florida.settings).open() as con:
        assert ingest.call_back(florida.settings, con, first.delivery_id)[0] == LEON
    assert ids(florida) == [2]
    assert (florida.take_one().status, ids(florida)) == ("loaded", [1, 2])


# What is refused


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param(LEON, fl.text([fl.voter(1)], width=36), "have 38 columns separated by tabs and no header; most of its records have 36", id="36 columns"),
        pytest.param(LEON, fl.text([fl.voter(1)]).replace(b"\t", b"|"), "most of its records have 1", id="pipes"),
        pytest.param(LEON, fl.text([fl.voter(1, Voter_Status="X", Voter_ID="12")]), "voter_id (column 2), voter_status (column 29)", id="other content"),
        pytest.param("LEO_H_20260103.txt", fl.text([fl.voter(1)], width=5), "does not look like that", id="five other columns"),
        pytest.param(LEON, "\t".join(fl.COLUMNS).encode() + b"\r\n" + fl.text([fl.voter(1)]), "county_code", id="a header, one record"),
        pytest.param(BAY, fl.text([fl.voter(1)]), "its name says county BAY, its records are of 1 counties (LEO)", id="another county"),
        pytest.param("LEO_20260103.txt", fl.text([fl.voter(1), fl.voter(2, "BAY")]), "are of 2 counties (BAY, LEO)", id="two counties"),
        pytest.param("somewhere.txt", fl.text([fl.voter(1)], width=36), "fits no contract", id="36 columns and no name"),
    ],
)  # fmt: skip
def test_bad_file(florida: Desk, name: str, content: bytes, says: str):
    outcome = florida.hand_in(name, content.replace(b"EXAMPLE", PERSONAL.encode()))
    assert (outcome.status, ids(florida)) == ("refused", [])
    assert says in outcome.reason


def test_a_file_under_the_name_of_another_kind_is_taken_for_what_it_is(florida: Desk):
    """The columns and what stands in them decide; the name is asked only where they fit several contracts."""
    assert loaded(florida, "extract.txt", fl.text([fl.voter(1)])).contract == "fl_voters"
    assert loaded(florida, "votes.txt", VOTES).contract == "fl_vote_history"


def test_a_file_that_fits_two_contracts_needs_its_name(florida: Desk, monkeypatch: pytest.MonkeyPatch):
    history = next(c for c in ingest.all_contracts() if c.name == "fl_vote_history")
    twin = history.model_copy(update={"name": "fl_twin", "title": "Twin", "file_name": "^twin"})
    monkeypatch.setattr(ingest, "all_contracts", lambda: (nc.VOTERS, history, twin))
    outcome = florida.hand_in("votes.txt", VOTES)
    assert outcome.status == "refused"
    assert "it may be Florida vote history extract or Twin; give it the name" in outcome.reason
    (florida.settings.inbox / "votes.txt").unlink()
    assert loaded(florida, "LEO_H_20260103.txt", VOTES).contract == "fl_vote_history"


def test_a_part_of_the_file_name_can_be_the_scope(florida: Desk, monkeypatch: pytest.MonkeyPatch):
    """As of files that come in parts and have no county in their records."""
    history = next(c for c in ingest.all_contracts() if c.name == "fl_vote_history")
    scope = history.scope.model_copy(update={"column": None})
    parts = history.model_copy(update={"scope": scope, "file_name": r"part(?P<scope>\d)"})
    monkeypatch.setattr(ingest, "all_contracts", lambda: (parts,))
    day = ("11/05/2024", "GEN", "A")
    loaded(florida, "Part1.txt", fl.history((1, *day), (2, *day)), D1)
    loaded(florida, "Part2.txt", fl.history((3, *day)), D1)
    loaded(florida, "Part1.txt", fl.history((4, *day)), D2)
    assert florida.query("select _county, voter_id from raw.fl_vote_history order by 1") == [
        ("1", "100000004"),
        ("2", "100000003"),
    ]
    outcome = florida.hand_in("nothing.txt", fl.history((5, *day)))
    assert "its name does not say which part of the state it is of" in outcome.reason


def test_a_zip_of_too_many_files_is_refused(florida: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inbox, "MOST_MEMBERS", 2)
    outcome = florida.hand_in("x.zip", zipped(**{f"{n}.txt": b"x" for n in range(3)}))
    assert "the zip holds 3 files; up to 2 text files are expected" in outcome.reason
