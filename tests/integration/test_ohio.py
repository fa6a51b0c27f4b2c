"""Ohio's files: what lands of a file with a column for each election, and what a new part of the state replaces."""

from __future__ import annotations

import gzip

import pytest

from tests import nc, oh
from tests.conftest import PERSONAL, Desk

D1, D2, D3 = "2026-01-03", "2026-01-10", "2026-01-17"
PART_1, PART_2 = "SWVF_1_22.txt.gz", "SWVF_23_44.txt.gz"


@pytest.fixture
def ohio(desk: Desk) -> Desk:
    """A desk of a campaign in North Carolina and Ohio."""
    desk.hold_states("NC", "OH")
    return desk


def hand_in(desk: Desk, name: str, rows: list[dict[str, str]], day: str = D1, **options):
    outcome = desk.hand_in(name, oh.packed(oh.text(rows, **options)), day)
    assert outcome.status == "loaded", outcome.reason
    return outcome


def ids(desk: Desk, table: str = "oh_voters") -> list[str]:
    return [i for (i,) in desk.query(f"select sos_voterid from raw.{table} order by 1")]


def test_a_file_lands_with_its_elections_beside_it(ohio: Desk):
    rows = [
        oh.voter(1, 25, LAST_NAME="NUÑEZ"),
        oh.voter(2, "05", **{"PRIMARY-03/19/2024": "R", "GENERAL-11/05/2024": ""}),
    ]
    hand_in(ohio, PART_1, rows)
    assert ohio.query("select last_name, _county, _record_number from raw.oh_voters order by 3") == [
        ("NUÑEZ", "25", 1),
        ("EXAMPLE", "05", 2),
    ]
    columns = [c.lower() for c in oh.FIXED] + ["_county", "_delivery_id", "_record_number", "_as_of", "_record_hash"]
    assert [c for (c,) in ohio.query("select column_name from (describe raw.oh_voters)")] == columns
    cells = "select sos_voterid, _election, _cell, _county, _record_number from raw.oh_voters_elections order by 5"
    assert ohio.query(cells) == [
        ("OH00000000001", "GENERAL-11/05/2024", "X", "25", 1),
        ("OH00000000002", "PRIMARY-03/19/2024", "R", "05", 2),
    ]


def test_a_vote_keeps_the_place_of_its_record_behind_a_broken_one(ohio: Desk):
    content = oh.text([oh.voter(1, 25), oh.voter(2, 25, FIRST_NAME="A\0A"), oh.voter(3, 25)])
    assert ohio.hand_in(PART_2, oh.packed(content)).rows_quarantined == 1
    assert ohio.query("select _record_number from raw.oh_voters_elections order by 1") == [(1,), (3,)]


def test_counties_are_numbers_however_they_are_written(ohio: Desk):
    hand_in(ohio, PART_1, [oh.voter(n, county) for n, county in enumerate(["1", "01", " 1", "1.0", "88"])])
    assert ohio.query("select _county, count(*) from raw.oh_voters group by 1 order by 1") == [("01", 4), ("88", 1)]


def test_a_new_part_replaces_just_its_counties(ohio: Desk):
    hand_in(ohio, PART_1, [oh.voter(1, 1), oh.voter(2, 22)], D1)
    hand_in(ohio, PART_2, [oh.voter(3, 23), oh.voter(4, 44)], D1)
    hand_in(ohio, PART_1, [oh.voter(5, 1), oh.voter(6, 22)], D2)
    assert ids(ohio) == [f"OH{n:011d}" for n in (3, 4, 5, 6)]
    assert ids(ohio, "oh_voters_previous") == [f"OH{n:011d}" for n in (1, 2)]
    scopes = ohio.query("select scope, as_of::varchar, status from meta.deliveries order by all")
    assert scopes == [("OH-01..22", D1, "superseded"), ("OH-01..22", D2, "loaded"), ("OH-23..44", D1, "loaded")]
    assert ohio.query("select distinct sos_voterid from raw.oh_voters_elections order by 1") == [
        (i,) for i in ids(ohio)
    ]


def test_an_older_part_is_set_aside_and_one_with_more_counties_is_not(ohio: Desk):
    hand_in(ohio, PART_1, [oh.voter(1, 1), oh.voter(2, 2)], D2)
    older = ohio.hand_in(PART_1, oh.packed(oh.text([oh.voter(3, 2)])), D1)
    assert (older.status, ids(ohio)) == ("set_aside", ["OH00000000001", "OH00000000002"])
    hand_in(ohio, PART_1, [oh.voter(4, 2), oh.voter(5, 3)], D1)
    assert ids(ohio) == [f"OH{n:011d}" for n in (1, 2, 5)]


def test_a_part_keeps_records_without_a_county(ohio: Desk):
    hand_in(ohio, PART_1, [oh.voter(1, 1), oh.voter(2, ""), oh.voter(3, 2)], D1)
    hand_in(ohio, "SWVF_2.txt.gz", [oh.voter(4, 2)], D2)
    assert ids(ohio) == [f"OH{n:011d}" for n in (1, 2, 4)]


def test_deliveries_with_other_elections_stand_side_by_side(ohio: Desk):
    hand_in(ohio, PART_1, [oh.voter(1, 1)])
    later = (*oh.ELECTIONS, "SPECIAL-08/04/2026")
    hand_in(ohio, PART_2, [oh.voter(2, 23, **{"SPECIAL-08/04/2026": "X"})], elections=later)
    hand_in(ohio, "SWVF_45_66.txt.gz", [oh.voter(3, 45)], elections=())
    cells = ohio.query("select right(sos_voterid, 1), _election from raw.oh_voters_elections order by all")
    assert cells == [("1", "GENERAL-11/05/2024"), ("2", "GENERAL-11/05/2024"), ("2", "SPECIAL-08/04/2026")]


def test_two_states_leave_each_other_alone(ohio: Desk):
    ohio.hand_in("ncvoter_Statewide.txt", nc.voters_text([nc.voter(ncid="A", county_id="1")]), D1)
    hand_in(ohio, PART_1, [oh.voter(1, 1)], D2)
    ohio.hand_in("ncvoter1.txt", nc.voters_text([nc.voter(ncid="B", county_id="1")]), D3)
    hand_in(ohio, PART_1, [oh.voter(2, 1)], D3)
    assert (ohio.ids(), ids(ohio)) == (["B"], ["OH00000000002"])
    assert (ohio.ids("nc_voters_previous"), ids(ohio, "oh_voters_previous")) == (["A"], ["OH00000000001"])


# What is refused

GOOD = oh.text([oh.voter(n, 25, LAST_NAME=PERSONAL) for n in range(6)])
PACKED = oh.packed(GOOD)


def refused(desk: Desk, name: str, content: bytes) -> str:
    outcome = desk.hand_in(name, content)
    assert (outcome.status, ids(desk)) == ("refused", [])
    return outcome.reason


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(PACKED[:-20], "no whole gzip file; fetch it again", id="cut off"),
        pytest.param(PACKED[:60] + bytes(9) + PACKED[69:], "no whole gzip file", id="bytes changed"),
        pytest.param(GOOD, "no whole gzip file", id="text named gz"),
        pytest.param(b"", "is empty; fetch it again", id="empty"),
        pytest.param(gzip.compress(b""), "is empty", id="nothing packed"),
        pytest.param(gzip.compress(bytes(60_000_000)), "more than 100 times its size", id="bomb"),
    ],
)
def test_bad_gzip(ohio: Desk, content: bytes, says: str):
    assert says in refused(ohio, PART_1, content)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(oh.text([oh.voter(1, 1)], delimiter="\t"), "not separated by commas; it has 47 tabs", id="tabs"),
        pytest.param(oh.text([oh.voter(1, 1)], delimiter="|"), "not separated by commas; it has 47 pipes", id="pipes"),
        pytest.param(
            oh.text([oh.voter(1, 1)], delimiter="\t").replace(b"\t", b",", 20), "export it again", id="two delimiters"
        ),
        pytest.param(
            GOOD.split(b"\n", 1)[0] + b"\n" + GOOD.split(b"\n", 1)[1].replace(b",", b"\t"),
            "6 of 6 records cannot be read",
            id="another delimiter below the header",
        ),
        pytest.param(
            oh.text([oh.voter(1, 1)], elections=("RUNOFF-01/01/2026",)), "unknown: RUNOFF-01/01/2026", id="no election"
        ),
        pytest.param(oh.text([oh.voter(1, 1)], elections=oh.ELECTIONS * 2), "twice:   GENERAL", id="an election twice"),
        pytest.param(
            GOOD.replace(b"PARTY_AFFILIATION", b"PARTY_AFFIL"), "party_affiliation: [PARTY_AFFIL]", id="renamed"
        ),
        pytest.param(oh.text([oh.voter(1, ""), oh.voter(2, "x")]), "has a number in county_number", id="no county"),
    ],
)
def test_bad_file(ohio: Desk, content: bytes, says: str):
    assert says in refused(ohio, "SWVF_1_22.txt", content)


def test_a_state_that_is_off_is_not_taken_in(desk: Desk):
    assert "a file of OH, which is not among the states of campaign.yaml" in refused(desk, PART_1, PACKED)
    desk.hold_states("NC", "OH")
    assert desk.take_one().status == "loaded"


def test_the_archive_keeps_the_gzip_file_as_it_came(ohio: Desk):
    outcome = ohio.hand_in(PART_1, PACKED)
    (kept,) = ohio.settings.archive.iterdir()
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (PACKED, 0o600)
    assert ohio.hand_in("SWVF_1_22.txt", GOOD).status == "unchanged"
    assert kept.name == f"{ohio.delivery(outcome)['sha256']}.gz"
