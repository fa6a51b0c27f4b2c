"""Real official files through the real ingestion and models, held against the figures that the states published. The files lie
beside the repository; where they are not there, these tests are skipped."""

from __future__ import annotations

import shutil

import pytest

from orchestration.dbt import Dbt
from orchestration.ingestion.ingest import ingest_inbox
from orchestration.settings import ROOT
from orchestration.warehouse import Warehouse
from quality import gate
from tests import pipeline

DATA = ROOT.parent / "shared" / "data"
FILES = (
    *(f"precinct_results/{name}" for name in (
        "2018-nc-precinct-general.zip", "2022-oh.zip", "2022-mi.zip", "2024-fl.zip", "20101102__wa__general__precinct.csv",
        "20181106__fl__general__leon__precinct.csv", "20201103__az__general__precinct.csv",
    )),
    *(f"eavs/eavs_county_{kind}_{year}.csv" for kind in ("part", "reg") for year in (2020, 2022)),
)  # fmt: skip
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real files are not in {DATA}")


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """A warehouse of all the files, for queries; the campaign is in North Carolina and has no voter file."""
    settings = pipeline.settings_for(tmp_path_factory.mktemp("official"))
    settings.make_directories()
    for name in FILES:
        shutil.copy(DATA / name, settings.inbox)
    warehouse, dbt = Warehouse(settings), Dbt(settings)
    with warehouse.hold("a test"):
        with warehouse.open() as con:
            outcomes = ingest_inbox(settings, con, say=lambda *_, **__: None)
        assert {o.file_name: o.status for o in outcomes if o.status != "loaded"} == {}
        dbt.run(dbt.tables("staging"))
        dbt.run(dbt.tables("marts"))
        with warehouse.open() as con:
            yield settings, con


def one(official, sql: str) -> tuple:
    [row] = official[1].execute(sql).fetchall()
    return row


def test_florida_loads_past_the_line_at_which_a_guessed_quote_fails(official):
    assert one(official, "select count(*) from raw.medsl_precinct_results where _county = 'FL-2024-GEN'") == (537_897,)


def test_ohios_registered_voters_and_ballots_are_those_of_the_survey(official):
    sums = (
        "sum(eavs_registered_count), sum(eavs_ballot_count), sum(results_registered_count), sum(results_ballot_count)"
    )
    found = one(official, f"select {sums} from marts.official_turnout where election_id = 'OH-2022-11-08'")
    assert found == (8_029_950, 4_201_368) * 2


@pytest.mark.parametrize("table", ["marts.precinct_results", "intermediate.int_result_counts"])
@pytest.mark.parametrize(
    ("contest", "votes", "by_mail"), [("US HOUSE 3", 187_901, 2_842), ("STATE SENATE 15", 83_175, 2_357), ("STATE HOUSE 1", 27_775, 341)]
)  # fmt: skip
def test_north_carolinas_contests_are_the_published_ones(official, table, contest, votes, by_mail):
    """Also in what is published, where small groups are pooled."""
    counted = "" if table.startswith("marts") else "and is_counted and row_kind = 'candidate'"
    sums = "sum(votes), sum(votes) filter (where voting_method = 'mail')"
    assert one(official, f"select {sums} from {table} where contest_id = 'NC-2018-11-06 {contest}' {counted}") == (
        votes,
        by_mail,
    )


def test_michigans_governor_has_no_total_beside_its_parts_and_no_pseudo_candidate(official):
    """The file adds up to 7,055,532 with totals beside absentee and election day votes, with ballots, over and under votes and
    rejected write-ins in candidates' places, and with counties' sums among their precincts. What is left is 39,410 short of the
    certified total, since rows of Wayne County are not there: it has 46,946 votes fewer than ballots."""
    contest = "MI-2022-11-08 GOVERNOR"
    totals = one(
        official,
        f"select delivered_votes, votes, official_votes, difference_votes from marts.contest_totals where contest_id = '{contest}'",
    )
    assert totals == (7_055_532, 4_422_562, 4_461_972, -39_410)
    assert one(official, f"select sum(votes) from marts.precinct_results where contest_id = '{contest}'") == (
        4_422_562,
    )
    left_out = dict(
        official[1].execute(
            f"select adjustment, sum(left_out_votes) from marts.result_adjustments where contest_id = '{contest}' group by 1"
        ).fetchall()
    )  # fmt: skip
    assert {kind: votes for kind, votes in left_out.items() if votes} == {
        "total_beside_modes": 1_781_246,
        "pseudo_candidate": 844_335,
        "county_total": 7_389,
    }
    wayne = "select eavs_ballot_count, largest_contest_votes from marts.official_turnout where election_id = 'MI-2022-11-08' and county_fips = '26163'"
    assert one(official, wayne) == (651_513, 604_567)


def test_what_does_not_tie_is_told_with_its_figures(official):
    """No gate has failed for it: a campaign cannot mend a state's file."""
    settings, con = official
    checks = [check for checks in gate.suite("marts").expectations(settings, con).values() for check in checks]
    told = [check.description for check in checks if check.severity == "warning"]
    assert any("MI-2022-11-08 GOVERNOR: 4,422,562 of 4,461,972, -39,410" in words for words in told), told
    assert any("no fewer than 95% of the ballots" in words and "MI-2022-11-08: " in words for words in told), told


def test_pseudo_precincts_and_corrections_are_counted_and_recorded(official):
    kinds = "select sum(row_count), sum(left_out_votes) from marts.result_adjustments where adjustment = '{}' and election_id = '{}'{}"
    assert one(official, kinds.format("negative_correction", "NC-2018-11-06", "")) == (19, 0)
    assert one(official, kinds.format("not_a_precinct", "OH-2022-11-08", " and detail = 'floating'")) == (830, 0)
    assert one(official, kinds.format("turnout_row", "OH-2022-11-08", "")) == (17_866, 0)


def test_openelections_files_of_any_columns_are_read(official):
    """Arizona's have ways of voting beside a total, Washington's do not, and one is of a county."""
    found = dict(
        official[1].execute(
            "select contest_id, sum(votes) from marts.precinct_results where source_name = 'openelections' group by 1"
        ).fetchall()
    )  # fmt: skip
    assert found["WA-2010-11-02 US SENATE"] == 2_510_283
    assert found["FL-2018-11-06 GOVERNOR"] == 140_332
    assert (
        found["AZ-2020-11-03 US SENATE"] < found["AZ-2020-11-03 US PRESIDENT"] < 3_387_326
    )  # certified; some counties are not there


def test_nothing_is_counted_twice_and_no_small_group_shows(official):
    """The checks of the gate that stop a run, on real data."""
    settings, con = official
    checks = gate.suite("marts").expectations(settings, con)["marts.precinct_results"]
    for check in checks:
        query = check.unexpected_rows_query.replace("{batch}", "marts.precinct_results")
        assert con.execute(query).fetchall() == [], check.description
