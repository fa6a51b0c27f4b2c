"""Colorado's sample files: exact layouts, an encoding a file, and truth that they obey."""

from __future__ import annotations

import csv
import gzip
import io

import polars as pl
import pytest

from orchestration.sample import write_sample
from tests import co

VOTERS = 3_000


@pytest.fixture(scope="module")
def colorado(tmp_path_factory):
    """The paths of a sample of Colorado, and its four files as frames."""
    paths = write_sample(tmp_path_factory.mktemp("co") / "inbox", VOTERS, 5, state="CO")
    frames = []
    for file in paths.files:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        header, *rows = csv.reader(io.StringIO(decoded(content), newline=""), strict=True)
        frames.append(pl.DataFrame(rows, schema=header, orient="row"))
    return paths, frames


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def test_the_layouts_are_exact(colorado):
    paths, (first, second, master, history) = colorado
    assert [file.name for file in paths.files] == [
        "Registered_Voters_List_ Part1.txt", "Registered_Voters_List_ Part2.txt",
        "Master_Voting_History_List_Voter_Details_ Part1_11_21_2026_11_38_10.txt", "Master_Voting_History_List_ Part1.txt.gz",
    ]  # fmt: skip
    assert tuple(first.columns) == tuple(second.columns) == co.COLUMNS
    assert tuple(master.columns) == co.MASTER_COLUMNS
    assert tuple(history.columns) == co.HISTORY_COLUMNS
    with pytest.raises(UnicodeDecodeError):
        paths.files[0].read_bytes().decode("utf-8")
    assert any(ord(letter) > 127 for letter in paths.files[1].read_bytes().decode("utf-8"))
    again = write_sample(paths.truth_dir.parents[1] / "again" / "inbox", VOTERS, 5, state="CO")
    assert [a.read_bytes() for a in again.files] == [b.read_bytes() for b in paths.files]


def test_both_lists_hold_the_voters_of_the_truth(colorado):
    paths, (first, second, master, _) = colorado
    voters = pl.concat([first, second])
    people = pl.read_parquet(paths.truth_dir / "people.parquet")
    listed = pl.concat([people["ncid"], people["duplicate_ncid"].drop_nulls()])
    assert sorted(voters["VOTER_ID"]) == sorted(master["VOTER_ID"]) == sorted(listed)
    assert voters["VOTER_ID"].str.contains(r"^ZZ\d{7}$").all()
    assert voters["BIRTH_YEAR"].str.contains(r"^\d{4}$").all()
    assert {"DEM", "REP", "UAF", "LBR"} <= {*voters["PARTY"]}
    assert voters["PRECINCT"].str.contains(r"^\d{10}$").mean() > 0.95
    shared = ["COUNTY", "LAST_NAME", "PARTY", "RESIDENTIAL_ADDRESS", "BIRTH_YEAR"]
    assert voters.sort("VOTER_ID").select(shared).equals(master.sort("VOTER_ID").select(shared))


def test_history_is_the_truth_in_numbers(colorado):
    paths, (first, second, _, votes) = colorado
    listed = pl.concat([first["VOTER_ID"], second["VOTER_ID"]])
    found = dict(votes.filter(pl.col("VOTER_ID").is_in(listed.implode())).group_by("ELECTION_DATE").len().iter_rows())
    turnout = pl.read_parquet(paths.truth_dir / "turnout.parquet")
    expected = turnout.group_by("election").agg(pl.col("ballots_in_file").sum()).iter_rows()
    assert found == {election[:10]: count for election, count in expected}
    assert {*votes["ELECTION_TYPE"]} == {"General", "Primary", "Presidential Primary", "Coordinated"}
    in_primaries = votes.filter(pl.col("ELECTION_TYPE").str.contains("Primary"))
    assert "UAF" not in {*in_primaries["PARTY"]}
