"""Georgia's sample files: exact layout, headers in an order of their own, and truth that they obey."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest

from orchestration.sample import write_sample
from tests import ga

VOTERS = 3_000


@pytest.fixture(scope="module")
def georgia(tmp_path_factory):
    """The paths of a sample of Georgia, the rows of its voter list, and the votes of all years."""
    paths = write_sample(tmp_path_factory.mktemp("ga") / "inbox", VOTERS, 5, state="GA")
    headers, frames = [], []
    for file in paths.files:
        rows = [*csv.reader(io.StringIO(file.read_bytes().decode("latin-1")), strict=True)]
        headers.append(rows[0])
        frames.append(pl.DataFrame(rows[1:], schema=rows[0], orient="row"))
    return paths, headers, frames


def test_the_layout_is_exact_in_an_order_that_changes(georgia):
    paths, headers, _ = georgia
    years = (2018, 2020, 2021, 2022, 2024, 2026)
    assert [f.name for f in paths.files] == [
        "Statewide Voter List 20261121.csv",
        *(f"Voter History {y}.csv" for y in years),
    ]
    assert {*headers[0]} == {*ga.COLUMNS_53}
    assert len({tuple(header) for header in headers[1:]}) > 3
    assert all({*header} == {*ga.HISTORY_COLUMNS} for header in headers[1:])
    again = write_sample(paths.truth_dir.parents[1] / "again" / "inbox", VOTERS, 5, state="GA")
    assert [a.read_bytes() for a in again.files] == [b.read_bytes() for b in paths.files]


def test_voters_are_those_of_the_truth_without_party_and_day_of_birth(georgia):
    paths, _, (voters, *_) = georgia
    people = pl.read_parquet(paths.truth_dir / "people.parquet")
    listed = pl.concat([people["ncid"], people["duplicate_ncid"].drop_nulls()])
    assert sorted(voters["Voter Registration Number"]) == sorted(listed)
    assert voters["Voter Registration Number"].str.contains(r"^ZZ\d{6}$").all()
    assert voters["Birth Year"].str.contains(r"^\d{4}$").all()
    assert voters["Last Party Voted"].eq("").all()
    assert {*voters["Status"]} == {"ACTIVE", "INACTIVE"}
    assert {"White", "Black", "Unknown"} < {*voters["Race"]}
    assert voters["Residence Street Number"].str.contains(r"^\d+$").all()


def test_history_is_the_truth_in_numbers(georgia):
    paths, _, (voters, *years) = georgia
    votes = pl.concat([frame.select(sorted(ga.HISTORY_COLUMNS)) for frame in years])
    listed = voters.select("Voter Registration Number")
    found = dict(
        votes.join(listed, on="Voter Registration Number", how="semi").group_by("Election Date").len().iter_rows()
    )
    turnout = pl.read_parquet(paths.truth_dir / "turnout.parquet")
    expected = turnout.group_by("election").agg(pl.col("ballots_in_file").sum()).iter_rows()
    assert found == {election[:10]: count for election, count in expected}
    assert {*votes["Ballot Style"]} == {
        "ABSENTEE BY MAIL",
        "EARLY IN-PERSON",
        "ELECTION DAY",
        "ELECTRONIC BALLOT DELIVERY",
    }
    in_primaries = votes.filter(pl.col("Election Type").str.contains("PRIMARY"))
    assert {"DEMOCRAT", "REPUBLICAN"} <= {*in_primaries["Party"]} <= {"DEMOCRAT", "REPUBLICAN", "NON-PARTISAN"}
    assert {*votes.filter(~pl.col("Election Type").str.contains("PRIMARY"))["Party"]} == {""}
    for frame, file in zip(years, paths.files[1:], strict=True):
        assert frame["Election Date"].str.ends_with(file.stem[-4:]).all()
