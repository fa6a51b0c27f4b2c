"""Washington's vintages of one voter list between pipes or tabs, its two schemes of ids, and a history of some years a file,
with a header or without."""

from __future__ import annotations

import pytest

from tests import fl, wa
from tests.conftest import PERSONAL, Desk

D1, D2 = "2019-01-03", "2026-01-03"
LIST, VOTES = "20260103_VRDB_Extract.txt", "VotingHistory.txt"


@pytest.fixture
def washington(desk: Desk) -> Desk:
    """A desk of a campaign in Florida and Washington."""
    desk.hold_states("FL", "WA")
    return desk


def loaded(desk: Desk, name: str, content: bytes, day: str = D2):
    outcome = desk.hand_in(name, content, day)
    assert outcome.status == "loaded", outcome.reason
    return outcome


@pytest.mark.parametrize("delimiter", ["|", "\t"], ids=["pipes", "tabs"])
@pytest.mark.parametrize("columns", [wa.COLUMNS_2019, wa.COLUMNS], ids=["2019", "today"])
def test_each_vintage_lands_in_the_same_columns(washington: Desk, columns: tuple[str, ...], delimiter: str):
    rows = [wa.voter(1, LName='O"NEIL', RegUnitNum="3", RegStUnitNum="3", CountyVoterID="7"), wa.voter(2, "PI")]
    assert loaded(washington, LIST, wa.text(rows, columns, delimiter)).contract == "wa_voters"
    found = washington.query(
        "select state_voter_id, last_name, unit_number, _county, precinct_code, county_voter_id from raw.wa_voters order by 1"
    )
    number = "7" if columns == wa.COLUMNS_2019 else None
    assert found == [
        ("10000001", 'O"NEIL', "3", "KI", "00000012", number),
        ("10000002", "EXAMPLE", None, "PI", "00000012", None),
    ]
    assert washington.query("select scope from meta.deliveries") == [("WA",)]


def test_an_id_of_the_old_scheme_is_nobodys_of_the_new_one(washington: Desk):
    old = wa.text([wa.old_voter(10_000_001), wa.old_voter(10_000_002)], wa.COLUMNS_2019, "|")
    loaded(washington, "201901_VRDB_Extract.txt", old, D1)
    loaded(washington, LIST, wa.text([wa.voter(1), wa.voter(2)]), D2)
    now, before = (
        {i for (i,) in washington.query(f"select state_voter_id from raw.wa_voters{view}")}
        for view in ("", "_previous")
    )
    assert (now, before) == ({"10000001", "10000002"}, {"WA010000001", "WA010000002"})


@pytest.mark.parametrize("delimiter", ["|", "\t"], ids=["pipes", "tabs"])
@pytest.mark.parametrize("header", [True, False], ids=["header", "no header"])
def test_history_is_told_from_its_content(washington: Desk, header: bool, delimiter: str):
    votes = wa.history((1, "2024-11-05"), (2, "11/08/2022"), header=header, delimiter=delimiter)
    assert loaded(washington, VOTES, votes).contract == "wa_vote_history"
    assert washington.query("select _record_number, state_voter_id, _county from raw.wa_vote_history order by 1") == [
        (1, "10000001", "2024"),
        (2, "10000002", "2022"),
    ]


def test_a_file_of_history_replaces_its_years_alone(washington: Desk):
    loaded(washington, "VotingHistory_2018-2021.txt", wa.history((1, "2018-11-06"), (1, "2021-11-02"), header=False))
    loaded(washington, "VotingHistory_2022-2026.txt", wa.history((1, "2022-11-08"), (1, "2024-11-05")))
    loaded(washington, "VotingHistory_2022-2026.txt", wa.history((2, "2022-11-08"), (2, "2024-11-05")), "2026-02-03")
    votes = washington.query("select _county, right(state_voter_id, 1) from raw.wa_vote_history order by 1")
    assert votes == [("2018", "1"), ("2021", "1"), ("2022", "2"), ("2024", "2")]
    scopes = washington.query("select scope, status from meta.deliveries order by as_of, scope")
    assert scopes == [("WA-2018..2021", "loaded"), ("WA-2022..2024", "superseded"), ("WA-2022..2024", "loaded")]


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8-sig"), (",", "latin-1"), ("\t", "utf-16")])
def test_the_list_of_precincts_as_a_spreadsheet_saves_it(washington: Desk, delimiter: str, encoding: str):
    content = wa.precincts(("12", "SEÑA 12"), ("13", "SEÑA 13"), delimiter=delimiter, encoding=encoding)
    assert loaded(washington, "202601_Districts_Precincts.txt", content).contract == "wa_precincts"
    found = washington.query("select distinct _county, precinct_code, precinct_name from raw.wa_precincts order by 2")
    assert found == [("KI", "12", "SEÑA 12"), ("KI", "13", "SEÑA 13")]


def test_two_states_leave_each_other_alone(washington: Desk):
    loaded(washington, "LEO_20260103.txt", fl.text([fl.voter(1)]))
    loaded(washington, "LEO_H_20260103.txt", fl.history((1, "11/05/2024", "GEN", "E")))
    loaded(washington, LIST, wa.text([wa.voter(1)]))
    loaded(washington, VOTES, wa.history((1, "2024-11-05")))
    loaded(washington, "20260203_VRDB_Extract.txt", wa.text([wa.voter(2)]), "2026-02-03")
    counts = "select count(*), min(_delivery_id) from raw."
    for table, ids in (("fl_voters", 1), ("fl_vote_history", 1), ("wa_voters", 1), ("wa_vote_history", 1)):
        assert washington.query(counts + table)[0][0] == ids, table


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param(LIST, wa.text([wa.voter(1)], delimiter=";"), "it has 33 semicolons", id="semicolons"),
        pytest.param(LIST, wa.text([wa.voter(1)], wa.COLUMNS[:-1]), "missing: status_code", id="a column less"),
        pytest.param(
            LIST,
            wa.text([wa.voter(1)]).replace(b"RegStName", b"RegStreetName"),
            "street_name: [RegStName, RegStreetName]",
            id="renamed",
        ),
        pytest.param(
            VOTES, wa.history((1, PERSONAL), header=False), "election_date (column 3)", id="history without days"
        ),
        pytest.param(
            VOTES, wa.history((1, "2024-11-05"), header=False, county="53"), "county_code (column 1)", id="numbers"
        ),
    ],
)
def test_bad_file(washington: Desk, name: str, content: bytes, says: str):
    outcome = washington.hand_in(name, content)
    assert (outcome.status, washington.query("select 1 from raw.wa_voters")) == ("refused", [])
    assert says in outcome.reason
