"""Michigan's files: fields of fixed widths and the CSV that replaced them, and what is refused or quarantined of either."""

from __future__ import annotations

import pytest

from tests import mi, nc
from tests.conftest import PERSONAL, Desk

D1, D2, D3 = "2018-12-01", "2023-01-03", "2026-01-03"
OLD, NEW = "entire_state_v.lst", "EntireStateVoter.csv"
OLD_VOTES, NEW_VOTES = "entire_state_h.lst", "EntireStateVoterHistory.csv"


@pytest.fixture
def michigan(desk: Desk) -> Desk:
    """A desk of a campaign in Michigan."""
    desk.hold_states("MI")
    return desk


def loaded(desk: Desk, name: str, content: bytes, day: str = D3):
    outcome = desk.hand_in(name, content, day)
    assert outcome.status == "loaded", outcome.reason
    return outcome


def ids(desk: Desk, table: str = "mi_voters") -> list[int]:
    found = desk.query(f"select voter_identification_number from raw.{table} order by 1")
    return [int(i) - 100_000_000 for (i,) in found]


@pytest.mark.parametrize("more", ["", "M"])
def test_fields_of_fixed_widths_land_in_their_columns(michigan: Desk, more: str):
    rows = [
        mi.voter(
            1, LAST_NAME="NUÑEZ", MIDDLE_NAME="Ñ", CITY='ÖD "X"', EXTENSION="APT ÜÖ 3", VOTER_STATUS_TYPE_CODE="CH"
        ),
        mi.voter(2, 5, FIRST_NAME="A" * 20, STREET_NUMBER_PREFIX="N", STREET_NAME="OAK É", JURISDICTION_CODE=" 3400"),
    ]
    outcome = loaded(michigan, OLD, mi.fixed(rows, more), D1)
    assert (outcome.contract, outcome.records_read, outcome.rows_loaded) == ("mi_voters", 2, 2)
    names = ", ".join(name.lower() for name in mi.FIXED).replace(" state,", " state_addr,")
    found = michigan.query(f"select {names} from raw.mi_voters order by _record_number")
    expected = [
        tuple((row.get(n) or None) for n in mi.FIXED) for row in (r | {"REGISTRATION_DATE": "05062010"} for r in rows)
    ]
    assert found == expected
    others = (
        "select jurisdiction_name, precinct, uocava_status_code, _county from raw.mi_voters order by _record_number"
    )
    assert michigan.query(others) == [(None, None, more or None, "33"), (None, None, more or None, "05")]


def test_records_of_another_length_go_to_quarantine(michigan: Desk):
    lines = mi.fixed([mi.voter(n, FIRST_NAME=PERSONAL) for n in range(1, 13)]).split(b"\r\n")
    lines[1] = lines[1][:-1]
    lines[2] = lines[2] + b" "  # as many bytes as two whole records would have
    lines[4] = lines[4].replace(b"EXAMPLE", b"EX\0MPLE")
    lines[6] = lines[6].replace(b"OAK", b"O\rK")
    outcome = loaded(michigan, OLD, b"\r\n".join(lines)[:-42], D1)
    assert (outcome.records_read, outcome.rows_loaded, outcome.rows_quarantined) == (12, 7, 5)
    assert michigan.query("select record_number, line_number, reason from raw.quarantine order by 1") == [
        (2, 2, "518 bytes where 519 are expected"),
        (3, 3, "520 bytes where 519 are expected"),
        (5, 5, "NUL byte"),
        (7, 7, "line break inside a record"),
        (12, 12, "479 bytes where 519 are expected, cut off"),
    ]
    numbered = "select _record_number, right(voter_identification_number, 1) from raw.mi_voters order by 1"
    assert michigan.query(numbered) == [(n, f"{n % 10}") for n in (1, 4, 6, 8, 9, 10, 11)]


def test_the_csv_replaces_the_older_file(michigan: Desk):
    loaded(michigan, OLD, mi.fixed([mi.voter(1), mi.voter(2, 5)]), D1)
    loaded(michigan, NEW, mi.text([mi.voter(2), mi.voter(3, 5)]), D2)
    assert (ids(michigan), ids(michigan, "mi_voters_previous")) == ([2, 3], [1, 2])
    states = michigan.query("select scope, as_of::varchar, status from meta.deliveries order by as_of")
    assert states == [("MI", D1, "superseded"), ("MI", D2, "loaded")]


def renamed(**names: str | None) -> tuple[str, ...]:
    return tuple(names.get(c, c) for c in mi.COLUMNS if names.get(c, c))


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(renamed(STATUS_REASON="CANCELLATION_REASON"), id="before 2022-09"),
        pytest.param(renamed(IS_PERMANENT_ABSENTEE_VOTER=None), id="after 2024-07"),
        pytest.param(renamed(IS_PERMANENT_ABSENTEE_VOTER="IS_PERM_AV_BALLOT_VOTER"), id="now"),
        pytest.param(renamed(STATUS_REASON=None, STATUS_DATE=None, UOCAVA_STATUS_NAME=None), id="bare"),
        pytest.param((*mi.COLUMNS[::-1], "VOTER_ID", "STATUS_USER_CODE"), id="reordered"),
    ],
)
def test_the_vintages_of_the_csv(michigan: Desk, columns: tuple[str, ...]):
    row = mi.voter(1, STATUS_REASON="MOVED", CANCELLATION_REASON="MOVED", IS_PERM_AV_BALLOT_VOTER="N")
    loaded(michigan, NEW, mi.text([row], columns))
    found = michigan.query("select last_name, status_reason, is_permanent_absentee_voter, ward from raw.mi_voters")
    has_reason = "STATUS_REASON" in columns or "CANCELLATION_REASON" in columns
    has_list = columns.count("IS_PERMANENT_ABSENTEE_VOTER") + columns.count("IS_PERM_AV_BALLOT_VOTER")
    assert found == [("EXAMPLE", "MOVED" if has_reason else None, "N" if has_list else None, "01")]


@pytest.mark.parametrize("more", [(), ("",)], ids=["as the header", "a field more"])
def test_history_may_have_a_field_more_than_its_header(michigan: Desk, more: tuple[str, ...]):
    content = mi.history((1, "2024-11-05", "Y"), (2, "2024-08-06", "N"), more=more)
    assert loaded(michigan, NEW_VOTES, content).contract == "mi_vote_history"
    votes = "select election_date, is_absentee_voter, election_code from raw.mi_vote_history order by 1"
    assert michigan.query(votes) == [("2024-08-06", "N", None), ("2024-11-05", "Y", None)]


def test_old_history_comes_with_a_list_of_elections(michigan: Desk):
    assert loaded(michigan, OLD_VOTES, mi.fixed_history((1, "102000123", "Y")), D1).contract == "mi_vote_history"
    listed = mi.elections(("102000123", "11062018", "STATE GENERAL"))
    assert loaded(michigan, "electionscd.lst", listed, D1).contract == "mi_elections"
    found = michigan.query("select election_code, election_date, election_title, _as_of::varchar from raw.mi_elections")
    assert found == [("102000123", "11062018", "STATE GENERAL", D1)]
    assert michigan.query("select scope from meta.deliveries where contract = 'mi_elections'") == [("MI",)]
    loaded(michigan, "electionscd.lst", mi.elections(("7", "11082016", "STATE GENERAL")), D2)
    assert michigan.query("select election_code from raw.mi_elections") == [("7",)]


def test_other_lists_of_codes_in_a_zip_are_read_past(michigan: Desk):
    lists = {
        f"{name}cd.lst": f"33{name.upper():<25}\r\n".encode() for name in ("county", "jurisd", "school", "village")
    }
    listed = mi.elections(("102000123", "11062018", "STATE GENERAL"))
    michigan.put("FOIA.zip", nc.zipped(lists | {OLD: mi.fixed([mi.voter(1)]), "electionscd.lst": listed}), D1)
    outcomes = michigan.take()
    assert [(o.contract, o.status) for o in outcomes] == [("mi_voters", "loaded"), ("mi_elections", "loaded")]


# What is refused

GOOD = mi.fixed([mi.voter(n, FIRST_NAME=PERSONAL) for n in range(6)])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param(OLD, GOOD.replace(b"\r\n", b"  \r\n"), "have 519 bytes and no separators; most of its records have 521", id="two bytes more"),
        pytest.param(OLD, b"\r\n".join(line.rstrip() for line in GOOD.split(b"\r\n")), "most of its records have 518", id="blanks cut off"),
        pytest.param(OLD, GOOD.decode("latin-1").encode("utf-8-sig"), "it is UTF-8 text", id="UTF-8"),
        pytest.param(OLD, GOOD.replace(b"1980", b" 80 "), "year_of_birth", id="another content"),
        pytest.param(NEW, mi.text([mi.voter(1)]).replace(b",", b"|"), "not separated by commas; it has 49 pipes", id="pipes"),
        pytest.param(NEW, mi.text([mi.voter(1)], renamed(ZIP_CODE="ZIPCODE")), "zip_code: [ZIPCODE]", id="renamed"),
        pytest.param("x.lst", b"no file of anything\r\n" * 5, "it has no separator at all", id="anything"),
    ],
)  # fmt: skip
def test_bad_file(michigan: Desk, name: str, content: bytes, says: str):
    outcome = michigan.hand_in(name, content, D1)
    assert (outcome.status, ids(michigan)) == ("refused", [])
    assert says in outcome.reason
