"""The copy of the current version that a candidate begins as, made beside the steps before it: it takes the disk longer than a processor."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from orchestration.settings import Settings


def told_by(file: Path) -> str:
    """What tells a file from any other, and from itself once it was written into: its size and the time of the last change."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


class Copying:
    """A copy of `current.duckdb` in scratch, where a run that is killed leaves it for the next one to remove."""

    def __init__(self, settings: Settings):
        self.current = settings.current
        self.copy = settings.scratch / "current.duckdb"
        self.thread = ThreadPoolExecutor(1)
        self.asked: Future[str] | None = None

    def begin(self) -> None:
        """Have the copy made while something else is done. Whoever holds the warehouse calls it."""
        if self.current.exists():
            self.asked = self.thread.submit(self._make)

    def move(self, target: Path) -> None:
        """Let `target` be a copy of `current.duckdb`: the one that was begun, unless it failed or another file is current since then.

        Raises:
            OSError: the disk is full, or the like.
        """
        asked, self.asked = self.asked, None
        with suppress(OSError):
            if asked and asked.result() == told_by(self.current):
                os.replace(self.copy, target)
                return
        self.copy.unlink(missing_ok=True)
        shutil.copyfile(self.current, target)

    def __enter__(self) -> Copying:
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.shutdown()
        self.copy.unlink(missing_ok=True)

    def _make(self) -> str:
        told = told_by(self.current)
        shutil.copyfile(self.current, self.copy)
        return told
