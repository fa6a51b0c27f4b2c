"""The sample's app and site: as many people as are said to use them, JSON lines but for the dirt, and the same in every snapshot."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.sample.layouts import app, web

VOTERS = 5_000


def written(folder: Path, days_before: int = 0) -> tuple[dict[str, bytes], dict[str, pl.DataFrame]]:
    """The files of app and site by name, and their truth."""
    paths = write_sample(folder / "inbox", VOTERS, 7, SAMPLE_AS_OF - timedelta(days=days_before), campaign=True)
    files = {file.name: file.read_bytes() for file in paths.campaign_files if file.suffix == ".jsonl"}
    names = ("web_activity", "app_members", "app_contacts", "app_activity")
    return files, {name: pl.read_parquet(paths.truth_dir / f"{name}.parquet") for name in names}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return written(tmp_path_factory.mktemp("now"))


def test_as_many_use_them_as_is_said(sample):
    _, truth = sample
    members, contacts = truth["app_members"], truth["app_contacts"]
    voters = members["ncid"].drop_nulls()
    assert voters.n_unique() / VOTERS == pytest.approx(app.MEMBERS, rel=0.4)
    assert members["ncid"].null_count() / len(members) == pytest.approx(0.25, abs=0.13)
    assert contacts["ncid"].null_count() / len(contacts) == pytest.approx(0.25, abs=0.08)
    assert len(contacts) / contacts["member_id"].n_unique() == pytest.approx(app.CONTACTS, rel=0.15)
    visitors = truth["web_activity"]["ncid"].drop_nulls().n_unique()
    assert visitors / VOTERS == pytest.approx(web.VISITORS, rel=0.3)


def test_files_are_json_lines_but_for_the_dirt(sample):
    files, _ = sample
    assert len(files) == 6
    for name, content in files.items():
        lines = content.removeprefix(b"\xef\xbb\xbf").splitlines()
        dirt = (web.DIRT if name.startswith("web") else app.DIRT).splitlines()
        assert lines[-len(dirt) :] == dirt
        assert all(isinstance(json.loads(line), dict) for line in lines[: -len(dirt)])


def test_an_earlier_snapshot_tells_the_same_of_the_same(sample, tmp_path):
    _, truth = sample
    _, before = written(tmp_path, days_before=60)
    for name, key, told in (
        ("app_contacts", "share_id", ["member_id", "person_number", "phone"]),
        ("app_activity", "activity_id", ["member_id", "kind"]),
        ("web_activity", "message_id", ["person_number", "topic"]),
    ):
        both = before[name].join(truth[name], on=key, suffix="_now")
        assert len(both) > 0.8 * len(before[name])
        assert all(both[column].equals(both[f"{column}_now"], null_equal=True) for column in told)
