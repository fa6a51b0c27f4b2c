"""Every state of which there is a sample, in one campaign: its rows add up to what the samples' truth says, and no state
gets into another's way."""

from __future__ import annotations

import contextlib
import io
import shutil
from datetime import timedelta

import duckdb
import polars as pl
import pytest

from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.sample.write import LAYOUTS
from orchestration.settings import Settings
from tests import pipeline

STATES = tuple(LAYOUTS)
VOTERS = 1_500
BY_YEAR = {"NC", "MI", "GA", "WA", "CO"}  # of birth, where the state gives no day
WITHOUT_PARTIES = {"MI", "GA", "WA"}
WITHOUT_METHODS = {"OH", "WA"}
FIPS = {"NC": "37", "OH": "39", "FL": "12", "MI": "26", "GA": "13", "WA": "53", "CO": "08", "PA": "42"}


@pytest.fixture(scope="module")
def together(tmp_path_factory) -> tuple[Settings, str]:
    """A campaign in all states, refreshed once, with what it said."""
    settings = pipeline.settings_for(tmp_path_factory.mktemp("together"), states=STATES)
    settings.make_directories()
    for state in STATES:
        write_sample(settings.inbox, VOTERS, pipeline.SEED, state=state)
    output = io.StringIO()
    with contextlib.redirect_stdout(output), pipeline.campaign_of(settings):
        assert pipeline.run(settings) == 0, output.getvalue()
    return settings, output.getvalue()


def query(settings: Settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(settings.current), read_only=True) as con:
        return con.execute(sql).fetchall()


def truth(settings: Settings, state: str, table: str) -> pl.DataFrame:
    folder = settings.data_dir / "truth" / ("" if state == "NC" else state.lower())
    return pl.read_parquet(folder / f"{table}.parquet")


@pytest.mark.parametrize("state", STATES)
def test_the_published_voters_are_those_of_the_truth(together, state: str) -> None:
    settings, _ = together
    people = truth(settings, state, "people")
    eighteen = SAMPLE_AS_OF.replace(year=SAMPLE_AS_OF.year - 18)
    minor = pl.col("birth_date") > eighteen if state not in BY_YEAR else pl.col("is_under_18")
    expected = people.filter(~pl.col("is_confidential") & ~minor & pl.col("status").is_in(["A", "I", "S"]))
    ids = [*expected["ncid"], *expected["duplicate_ncid"].drop_nulls()]
    found = query(settings, f"select voter_id, state_voter_id from voters where state_code = '{state}'")
    assert sorted(i for _, i in found) == sorted(ids)
    assert {v for v, _ in found} == {f"{state}-{i}" for i in ids}


@pytest.mark.parametrize("state", STATES)
def test_ballots_are_those_of_the_truth(together, state: str) -> None:
    """Of voters who are published: counted here from the truth's people and the file's elections."""
    settings, _ = together
    turnout = truth(settings, state, "turnout").group_by("election_date").agg(pl.col("ballots_in_file").sum())
    ballots = dict(
        query(
            settings,
            f"""
            select election_date, count(*) from vote_history join voters using (voter_id)
            where state_code = '{state}' and is_counted group by 1
            """,
        )
    )
    hidden = (
        truth(settings, state, "people").filter(pl.col("is_confidential") | pl.col("status").is_in(["R", "D"])).height
    )
    assert ballots
    for held, count in turnout.iter_rows():
        assert 0 <= count - ballots.get(held, 0) <= hidden, held


def test_row_sums_close_in_every_delivery(together) -> None:
    rows = query(together[0], "select records_read - rows_loaded - rows_quarantined, status, contract from deliveries")
    assert {(difference, status) for difference, status, _ in rows} == {(0, "loaded")}
    assert {contract[:2].upper() for *_, contract in rows} == {*STATES}


def test_elections_precincts_and_residences_stay_apart(together) -> None:
    settings, _ = together
    for table, column in (("elections", "election_id"), ("residences", "residence_id"), ("voters", "voter_id")):
        wrong = f"select count(*) from {table} where {column} is not null and left({column}, 2) <> state_code"
        assert query(settings, wrong) == [(0,)], table
    mixed = "select count(*) from voters join residences using (residence_id) where voters.state_code <> residences.state_code"
    assert query(settings, mixed) == [(0,)]
    assert query(
        settings,
        "select count(*) from voters join vote_history using (voter_id) where left(election_id, 2) <> state_code",
    ) == [(0,)]
    found = dict(query(settings, "select state_code, list(distinct left(county_fips, 2)) from precincts group by 1"))
    assert found == {state: [FIPS[state]] for state in STATES}


def test_precincts_have_names_where_a_list_of_them_was_handed_in(together) -> None:
    """Washington's, whose spreadsheet has lost the zeros of their codes. Results are matched to precincts by them."""
    with duckdb.connect(str(together[0].warehouse), read_only=True) as con:
        named = "select count(*), count(precinct_code), count(precinct_name) from staging.stg_wa__voters"
        [(voters, codes, names)] = con.execute(named).fetchall()
    assert voters == codes == names > 1_000


def test_segments_hold_what_each_state_records_and_no_more(together) -> None:
    settings, _ = together
    sizes = {
        (segment, state): size
        for segment, state, size in query(
            settings,
            "select segment_id, state_code, count(*) from segment_members join voters using (voter_id) group by all",
        )
    }
    for state in STATES:
        assert sizes["mid_propensity", state] > 0
        assert sizes["young_first_time_eligible", state] > 0
    # Ohio's party is that of a primary ballot: who has none is not unaffiliated.
    silent = {
        "mail_ballot_habit": WITHOUT_METHODS,
        "unaffiliated_regulars": WITHOUT_PARTIES | {"OH"},
        "mixed_party_households": WITHOUT_PARTIES,
    }
    for segment, without in silent.items():
        assert {state for state in STATES if (segment, state) not in sizes} == without & {*STATES}, segment
    counts = query(
        settings,
        """
        select state_code, sum(party_unknown_count), sum(registered_count), sum(democratic_count), sum(unaffiliated_count)
        from precincts group by 1
        """,
    )
    parties = {state: values for state, *values in counts}
    for state in WITHOUT_PARTIES:
        assert parties[state] == [parties[state][1], parties[state][1], None, None]
    assert parties["OH"][0] > 100
    assert parties["FL"][0] == 0


def test_ages_go_by_the_day_of_birth_where_it_is_known(together) -> None:
    settings, _ = together
    people = truth(settings, "OH", "people").select("ncid", "birth_date")
    found = query(
        settings, "select state_voter_id, age_years from voters where state_code = 'OH' and age_years is not null"
    )
    day = settings.campaign.election
    ages = {i: day.year - b.year - ((day.month, day.day) < (b.month, b.day)) for i, b in people.iter_rows()}
    known = [(i, age) for i, age in found if i in ages]
    assert len(known) > 1_000
    assert [i for i, age in known if age != ages[i]] == []


def test_uncounted_ballots_are_kept_and_count_for_nothing(together) -> None:
    settings, _ = together
    uncounted = dict(
        query(settings, "select left(voter_id, 2), count(*) from vote_history where not is_counted group by 1")
    )
    assert {*uncounted} == {"FL"}
    assert uncounted["FL"] > 10
    wrong = """
        select count(*) from voters join (
            select voter_id, max(election_date) as last from vote_history where is_counted group by 1
        ) using (voter_id) where last_voted_date is distinct from last
    """
    assert query(settings, wrong) == [(0,)]


def test_a_newer_part_of_one_state_moves_nobody_in_another(together, tmp_path) -> None:
    """And states that are switched off are no longer published, and come back as they were."""
    settings, _ = together
    copy = pipeline.settings_for(tmp_path / "data", states=("NC", "OH"))
    shutil.copytree(settings.data_dir, copy.data_dir)
    newer = write_sample(tmp_path / "newer", VOTERS, pipeline.SEED, SAMPLE_AS_OF + timedelta(days=90), "OH")
    shutil.copy2(newer.files[0], copy.inbox)
    others = "select * from voters where state_code = 'NC' order by all"
    with pipeline.campaign_of(copy):
        assert pipeline.run(copy) == 0
    assert query(copy, others) == query(settings, others)
    changes = dict(query(copy, "select change_type, count(*) from voter_changes group by 1"))
    assert changes["new"] > 0
    assert query(copy, "select distinct left(voter_id, 2) from voter_changes") == [("OH",)]
    moved = query(copy, "select min(county_fips), max(county_fips) from voter_changes where change_type = 'new'")
    assert moved[0][1] <= "39043"  # the first part ends with Erie
    alone = pipeline.settings_for(copy.data_dir, states=("MI",))
    with pipeline.campaign_of(alone):
        assert pipeline.run(alone) == 0
    assert query(alone, "select distinct state_code from voters") == [("MI",)]
    same = "select * from voters where state_code = 'MI' order by all"
    assert query(alone, same) == query(settings, same)
