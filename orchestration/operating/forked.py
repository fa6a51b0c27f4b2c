"""Commands of groundgame in processes of their own that begin without the seconds of imports and of dbt's parsing: each is a fork of a
process that has both behind it (`warm.py`)."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["orchestration.operating.warm"])
LONGEST = 600  # seconds that a command may take


def warm_up(campaign: Path | None = None) -> None:
    """Wait until the process that commands are forked from is there, with the project parsed for a campaign file."""
    before = dict(os.environ)
    if campaign:
        os.environ["GROUNDGAME_CAMPAIGN"] = str(campaign)
    # Else Python's keeper of semaphores, which starts here, warns at the end of those that a killed command left.
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker"
    try:
        process = CONTEXT.Process(target=os.getpid)
        process.start()
        process.join()
    finally:
        os.environ.clear()
        os.environ |= before


class Command:
    """A command on a data directory, begun at once. `campaign` is another campaign file than the environment's; no file that it writes grows
    beyond `file_limit` bytes."""

    def __init__(
        self, data_dir: Path, *arguments: str, campaign: Path | None = None, file_limit: int | None = None
    ) -> None:
        self.output = Path(f"{data_dir}.{time.monotonic_ns()}.printed")
        self.output.touch()
        environment = {"GROUNDGAME_DATA": str(data_dir)} | ({"GROUNDGAME_CAMPAIGN": str(campaign)} if campaign else {})
        self.process = CONTEXT.Process(target=_run, args=(environment, arguments, str(self.output), file_limit))
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
        """Its exit status; below zero the signal that ended it.

        Raises:
            TimeoutError: it hangs; it was killed.
        """
        self.process.join(LONGEST)
        if self.process.exitcode is None:
            self.process.kill()
            raise TimeoutError(f"it was at work for more than {LONGEST} s")
        return self.process.exitcode


def _run(environment: dict[str, str], arguments: tuple[str, ...], output: str, file_limit: int | None) -> None:
    """The command, with what it prints in a file."""
    from orchestration import cli

    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.stdout = sys.stderr = open(handle, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115  to the process's end
    os.environ |= environment
    if file_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    sys.exit(cli.main([*arguments]))
