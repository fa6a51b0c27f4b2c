"""Colorado's two lists of voters and its history, in parts and encodings of their own: each is told from its header, and a part
replaces that part alone."""

from __future__ import annotations

import gzip

import pytest

from tests import co, ga, nc
from tests.conftest import PERSONAL, Desk

D1, D2 = "2026-01-03", "2026-02-03"
PART_1, PART_2 = "Registered_Voters_List_ Part1.txt", "Registered_Voters_List_ Part2.txt"
MASTER = "Master_Voting_History_List_Voter_Details_ Part1_01_03_2026_11_38_10.txt"
VOTES = "Master_Voting_History_List_ Part1.txt.gz"


@pytest.fixture
def colorado(desk: Desk) -> Desk:
    """A desk of a campaign in Georgia and Colorado."""
    desk.hold_states("GA", "CO")
    return desk


def loaded(desk: Desk, name: str, content: bytes, day: str = D1):
    outcome = desk.hand_in(name, content, day)
    assert outcome.status == "loaded", outcome.reason
    return outcome


def ids(desk: Desk, table: str = "co_voters") -> list[int]:
    return [int(i) - 600_000_000 for (i,) in desk.query(f"select voter_id from raw.{table} order by 1")]


def test_a_zip_of_files_that_are_packed_by_themselves(colorado: Desk):
    """As the state hands them out, in folders; a zip within has one file."""
    history = [gzip.compress(co.text([co.vote(n)], co.HISTORY_COLUMNS)) for n in (1, 2)]
    colorado.put(
        "2026.zip",
        nc.zipped(
            {
                "EX-001/Registered_Voters_List_ Part1.zip": nc.zipped({PART_1: co.text([co.voter(1)])}),
                "EX-002 Voting History Files/Master_Voting_History_List_ Part1.txt.gz": history[0],
                "EX-002 Voting History Files/Master_Voting_History_List_ Part2.txt.gz": history[1],
                "EX-002 Voting History Files/deep.zip": nc.zipped({"a.zip": nc.zipped({"a.txt": b"a"})}),
                "EX-002 Voting History Files/many.zip": nc.zipped({"a.txt": b"a", "b.txt": b"b"}),
            }
        ),
    )
    first, second, third, deep, many = colorado.take()
    assert [o.status for o in (first, second, third)] == ["loaded"] * 3, (first, second, third)
    assert first.file_name == f"2026.zip/{PART_1}"
    assert ids(colorado) == [1]
    assert colorado.query("select count(*) from raw.co_vote_history") == [(2,)]
    assert "ends in none of .txt" in deep.reason
    assert "holds 2 files" in many.reason


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "utf-8-sig"])
def test_a_files_encoding_is_told_from_its_bytes(colorado: Desk, encoding: str):
    name = "PENA" if encoding == "ascii" else "PEÑA"
    rows = [co.voter(1, LAST_NAME=name), co.voter(2, LAST_NAME=name)]
    loaded(colorado, PART_1, co.text(rows, encoding=encoding))
    loaded(colorado, MASTER, co.text(rows, co.MASTER_COLUMNS, encoding))
    votes = [co.vote(1, ELECTION_DESCRIPTION=name)]
    loaded(colorado, VOTES, gzip.compress(co.text(votes, co.HISTORY_COLUMNS, encoding)))
    for table, column in (
        ("voters", "last_name"),
        ("master_voters", "last_name"),
        ("vote_history", "election_description"),
    ):
        assert {value for (value,) in colorado.query(f"select {column} from raw.co_{table}")} == {name}, table
    assert ids(colorado) == ids(colorado, "co_master_voters") == [1, 2]


def test_the_lists_are_told_apart_and_leave_each_other_alone(colorado: Desk):
    assert loaded(colorado, PART_1, co.text([co.voter(1)])).contract == "co_voters"
    assert loaded(colorado, MASTER, co.text([co.voter(2)], co.MASTER_COLUMNS)).contract == "co_master_voters"
    assert loaded(colorado, "Fulton Voter List.csv", ga.text([ga.voter(1)])).contract == "ga_voters"
    loaded(colorado, PART_1, co.text([co.voter(3)]), D2)
    assert (ids(colorado), ids(colorado, "co_voters_previous"), ids(colorado, "co_master_voters")) == ([3], [1], [2])
    assert colorado.query("select count(*) from raw.ga_voters") == [(1,)]
    columns = "select municipality, precinct_code from raw.co_master_voters"
    assert colorado.query(columns) == [("DENVER", "1310216101")]


def test_a_part_replaces_that_part_alone(colorado: Desk):
    loaded(colorado, PART_1, co.text([co.voter(1), co.voter(2)]))
    loaded(colorado, PART_2, co.text([co.voter(3, COUNTY="ADAMS"), co.voter(4)]))
    loaded(colorado, PART_2, co.text([co.voter(5)]), D2)
    assert (ids(colorado), ids(colorado, "co_voters_previous")) == ([1, 2, 5], [3, 4])
    scopes = colorado.query("select scope, status from meta.deliveries order by all")
    assert scopes == [("CO-01", "loaded"), ("CO-02", "loaded"), ("CO-02", "superseded")]
    assert colorado.hand_in(PART_2, co.text([co.voter(6)]), "2026-01-01").status == "set_aside"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param("all.txt", co.text([co.voter(1)]), "does not say which part of the state", id="no part"),
        pytest.param(PART_1, co.text([co.voter(1)], co.COLUMNS[:-1]), "missing: id_required", id="a column less"),
        pytest.param(PART_1, co.text([co.voter(1)]).replace(b'","', b'"|"'), "it has 50 pipes", id="pipes"),
        pytest.param(
            MASTER,
            co.text([co.voter(1)], co.MASTER_COLUMNS).replace(b"CITY_WARD/DISTRICT", b"CITY_WARD_OR_DISTRICT"),
            "city_ward: [CITY_WARD/DISTRICT, CITY_WARD_OR_DISTRICT]",
            id="renamed",
        ),
        pytest.param(
            MASTER,
            co.text([co.voter(1)], (*co.MASTER_COLUMNS, "LIBRARY_2")),
            "add to its `ignored:` list: LIBRARY_2",
            id="a district more",
        ),
        pytest.param(
            VOTES, gzip.compress(co.text([co.vote(1)], co.HISTORY_COLUMNS[1:])), "missing: voter_id", id="no id"
        ),
    ],
)
def test_bad_file(colorado: Desk, name: str, content: bytes, says: str):
    packed = content if name == VOTES else content.replace(b"EXAMPLE", PERSONAL.encode())
    outcome = colorado.hand_in(name, packed)
    assert (outcome.status, ids(colorado)) == ("refused", [])
    assert says in outcome.reason
