"""The copy of the current version that is made beside other steps."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from orchestration.publishing.copying import Copying
from orchestration.settings import Settings
from tests import pipeline


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = pipeline.settings_for(tmp_path)
    settings.make_directories()
    settings.current.write_text("first")
    return settings


def test_the_copy_that_was_begun_is_moved_into_its_place(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    target = settings.published / "target"
    with Copying(settings) as copying:
        copying.begin()
        copying.thread.shutdown()
        assert copying.copy.read_text() == "first"
        monkeypatch.setattr(shutil, "copyfile", lambda *_: pytest.fail("it was copied once more"))
        copying.move(target)
    assert target.read_text() == "first"
    assert [*settings.scratch.iterdir()] == []


def test_another_version_than_the_one_that_was_copied_is_copied_anew(settings: Settings) -> None:
    with Copying(settings) as copying:
        copying.begin()
        copying.thread.shutdown()
        os.replace(shutil.copyfile(settings.current, settings.published / "other"), settings.current)
        settings.current.write_text("second")
        copying.move(settings.published / "target")
        assert (settings.published / "target").read_text() == "second"
    assert [*settings.scratch.iterdir()] == []


def test_what_went_wrong_is_tried_again_and_nothing_is_left(settings: Settings) -> None:
    target = settings.published / "target"
    with Copying(settings) as copying:
        settings.scratch.rmdir()
        copying.begin()
        copying.move(target)
        assert target.read_text() == "first"
        settings.scratch.mkdir()
        copying.begin()
    assert [*settings.scratch.iterdir()] == []  # the run stopped before it wrote a candidate
    settings.current.unlink()
    with Copying(settings) as copying:
        copying.begin()  # nothing was published yet
        assert copying.asked is None
