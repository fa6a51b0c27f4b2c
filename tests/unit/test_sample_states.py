"""The sample files of the states beside North Carolina: exact layout, their dirt, and truth that they obey."""

from __future__ import annotations

import gzip
import io
import itertools
import zipfile
from datetime import date

import polars as pl
import pytest

from orchestration.sample import write_sample
from orchestration.settings import Mendable
from tests import fl, mi, oh, pa

VOTERS = 20_000


def truth(paths, table: str) -> pl.DataFrame:
    return pl.read_parquet(paths.truth_dir / f"{table}.parquet")


def share(frame: pl.DataFrame, condition: pl.Expr) -> float:
    return frame.select(condition.mean()).item()


@pytest.fixture(scope="module")
def ohio(tmp_path_factory):
    """The paths of a sample of Ohio, and its four files as frames."""
    paths = write_sample(tmp_path_factory.mktemp("oh") / "inbox", VOTERS, 5, state="OH")
    frames = []
    for file in paths.files:
        text = gzip.decompress(file.read_bytes()).decode("latin-1").encode()
        frames.append(pl.read_csv(io.BytesIO(text), infer_schema=False).fill_null(""))
    return paths, frames


def test_an_unknown_state_is_named(tmp_path):
    with pytest.raises(Mendable, match="no sample state ZZ, only NC, "):
        write_sample(tmp_path / "inbox", 1_000, 1, state="ZZ")


@pytest.mark.parametrize("state", ["OH", "FL", "MI", "PA"])
def test_same_seed_same_bytes(tmp_path, state: str):
    first, again, other = (
        [file.read_bytes() for file in write_sample(tmp_path / name / "inbox", 500, seed, state=state).files]
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again
    assert not {*first} & {*other}


def test_two_states_of_one_seed_are_other_people(tmp_path):
    people = [
        truth(write_sample(tmp_path / s / "inbox", 2_000, 3, state=s), "people") for s in ("NC", "OH", "FL", "MI")
    ]
    keys = [{*frame.select("birth_date", "registration_date").iter_rows()} for frame in people]
    assert all(len(a & b) < 20 for a, b in itertools.combinations(keys, 2))


def test_ohios_layout_is_exact(ohio):
    paths, frames = ohio
    assert [file.name for file in paths.files] == [
        f"SWVF_{part}.txt.gz" for part in ("1_22", "23_44", "45_66", "67_88")
    ]
    lines = gzip.decompress(paths.files[0].read_bytes()).decode("latin-1").split("\n")
    assert lines.pop() == ""
    names = lines[0].strip('"').split('","')
    assert tuple(names[:46]) == oh.FIXED
    assert names[46] == "PRIMARY-03/07/2000"
    assert names[-1] == "GENERAL-11/03/2026"
    assert "SPECIAL-08/08/2023" in names
    held = [date(int(n[-4:]), int(n[-10:-8]), int(n[-7:-5])) for n in names[46:]]
    assert held == sorted(held)
    assert all(frame.columns == names for frame in frames)
    for frame, (low, high) in zip(frames, ((1, 22), (23, 44), (45, 66), (67, 88)), strict=True):
        numbers = frame["COUNTY_NUMBER"].cast(pl.Int32)
        assert (numbers.min(), numbers.max()) == (low, high)


def test_ohios_rates_and_dirt(ohio):
    voters = pl.concat(ohio[1])
    assert voters["SOS_VOTERID"].str.contains(r"^ZZ\d{11}$").all()
    assert voters["SOS_VOTERID"].is_unique().all()
    published = [
        (pl.col("SUFFIX") == "", 0.957),
        (pl.col("MIDDLE_NAME") == "", 0.0705),
        (pl.col("PARTY_AFFILIATION") == "", 0.594),
        (pl.col("RESIDENTIAL_ZIP") == "", 0.117),
        (pl.col("CONGRESSIONAL_DISTRICT") == "", 0.117),
        (pl.col("RESIDENTIAL_ZIP_PLUS4") == "", 0.943),
        (pl.col("MAILING_ADDRESS1") == "", 0.975),
        (pl.col("REGISTRATION_DATE") == "1900-01-01", 0.011),
    ]
    for condition, rate in published:
        assert share(voters, condition) == pytest.approx(rate, abs=0.06 if "PARTY" in str(condition) else 0.015)
    assert voters["DATE_OF_BIRTH"].eq("1800-01-01").any()
    assert {"1", "01"} <= {*voters["COUNTY_NUMBER"]}
    points = [frame["CONGRESSIONAL_DISTRICT"].str.ends_with(".0").any() for frame in ohio[1]]
    assert points == [False, False, True, False]
    assert {*voters["VOTER_STATUS"]} == {"ACTIVE", "CONFIRMATION"}


def test_ohios_cells_are_the_truth_in_numbers(ohio):
    paths, frames = ohio
    voters = pl.concat(frames)
    turnout = truth(paths, "turnout").group_by("election").agg(pl.col("ballots_in_file").sum())
    found = {e: (voters[f"{e[11:]}-{e[:10]}"] != "").sum() for e in turnout["election"]}
    assert found == dict(turnout.iter_rows())
    assert len(found) > 40
    people = truth(paths, "people")
    listed = pl.concat([people["ncid"], people["duplicate_ncid"].drop_nulls()])
    assert sorted(listed) == sorted(voters["SOS_VOTERID"])
    assert not people["is_confidential"].any()
    assert not people["status"].is_in(["R", "D"]).any()
    for name in voters.columns[46:]:
        allowed = {"", "X", "D", "R", "L", "G"} if name.startswith("PRIMARY") else {"", "X"}
        assert {*voters[name]} <= allowed, name


def test_ohios_unchanged_are_unchanged(ohio, tmp_path):
    later = write_sample(tmp_path / "inbox", VOTERS, 5, date(2027, 3, 1), "OH")
    before, after = ({*gzip.decompress(p.files[0].read_bytes()).splitlines()} for p in (ohio[0], later))
    assert len(before & after) > 0.9 * len(before)


@pytest.fixture(scope="module")
def florida(tmp_path_factory):
    """The paths of a sample of Florida, the bytes of each file in its two zips, and all voters and votes as frames."""
    paths = write_sample(tmp_path_factory.mktemp("fl") / "inbox", VOTERS, 5, state="FL")
    members, frames = [], []
    for zipped, names in zip(paths.files, (fl.COLUMNS, HISTORY), strict=True):
        with zipfile.ZipFile(zipped) as archive:
            members.append({name: archive.read(name) for name in archive.namelist()})
        rows = [line.split("\t") for text in members[-1].values() for line in decoded(text).splitlines()]
        assert {len(row) for row in rows} == {len(names)}
        frames.append(pl.DataFrame(rows, schema=[*names], orient="row"))
    return paths, members, frames


HISTORY = ("county", "id", "date", "type", "code")


def decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def test_floridas_layout_is_exact(florida):
    paths, members, (voters, votes) = florida
    assert [file.name for file in paths.files] == ["Voter_Registration_20261121.zip", "Voter_History_20261121.zip"]
    for files, ending in zip(members, ("_20261121.txt", "_H_20261121.txt"), strict=True):
        assert len(files) > 60  # counties with nobody in a small state have no file
        for name, text in files.items():
            assert name.endswith(ending)
            assert {line[:4] for line in decoded(text).splitlines()} == {f"{name[:3]}\t"}
            assert b'"' not in text
    assert voters["Voter_ID"].str.contains(r"^ZZ\d{8}$").all()
    assert voters["Voter_ID"].is_unique().all()
    assert {*votes["type"]} == {"GEN", "PRI", "PPP"}
    assert {*votes["code"]} == {*"AEYFZNBP"}


def test_floridas_counties_write_in_two_encodings(florida):
    kinds = set()
    for text in florida[1][0].values():
        if not text.isascii():
            try:
                text.decode("utf-8")
                kinds.add("utf-8")
            except UnicodeDecodeError:
                kinds.add("latin-1")
    assert kinds == {"utf-8", "latin-1"}


def test_floridas_exempt_voters_show_nothing(florida):
    voters = florida[2][0]
    exempt = voters.filter(pl.col("Requested_public_records_exemption") == "Y")
    assert exempt.height / voters.height == pytest.approx(0.0045, abs=0.002)
    hidden = [
        c
        for c in fl.COLUMNS
        if c not in ("County_Code", "Voter_ID", "Voter_Status", "Requested_public_records_exemption")
    ]
    assert all(exempt[column].eq("*").all() for column in hidden)
    assert {*voters["Voter_Status"]} == {"ACT", "INA", "PRE"}
    assert {"DEM", "REP", "NPA", "LPF"} < {*voters["Party_Affiliation"]}


def test_floridas_history_is_the_truth_in_numbers(florida):
    paths, _, (voters, votes) = florida
    people = truth(paths, "people")
    listed = pl.concat([people["ncid"], people["duplicate_ncid"].drop_nulls()])
    assert sorted(listed) == sorted(voters["Voter_ID"])
    assert not people["status"].is_in(["R", "D"]).any()
    counted = votes.filter(pl.col("code").is_in([*"AEFYZ"])).join(voters.select(id="Voter_ID"), on="id", how="semi")
    found = dict(counted.group_by("date").len().iter_rows())
    turnout = truth(paths, "turnout").group_by("election").agg(pl.col("ballots_in_file").sum())
    assert found == {election[:10]: count for election, count in turnout.iter_rows()}
    moved = votes.join(voters.select("County_Code", id="Voter_ID"), on="id")
    assert 0.02 < share(moved, pl.col("county") != pl.col("County_Code")) < 0.2


# Michigan


def test_michigans_layouts_are_exact(tmp_path):
    """The CSV of today, and on a day before 2019 the files of fixed widths with the same people."""
    new = write_sample(tmp_path / "new", 2_000, 5, state="MI")
    old = write_sample(tmp_path / "old", 2_000, 5, date(2018, 12, 1), "MI")
    assert [file.name for file in (*new.files, *old.files)] == [
        "EntireStateVoter_20261121.csv", "EntireStateVoterHistory_20261121.csv",
        "entire_state_v.lst", "electionscd.lst", "entire_state_h.lst",
    ]  # fmt: skip
    text = new.files[0].read_bytes().decode("latin-1")
    voters = pl.read_csv(io.StringIO(text), infer_schema=False).fill_null("")
    names = [*mi.COLUMNS]
    names[names.index("IS_PERMANENT_ABSENTEE_VOTER")] = "IS_PERM_AV_BALLOT_VOTER"
    assert voters.columns == names
    assert voters["VOTER_IDENTIFICATION_NUMBER"].str.contains(r"^ZZ\d{11}$").all()
    assert {*voters["VOTER_STATUS_TYPE_CODE"]} == {"A", "V", "CH"}
    lines = new.files[1].read_bytes().decode("latin-1").split("\r\n")
    assert lines[0].split(",") == [f'"{name}"' for name in mi.HISTORY]
    assert {line.count('","') for line in lines[1:-1]} == {9}  # one field more than the header
    listed, elections, votes = (file.read_bytes().decode("latin-1").split("\r\n")[:-1] for file in old.files)
    assert [{len(line) for line in file} for file in (listed, elections, votes)] == [{519}, {46}, {39}]
    assert {line[25:38] for line in votes} <= {line[:13] for line in elections}
    both = {*voters["VOTER_IDENTIFICATION_NUMBER"]} & {line[448:461] for line in listed}
    assert len(both) > 1_000


def test_michigans_history_is_the_truth_in_numbers(tmp_path):
    paths = write_sample(tmp_path / "inbox", 2_000, 5, state="MI")
    people = truth(paths, "people")
    ids = pl.concat([people["ncid"], people["duplicate_ncid"].drop_nulls()])
    text = paths.files[1].read_bytes().decode("latin-1").split("\r\n")[1:-1]
    votes = pl.DataFrame([line.strip('"').split('","') for line in text], orient="row")
    counted = votes.filter(pl.col("column_0").is_in(ids.implode())).group_by("column_7").len()
    turnout = truth(paths, "turnout").group_by("election_date").agg(pl.col("ballots_in_file").sum())
    assert dict(counted.iter_rows()) == {f"{held}": count for held, count in turnout.iter_rows()}


# Pennsylvania


def test_pennsylvanias_numbers_differ_by_county_and_say_the_truth(tmp_path):
    paths = write_sample(tmp_path / "inbox", 2_000, 5, state="PA")
    tables: dict[str, list[pl.DataFrame]] = {}
    with zipfile.ZipFile(paths.files[0]) as archive:
        for name in archive.namelist():
            kind = name.split(" ", 1)[1].removesuffix(" 20261121.txt")
            text = archive.read(name)
            text = text.decode("utf-8" if b"\xc3" in text else "latin-1")
            rows = [line[1:-1].split('"\t"') for line in text.split("\r\n")[:-1]]
            tables.setdefault(kind, []).append(pl.DataFrame(rows, orient="row"))
    voters, maps = pl.concat(tables["FVE"]), pl.concat(tables["Election Map"])
    assert voters.width == len(pa.COLUMNS) == 153
    assert {kind: frames[0].width for kind, frames in tables.items()} == {
        "FVE": 153, "Election Map": 4, "Zone Codes": 4, "Zone Types": 4,
    }  # fmt: skip
    assert len({len(frames) for frames in tables.values()}) == 1
    voters.columns = list(pa.COLUMNS)
    maps.columns = ["county", "number", "title", "date"]
    assert voters["ID Number"].str.contains(r"^ZZ\d{10}$").all()
    assert maps.group_by("date").agg(pl.col("number").n_unique())["number"].min() > 5
    cells = voters.unpivot(
        [c for c in pa.COLUMNS if c.endswith("Vote Method")], index=["ID Number", "County Name"], variable_name="slot"
    ).filter(pl.col("value") != "")
    cells = cells.with_columns(number=pl.col("slot").str.extract(r"(\d+)"))
    held = cells.join(maps, left_on=["County Name", "number"], right_on=["county", "number"], how="left")
    turnout = truth(paths, "turnout").group_by("election").agg(pl.col("ballots_in_file").sum())
    found = dict(held.group_by("date").len().iter_rows())
    assert found == {election[:10]: count for election, count in turnout.iter_rows() if count}
    types = pl.concat(tables["Zone Types"])
    assert types.filter(pl.col("column_2") == "CONG")["column_1"].n_unique() == 6
