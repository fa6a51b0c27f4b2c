"""Hashes a file and writes its compressed copy beside the pass over it."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from pathlib import Path

import zstandard


class Archiver:
    """Hashes and compresses blocks on a thread of its own (both let go of the interpreter lock)."""

    def __init__(self, copy: Path | None):
        self.copy = copy
        self.sha256 = hashlib.sha256()
        self.blocks: queue.Queue[bytes | None] = queue.Queue(maxsize=8)
        self.failure: OSError | None = None
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Archiver:
        self.thread.start()
        return self

    def write(self, block: bytes) -> None:
        """Hand in the next block of the file."""
        self.blocks.put(block)

    def __exit__(self, kind, error, trace) -> None:
        self.blocks.put(None)
        self.thread.join()
        if self.failure and not error:
            raise self.failure

    def _work(self) -> None:
        blocks = iter(self.blocks.get, None)
        try:
            if self.copy is None:
                for block in blocks:
                    self.sha256.update(block)
                return
            handle = os.open(self.copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with (
                open(handle, "wb") as target,
                zstandard.ZstdCompressor(level=1, threads=1).stream_writer(target) as out,
            ):
                for block in blocks:
                    self.sha256.update(block)
                    out.write(block)
        except OSError as error:  # a full disk: reported by the thread that feeds, which must not wait for us
            self.failure = error
            for _ in blocks:  # none are left where it was the last write that failed
                pass
