"""Washington's sample files: exact layout, one history without a header, and truth that they obey."""

from __future__ import annotations

import polars as pl
import pytest

from orchestration.sample import write_sample
from tests import wa

VOTERS = 3_000


@pytest.fixture(scope="module")
def washington(tmp_path_factory):
    """The paths of a sample of Washington, and the fields of its voters and history line by line."""
    paths = write_sample(tmp_path_factory.mktemp("wa") / "inbox", VOTERS, 5, state="WA")
    texts = [file.read_bytes().decode("latin-1").removesuffix("\r\n") for file in paths.files[:3]]
    return paths, [[line.split("\t") for line in text.split("\r\n")] for text in texts]


def test_the_layout_is_exact(washington):
    paths, (voters, older, newer) = washington
    assert [file.name for file in paths.files] == [
        "20261121_VRDB_Extract.txt", "20261121_VotingHistory_2018-2021.txt", "20261121_VotingHistory_2022-2026.txt",
        "20261121_Districts_Precincts.csv",
    ]  # fmt: skip
    assert tuple(voters[0]) == wa.COLUMNS
    assert tuple(newer[0]) == wa.HISTORY_COLUMNS
    assert older[0][1].startswith("ZZ")
    assert all({len(row) for row in rows} == {width} for rows, width in ((voters, 34), (older, 4), (newer, 4)))
    again = write_sample(paths.truth_dir.parents[1] / "again" / "inbox", VOTERS, 5, state="WA")
    assert [a.read_bytes() for a in again.files] == [b.read_bytes() for b in paths.files]


def test_voters_are_those_of_the_truth_with_the_year_of_birth(washington):
    paths, (rows, *_) = washington
    voters = pl.DataFrame(rows[1:], schema=rows[0], orient="row")
    people = pl.read_parquet(paths.truth_dir / "people.parquet")
    listed = pl.concat([people["ncid"], people["duplicate_ncid"].drop_nulls()])
    assert sorted(voters["StateVoterID"]) == sorted(listed)
    assert voters["StateVoterID"].str.contains(r"^ZZ\d{8}$").all()
    assert voters["Birthdate"].str.contains(r"^\d{4}$").all()
    assert voters["PrecinctCode"].str.contains(r"^0\d{7}$").all()
    assert {*voters["StatusCode"]} == {"Active", "Inactive"}
    assert {"#", "APT", "UNIT"} <= {*voters["RegUnitType"]}
    assert voters["CountyCode"].n_unique() > 30  # a small county has nobody in a small state


def test_history_is_the_truth_in_numbers(washington):
    paths, (voters, older, newer) = washington
    listed = {row[0] for row in voters[1:]}
    votes = pl.DataFrame([*older, *newer[1:]], schema=[*wa.HISTORY_COLUMNS], orient="row")
    found = dict(votes.filter(pl.col("StateVoterID").is_in(listed)).group_by("ElectionDate").len().iter_rows())
    turnout = pl.read_parquet(paths.truth_dir / "turnout.parquet")
    expected = turnout.group_by("election_date").agg(pl.col("ballots_in_file").sum()).iter_rows()
    assert found == {f"{held:%Y-%m-%d}": count for held, count in expected}
    assert votes["VotingHistoryID"].is_unique().all()


def test_each_precinct_of_a_voter_has_a_name_in_the_list(washington):
    paths, (voters, *_) = washington
    list_ = pl.read_csv(paths.files[-1], infer_schema=False)
    assert tuple(list_.columns) == wa.PRECINCT_COLUMNS
    assert list_["PrecinctName"].str.starts_with("ZZ ").all()
    named = {(county, code.zfill(8)) for county, code in list_.select("CountyCode", "PrecinctCode").iter_rows()}
    place = [voters[0].index(name) for name in ("CountyCode", "PrecinctCode")]
    assert {tuple(row[n] for n in place) for row in voters[1:]} <= named
