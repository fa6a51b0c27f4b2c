"""Runs in processes of their own that begin without the seconds of imports and of dbt's parsing: each is a fork of a process
that has both behind it (`tests/warm.py`)."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from orchestration import cli
from orchestration.settings import Settings

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.warm"])


def _run(data_dir: str, output: str) -> None:
    """`groundgame run`, with what it prints in a file."""
    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)
    os.environ["GROUNDGAME_DATA"] = data_dir
    sys.exit(cli.main(["run"]))


def warm_up() -> None:
    """Wait until the process that runs are forked from is there."""
    process = CONTEXT.Process(target=os.getpid)
    process.start()
    process.join()


class Run:
    """A run of a data directory, begun at once."""

    def __init__(self, settings: Settings):
        self.output = Path(f"{settings.data_dir}.{time.monotonic_ns()}.printed")
        self.output.touch()
        self.process = CONTEXT.Process(target=_run, args=(str(settings.data_dir), str(self.output)))
        self.process.start()

    def lines(self) -> Iterator[str]:
        """What it prints, line by line, to its end."""
        with self.output.open(encoding="utf-8") as printed:
            held = ""
            while True:
                has_ended = not self.process.is_alive()
                held += printed.readline()
                if held.endswith("\n"):
                    yield held
                    held = ""
                elif has_ended:
                    return
                else:
                    time.sleep(0.005)

    def end(self) -> int:
        """Its exit status; one that hangs is an error."""
        self.process.join(600)
        assert self.process.exitcode is not None, "it hangs"
        return self.process.exitcode
