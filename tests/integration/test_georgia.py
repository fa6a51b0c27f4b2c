"""Georgia's four vintages of one voter list and two of its history: each is told from its content, voters and counties keep
their numbers from one to the next, and a year of history replaces that year alone."""

from __future__ import annotations

import random

import pytest

from tests import ga
from tests.conftest import PERSONAL, Desk

D1, D2 = "2022-09-03", "2024-02-03"
LIST = "Georgia_Daily_VoterBase.txt"


@pytest.fixture
def georgia(desk: Desk) -> Desk:
    """A desk of a campaign in North Carolina and Georgia."""
    desk.hold_states("NC", "GA")
    return desk


def loaded(desk: Desk, name: str, content: bytes, day: str = D1):
    outcome = desk.hand_in(name, content, day)
    assert outcome.status == "loaded", outcome.reason
    return outcome


OLD = [ga.old_voter(1234567, Last_name='O"NEIL'), ga.old_voter(12345678, "044")]
VINTAGES = {
    "63 columns without a header": ga.old_text(OLD),
    "the county's name before them": ga.old_text(OLD, ga.COLUMNS_64),
    "63 columns with a header": ga.old_text(OLD, header=True),
    "64 columns with a header": ga.old_text(OLD, ga.COLUMNS_64, header=True),
    "commas, 53 columns": ga.text([ga.voter(1234567, Last_Name="O'NEIL"), ga.voter(12345678, "DeKalb")]),
}


@pytest.mark.parametrize("content", VINTAGES.values(), ids=VINTAGES.keys())
def test_each_vintage_lands_in_the_same_columns(georgia: Desk, content: bytes):
    assert loaded(georgia, LIST, content).contract == "ga_voters"
    rows = georgia.query(
        "select _record_number, registration_number::integer, _county, birth_year, residence_street_number, "
        "county_precinct, left(last_name, 1) from raw.ga_voters order by 1"
    )
    assert rows == [
        (1, 1234567, "060", "1980", "12", "01A", "O"),
        (2, 12345678, "044", "1980", "12", "01A", "E"),
    ]
    assert georgia.query("select scope from meta.deliveries") == [("GA",)]


def test_the_order_of_the_header_does_not_matter(georgia: Desk):
    columns = [*ga.COLUMNS_53]
    random.Random(1).shuffle(columns)
    loaded(georgia, LIST, ga.text([ga.voter(1)], tuple(columns)))
    assert georgia.query("select registration_number, last_name, county_precinct from raw.ga_voters") == [
        ("00000001", "EXAMPLE", "01A")
    ]


def test_a_countys_new_file_replaces_the_same_county_of_the_vintage_before(georgia: Desk):
    loaded(georgia, LIST, ga.old_text([ga.old_voter(1), ga.old_voter(2, "044")]), D1)
    loaded(georgia, "Fulton Voter List.csv", ga.text([ga.voter(1), ga.voter(3)]), D2)
    numbers = "select list(registration_number::integer order by registration_number::integer) from raw.ga_voters"
    assert georgia.query(numbers) == [([1, 2, 3],)]
    assert georgia.query(f"{numbers}_previous") == [([1],)]
    assert georgia.query("select scope from meta.deliveries order by as_of") == [("GA",), ("GA-060",)]


def test_the_gate_on_change_counts_the_codes_of_all_vintages_alike(georgia: Desk):
    loaded(georgia, LIST, ga.old_text([ga.old_voter(1), ga.old_voter(2, Voter_status="I")]), D1)
    loaded(georgia, LIST, ga.text([ga.voter(1), ga.voter(2, Status="Inactive"), ga.voter(3, Status="PENDING")]), D2)
    counted = (
        "select value, row_count from raw.profiles where column_name = 'status' and value is not null order by all"
    )
    assert georgia.query(counted) == [("A", 1), ("A", 1), ("I", 1), ("I", 1), ("PENDING", 1)]


def test_both_kinds_of_history_are_read_and_each_replaces_its_years_alone(georgia: Desk):
    loaded(georgia, "2020.txt", ga.old_history((1, "20201103"), (2, "20200609")), D1)
    loaded(georgia, "2021.txt", ga.old_history((1, "20210105")), D1)
    loaded(georgia, "Voter History 2022.csv", ga.history((1, "11/08/2022"), (2, "12/06/2022"), county="DeKalb"), D1)
    loaded(georgia, "2020.txt", ga.old_history((3, "20201103")), D2)
    assert georgia.query(
        "select _county, county, registration_number, election_type, party, absentee from raw.ga_vote_history order by all"
    ) == [
        ("2020", "060", "00000003", "003", None, "Y"),
        ("2021", "060", "00000001", "003", None, "Y"),
        ("2022", "DeKalb", "00000001", "GENERAL ELECTION", None, "Y"),
        ("2022", "DeKalb", "00000002", "GENERAL ELECTION", None, "Y"),
    ]
    scopes = georgia.query("select scope, status from meta.deliveries order by as_of, scope")
    assert scopes == [
        (f"GA-{y}", s) for y, s in ((2020, "superseded"), (2021, "loaded"), (2022, "loaded"), (2020, "loaded"))
    ]


def test_a_record_of_another_length_is_quarantined_alone(georgia: Desk):
    votes = ga.old_history(*((n, "20201103") for n in range(1, 5))).splitlines(keepends=True)
    votes[1] = votes[1].replace(b"003", b"3")
    assert loaded(georgia, "2020.txt", b"".join(votes)).rows_quarantined == 1
    assert georgia.query("select _record_number from raw.ga_vote_history order by 1") == [(1,), (3,), (4,)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param(LIST, ga.old_text(OLD, ga.COLUMNS_63[:-1]), "most of its records have 62", id="62 columns"),
        pytest.param(LIST, ga.text([ga.voter(1, PERSONAL)] * 3), "has a number in county", id="no known county"),
        pytest.param(
            "2020.txt", ga.old_history((1, "11032020")), "election_date (column 3) does not look", id="another date"
        ),
        pytest.param(LIST, ga.text([ga.voter(1)], ga.COLUMNS_53[:-1]), "missing: mailing_country", id="a column less"),
        pytest.param(
            LIST,
            ga.text([ga.voter(1)]).replace(b"Last Party Voted", b"Last Party Voted In"),
            "last_party_voted: [Last Party Voted, party_last_voted, Last Party Voted In]",
            id="renamed",
        ),
    ],
)
def test_bad_file(georgia: Desk, name: str, content: bytes, says: str):
    outcome = georgia.hand_in(name, content)
    assert (outcome.status, georgia.query("select 1 from raw.ga_voters")) == ("refused", [])
    assert says in outcome.reason
