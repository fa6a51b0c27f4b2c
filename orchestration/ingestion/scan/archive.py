"""A file's compressed copy, written beside all else that is done with the file."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import zstandard

from orchestration.ingestion.scan.found import CHUNK


class Archiving:
    """Compresses a file on a thread of its own, which lets go of the interpreter lock: that takes twice as long as going over its bytes, and
    what is done with the file need not wait for it."""

    def __init__(self, path: Path, copy: Path):
        self.path, self.copy = path, copy
        self.is_over = False
        self.failure: OSError | None = None
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def finish(self) -> None:
        """Wait until the copy is whole.

        Raises:
            OSError: the disk is full, the file is gone, or the like.
        """
        self.thread.join()
        if self.failure:
            raise self.failure

    def stop(self) -> None:
        """Leave off, with whatever part of the copy is there."""
        self.is_over = True
        self.thread.join()

    def _work(self) -> None:
        try:
            handle = os.open(self.copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with (
                open(handle, "wb") as target,
                zstandard.ZstdCompressor(level=1, threads=1).stream_writer(target) as out,
                self.path.open("rb", buffering=0) as source,
            ):
                while not self.is_over and (block := source.read(CHUNK)):
                    out.write(block)
        except OSError as error:
            self.failure = error
