"""Official results and turnout of a generated state, from inbox to the published file: they tie, gates show what does not, and
nobody's vote can be learned."""

from __future__ import annotations

import contextlib
import io
import shutil

import duckdb
import pytest

from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.warehouse import Warehouse
from quality import gate
from tests import pipeline

VOTERS = 6_000


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    settings = pipeline.settings_for(tmp_path_factory.mktemp("official"))
    settings.make_directories()
    write_sample(settings.inbox, VOTERS, pipeline.SEED, SAMPLE_AS_OF, official=True)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        assert pipeline.run(settings) == 0, output.getvalue()
    return settings, output.getvalue()


@pytest.fixture(scope="module")
def con(state):
    """The published file, and beside it the warehouse's own counts, which no analyst gets."""
    with duckdb.connect() as con:
        con.execute(
            f"attach '{state[0].current}' as public (read_only); attach '{state[0].warehouse}' as private (read_only)"
        )
        yield con


def rows(con, sql: str) -> list[tuple]:
    return con.execute(sql).fetchall()


def test_results_are_the_ballots_cast_less_those_left_blank(con):
    [(ballots,)] = rows(con, "select sum(results_ballot_count) from public.official_turnout")
    assert ballots > 0
    sums = """
        select sum(t.results_ballot_count), sum(t.largest_contest_votes) from public.official_turnout t
        where t.results_ballot_count is not null
    """
    [(cast, voted)] = rows(con, sums)
    assert 0.95 * cast < voted <= cast


def test_shown_counted_and_withheld_add_up(con):
    differing = """
        select contest_id from (select contest_id, sum(votes) as votes from public.precinct_results group by 1) shown
        join public.contest_totals t using (contest_id)
        left join (select contest_id, sum(left_out_votes) as votes from public.result_adjustments where adjustment = 'withheld' group by 1) w
          using (contest_id)
        where shown.votes + coalesce(w.votes, 0) <> t.votes
    """
    assert rows(con, differing) == []


def test_each_kind_of_dirt_is_recorded(con):
    found = {kind for (kind,) in rows(con, "select distinct adjustment from public.result_adjustments")}
    assert found >= {
        "total_beside_modes", "hidden_modes", "pseudo_candidate", "county_total", "turnout_row", "negative_correction", "not_a_precinct",
        "pooled_county",
    }  # fmt: skip


def test_precincts_of_the_results_are_found_in_the_voter_file(con):
    [(rate,)] = rows(con, "select avg(county_match_rate) from public.precinct_crosswalk")
    assert rate > 0.95


# Who voted, where and how is public; a group whose members all voted alike tells the vote of each of them.
ATTACK = """
    with groups as (
        select election_id, contest_id, county_fips, precinct_name, voting_method, sum(votes) as votes, max(votes) as most,
            arg_max(candidate, votes) as candidate
        from {table} where votes is not null and {counted} group by all
        having sum(votes) > 0 and max(votes) = sum(votes)
    )
    select v.voter_id, contest_id, groups.candidate
    from groups
    join public.precinct_crosswalk c
      on c.election_id = groups.election_id and c.county_fips = groups.county_fips and c.result_precinct = groups.precinct_name
    join public.vote_history h
      on h.election_id = groups.election_id and h.voted_county_fips = groups.county_fips and h.voting_method = groups.voting_method
    join public.voters v on v.voter_id = h.voter_id and v.county_fips = c.county_fips and v.precinct_code = c.precinct_code
"""


def test_one_persons_vote_cannot_be_learned(con):
    """Of the counts as delivered it can be, by who is alone or among the like-minded; of what is published it cannot."""
    delivered = ATTACK.format(
        table="private.intermediate.int_result_counts",
        counted="is_counted and row_kind = 'candidate' and contest_id is not null",
    )
    assert len(rows(con, delivered)) > 20
    assert rows(con, ATTACK.format(table="public.precinct_results", counted="true")) == []


def test_what_is_pooled_cannot_be_subtracted(con):
    """Official sums less all that is shown leave the pools: each holds two groups or more, ten voters or more, of several minds."""
    pools = """
        with hidden as (
            select distinct contest_id, county_name, precinct_name, voting_method
            from private.intermediate.int_result_counts where is_counted and row_kind = 'candidate'
            except
            select contest_id, county_name, precinct_name, voting_method from public.precinct_results
        ),
        pools as (
            select contest_id, county_name, voting_method, precinct_kind, sum(votes) as votes, max(votes) as most
            from public.precinct_results where precinct_name = 'POOLED' and votes is not null group by all
        )
        select p.contest_id, p.county_name, p.voting_method, p.votes, p.most, count(distinct (h.county_name, h.precinct_name)) as parts
        from pools p
        join hidden h on h.contest_id = p.contest_id and h.voting_method = p.voting_method and (p.county_name is null or h.county_name = p.county_name)
        group by all
    """
    found = rows(con, pools)
    assert len(found) > 10
    assert [pool for pool in found if pool[3] < 10 or pool[4] >= pool[3] or pool[5] < 2] == []


def test_context_has_no_small_cell_and_no_precinct_of_one_mind(con):
    cells = "select count(*), min(people), max(share) from public.analyst.precinct_context"
    [(count, smallest, largest)] = rows(con, cells)
    assert count > 20
    assert smallest >= 10
    assert largest < 1


SPOILED = [
    ("insert into marts.precinct_results from marts.precinct_results where votes > 0 limit 1", "are there once"),
    ("delete from intermediate.int_result_counts where rowid < 3", "rows of results are those counted"),
    (
        "update marts.precinct_results set votes = votes + 1 where precinct_kind = 'pooled_county'",
        "votes by contest and way of voting",
    ),
    (
        "update marts.precinct_results set votes = 1 where precinct_kind = 'precinct' and votes > 0",
        "is under 10 votes or all alike",
    ),
    ("update marts.result_adjustments set reason = null", "each adjustment says why"),
    ("insert into marts.official_turnout from marts.official_turnout limit 1", "an election stands once"),
    (
        "update marts.official_turnout set history_difference = -60, history_difference_share = -0.3 where election_id = 'NC-2022-11-08'",
        "vote history and official ballots differ by no more than 5% in a county; NC-2022-11-08: -6,000 in 100 counties",
    ),
    (
        "update marts.precinct_crosswalk set precinct_code = null, county_match_rate = 0 where county_fips = '37183'",
        "in each county 80% of the results' precincts are found in the voter file; NC-2024-11-05: 0 of ",
    ),
]


@pytest.mark.parametrize(("spoil", "expected"), SPOILED, ids=[e for _, e in SPOILED])
def test_the_gate_tells(state, tmp_path, spoil: str, expected: str):
    settings = pipeline.settings_for(tmp_path / "copy")
    settings.make_directories()
    shutil.copy(state[0].warehouse, settings.warehouse)
    warehouse = Warehouse(settings)
    with warehouse.hold("a test"):
        with warehouse.open() as con:
            con.execute(spoil)
        found = gate.run(settings, warehouse, "marts")
    assert [f for r in found for f in (*r.failed, *r.warnings) if expected in f], [
        (r.failed, r.warnings) for r in found
    ]
    # Official figures that differ stop no run; rows counted twice and votes that can be learned do.
    assert any(r.failed for r in found) == ("update marts.official_turnout" not in spoil and "crosswalk" not in spoil)
