"""Pennsylvania's four files a county: told apart without headers, and elections that are numbered by county and day."""

from __future__ import annotations

import pytest

from tests import pa
from tests.conftest import PERSONAL, Desk

D1, D2 = "20260103", "20260110"
MAP = ("1", "2024 GENERAL ELECTION", "11/05/2024")
TYPES = (("1", "MUN", "Municipal"), ("2", "CONG", "US Congressional"))
CODES = (("1", "MN01", "Abbottstown"), ("2", "USC13", "13th Congressional"))


@pytest.fixture
def pennsylvania(desk: Desk) -> Desk:
    """A desk of a campaign in Pennsylvania."""
    desk.hold_states("PA")
    return desk


def loaded(desk: Desk, name: str, content: bytes):
    outcome = desk.hand_in(name, content)
    assert outcome.status == "loaded", outcome.reason
    return outcome


def ids(desk: Desk, table: str = "pa_voters") -> list[int]:
    return [int(i[:9]) - 100_000_000 for (i,) in desk.query(f"select id_number from raw.{table} order by 1")]


def of(county: str, *rows: tuple[str, ...]) -> bytes:
    return pa.table(*((county, *row) for row in rows))


@pytest.mark.parametrize("blank", [" ", "_"])
def test_the_four_files_of_a_county_are_told_apart(pennsylvania: Desk, blank: str):
    files = {
        "FVE": ("pa_voters", pa.text([pa.voter(1)])),
        f"Election{blank}Map": ("pa_election_map", of("ADAMS", MAP)),
        f"Zone{blank}Types": ("pa_zone_types", of("ADAMS", *TYPES)),
        f"Zone{blank}Codes": ("pa_zone_codes", of("ADAMS", *CODES)),
    }
    for kind, (contract, content) in files.items():
        assert loaded(pennsylvania, f"ADAMS{blank}{kind}{blank}{D1}.txt", content).contract == contract
    assert pennsylvania.query("select distinct scope, as_of::varchar from meta.deliveries") == [
        ("PA-ADAMS", "2026-01-03")
    ]
    assert pennsylvania.query("select * exclude (_delivery_id) from raw.pa_election_map")[0][:4] == ("ADAMS", *MAP)
    assert len(pennsylvania.query("from raw.pa_zone_types")) == len(pennsylvania.query("from raw.pa_zone_codes")) == 2


def test_both_cells_of_an_election_are_one_row(pennsylvania: Desk):
    rows = [
        pa.voter(1, Election_40_Vote_Method="MB"),
        pa.voter(2, Election_1_Vote_Method="", Election_1_Party=""),
        pa.voter(3, Election_1_Vote_Method="", Election_1_Party="NF"),
    ]
    loaded(pennsylvania, f"ADAMS FVE {D1}.txt", pa.text(rows))
    cells = "select left(id_number, 9), _election, _vote_method, _party, _county, _record_number from raw.pa_voters_elections order by all"
    assert pennsylvania.query(cells) == [
        ("100000001", "ELECTION_1", "AP", "D", "ADAMS", 1),
        ("100000001", "ELECTION_40", "MB", None, "ADAMS", 1),
        ("100000003", "ELECTION_1", None, "NF", "ADAMS", 3),
    ]


def test_counties_and_days_replace_themselves(pennsylvania: Desk):
    loaded(pennsylvania, f"ADAMS FVE {D1}.txt", pa.text([pa.voter(1)]))
    loaded(pennsylvania, f"BERKS FVE {D1}.txt", pa.text([pa.voter(2, "BERKS", Last_Name="NUÑEZ")], "utf-8"))
    loaded(pennsylvania, f"ADAMS Election Map {D1}.txt", of("ADAMS", MAP))
    loaded(pennsylvania, f"ADAMS FVE {D2}.txt", pa.text([pa.voter(3)]))
    loaded(pennsylvania, f"ADAMS Election Map {D2}.txt", of("ADAMS", MAP, ("2", "2026 PRIMARY", "05/19/2026")))
    assert (ids(pennsylvania), ids(pennsylvania, "pa_voters_previous")) == ([2, 3], [1])
    both = "select count(*) from raw.pa_election_map union all select count(*) from raw.pa_election_map_previous"
    assert pennsylvania.query(both) == [(2,), (1,)]
    assert pennsylvania.query("select last_name from raw.pa_voters where county_name = 'BERKS'") == [("NUÑEZ",)]


def test_broken_records_are_quarantined(pennsylvania: Desk):
    lines = pa.text([pa.voter(n, First_Name=PERSONAL) for n in range(1, 6)]).splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"\t"', b'"', 1)
    lines[3] = lines[3].replace(b'"EXAMPLE"', b'"EX\tAMPLE')
    assert loaded(pennsylvania, f"ADAMS FVE {D1}.txt", b"".join(lines)).rows_quarantined == 2
    assert ids(pennsylvania) == [1, 3, 5]


# What is refused

FVE = f"ADAMS FVE {D1}.txt"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param(FVE, pa.table(["x"] * 152), "have 153 columns separated by tabs and no header; most of its records have 152", id="a column less"),
        pytest.param(FVE, pa.text([pa.voter(1)]).replace(b"\t", b",").replace(b'"', b""), "most of its records have 1", id="commas"),
        pytest.param(FVE, pa.text([pa.voter(1, ID_Number="X", Voter_Status="ACTIVE")]), "id_number (column 1), voter_status (column 10)", id="other content"),
        pytest.param(FVE, pa.text([pa.voter(1, "BERKS")]), "its name says county ADAMS, its records are of 1 counties (BERKS)", id="another county"),
        pytest.param("ADAMS.txt", of("ADAMS", *TYPES), "it may be Pennsylvania zone codes or Pennsylvania zone types; give it the name", id="zones without a name"),
    ],
)  # fmt: skip
def test_bad_file(pennsylvania: Desk, name: str, content: bytes, says: str):
    outcome = pennsylvania.hand_in(name, content.replace(b"EXAMPLE", PERSONAL.encode()))
    assert outcome.status == "refused"
    assert ids(pennsylvania) == []
    assert says in outcome.reason
