"""Files that are of no voter and of no one state: their scope, and that generated and real ones are kept apart."""

from __future__ import annotations

from tests.conftest import Desk
from tests.eavs import ballots


def test_a_file_replaces_the_elections_of_the_states_that_it_holds(desk: Desk):
    first = desk.hand_in("a.csv", ballots((37001, "NC", 1, "2022"), (39001, "OH", 2, "2022"), (37001, "NC", 3, "2020")))
    assert desk.delivery(first)["scope"] == "NC-2020..OH-2022"
    again = desk.hand_in("b.csv", ballots((37001, "nc", 4, "2022")), "2026-02-01")
    assert desk.delivery(again)["scope"] == "NC-2022"
    assert desk.query("select _county, total_part from raw.eavs_participation order by 1") == [
        ("NC-2020", "3"),
        ("NC-2022", "4"),
        ("OH-2022", "2"),
    ]
    older = desk.hand_in("c.csv", ballots((39001, "OH", 5, "2022")), "2025-02-01")
    assert older.status == "set_aside"


def test_a_state_outside_the_campaign_is_taken_in(desk: Desk):
    desk.hold_states("FL")
    assert desk.hand_in("a.csv", ballots((26001, "MI", 1, "2022"))).status == "loaded"


def test_generated_figures_and_a_campaigns_real_ones_do_not_mix(desk: Desk):
    mixed = desk.hand_in("a.csv", ballots((37001, "NC", 1, "2022")) + b"37003,2022,1,1,NC,ZZ X COUNTY,1,0,0,0,0,0,0\n")
    assert "it mixes generated and real records" in mixed.reason
    (desk.settings.inbox / "a.csv").unlink()
    assert desk.hand_in("b.csv", ballots((37001, "NC", 1, "2022"), named="ZZ ")).status == "loaded"
    assert "it is a real file" in desk.hand_in("c.csv", ballots((37001, "NC", 2, "2022"))).reason


def votes(*rows: tuple[str, str, int]) -> bytes:
    """OpenElections rows of one contest: county, precinct, votes."""
    head = "precinct,votes,candidate,party,district,office,county\n"  # in no usual order
    return (head + "".join(f"{precinct},{n},Ann,DEM,,Governor,{county}\n" for county, precinct, n in rows)).encode()


def test_a_countys_results_replace_that_county_of_the_same_election(desk: Desk):
    desk.hand_in("20181106__fl__general__precinct.csv", votes(("Leon", "1", 1), ("Dade", "1", 2)))
    desk.hand_in("20181106__fl__general__leon__precinct.csv", votes(("Leon", "1", 3)))
    desk.hand_in("20201103__fl__general__precinct.csv", votes(("Leon", "1", 4)))
    assert desk.query("select _county, votes from raw.openelections_precinct_results order by 1") == [
        ("20181106__FL__GENERAL-DADE", "2"),
        ("20181106__FL__GENERAL-LEON", "3"),
        ("20201103__FL__GENERAL-LEON", "4"),
    ]


def test_a_name_that_does_not_say_the_election_is_refused(desk: Desk):
    outcome = desk.hand_in("results.csv", votes(("Leon", "1", 1)))
    assert "its name does not say what it is of, as that under which it is handed out does" in outcome.reason


def test_results_that_nothing_generated_is_written_like_stay_out_of_a_sample(desk: Desk):
    desk.hand_in("b.csv", ballots((37001, "NC", 1, "2022"), named="ZZ "))
    assert "it is a real file" in desk.hand_in("20181106__fl__general__precinct.csv", votes(("Leon", "1", 1))).reason
