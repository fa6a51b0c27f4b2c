"""One refreshed data directory for all, and copies of it for tests that change something."""

from __future__ import annotations

import contextlib
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests import pipeline


@dataclass(frozen=True)
class Refreshed:
    """A data directory after its first run."""

    settings: Settings
    exit_status: int
    output: str


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """A generated state, refreshed once by the real job. Read it, do not change it."""
    settings = pipeline.settings_for(tmp_path_factory.mktemp("refreshed"))
    pipeline.deliver_sample(settings)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exit_status = pipeline.run(settings)
    return Refreshed(settings, exit_status, output.getvalue())


@pytest.fixture
def state(refreshed: Refreshed, tmp_path: Path) -> Settings:
    """A copy of the refreshed data directory that a test may spoil."""
    shutil.copytree(refreshed.settings.data_dir, tmp_path / "data")
    return pipeline.settings_for(tmp_path / "data")
