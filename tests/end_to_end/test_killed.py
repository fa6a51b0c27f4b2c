"""A refresh that is killed, runs out of disk or is read all the while: readers see whole versions only, and the next run
ends well."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.operating.forked import Command, warm_up
from orchestration.sample import SAMPLE_AS_OF
from orchestration.settings import ROOT, Settings
from tests import pipeline
from tests.end_to_end.conftest import Refreshed
from tests.small_disk import NoSmallDisk, small_disk

RUN = [sys.executable, "-m", "orchestration.cli", "run"]
# While files are being read and copied, before anything is said of them.
READING = "reading files"
# The progress line after which a run is killed, and the part of the time to its next line that it is left, drawn once.
LINES = (
    "",
    READING,
    "ncvoter_",
    "gate raw",
    "staging:",
    "gate staging",
    "marts:",
    "gate marts",
    "segments:",
    "written aside",
)
KILLS = dict(zip(LINES, random.Random(12).choices(range(100), k=len(LINES)), strict=True))
WHAT_A_READER_SEES = (
    "select data_version, (select count(*) from voters), (select count(*) from vote_history) from publication"
)


@dataclass(frozen=True)
class Ready:
    """A published version and a newer snapshot in the inbox, and what becomes of it where nothing disturbs the run."""

    data_dir: Path
    content: dict[str, list[tuple]]
    versions: set[tuple]  # what a reader may see before and after
    pauses: dict[str, float]  # seconds from each progress line to the next


def command(settings: Settings) -> dict:
    """What every start of a real run has in common."""
    environment = os.environ | {"GROUNDGAME_DATA": str(settings.data_dir), "PYTHONUNBUFFERED": "1"}
    return {"args": RUN, "cwd": ROOT, "env": environment, "text": True, "stdin": subprocess.DEVNULL}


def copy_of(data_dir: Path, folder: Path) -> Settings:
    shutil.copytree(data_dir, folder)
    return pipeline.settings_for(folder)


def seen_by_a_reader(settings: Settings) -> tuple:
    with duckdb.connect(str(settings.current), read_only=True) as con:
        return con.execute(WHAT_A_READER_SEES).fetchone()


@pytest.fixture(scope="module")
def ready(refreshed: Refreshed, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    folder = tmp_path_factory.mktemp("ready")
    settings = copy_of(refreshed.settings.data_dir, folder / "data")
    pipeline.deliver_sample(settings, as_of=SAMPLE_AS_OF + timedelta(days=180))
    undisturbed = copy_of(settings.data_dir, folder / "undisturbed")
    warm_up()
    run = Command(undisturbed.data_dir, "run")
    times = {"": time.monotonic()}
    for line in run.lines():
        times |= {
            # With the line of the step after `gate marts`, so that the kill there is within who is one person.
            mark: time.monotonic()
            for mark in (*LINES[1:], "identity:", "gate published")
            if mark in line and mark not in times
        }
    assert run.end() == 0
    moments = list(times.values())
    pauses = dict(zip(times, [b - a for a, b in pairwise(moments)], strict=False))
    versions = {seen_by_a_reader(settings), seen_by_a_reader(undisturbed)}
    return Ready(settings.data_dir, pipeline.published_content(undisturbed), versions, pauses)


@dataclass
class Reader:
    """What a thread saw that opened the published database again and again."""

    reads: int = 0
    seen: set[tuple] | None = None
    error: str | None = None


@contextmanager
def reading(settings: Settings) -> Iterator[Reader]:
    reader = Reader(seen=set())
    done = threading.Event()

    def read() -> None:
        while not done.wait(0.1):
            try:
                reader.seen.add(seen_by_a_reader(settings))
            except Exception as error:
                reader.error = repr(error)
                return
            reader.reads += 1

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield reader
    finally:
        done.set()
        thread.join()


def kill_and_run_again(ready: Ready, folder: Path, line: str) -> tuple[int, int, str, Reader, dict]:
    settings = copy_of(ready.data_dir, folder)
    with reading(settings) as reader:
        run = Command(settings.data_dir, "run")
        if line == READING:
            while not list(settings.scratch.glob("archive-*")):
                time.sleep(0.001)
        elif line:
            next(said for said in run.lines() if line in said)
        time.sleep(ready.pauses.get(line, 0.1) * KILLS[line] / 100)
        run.process.kill()
        again = Command(settings.data_dir, "run")
        status = again.end()
    return run.end(), status, again.output.read_text(encoding="utf-8"), reader, pipeline.published_content(settings)


@pytest.fixture(scope="module")
def killed(ready: Ready, tmp_path_factory: pytest.TempPathFactory, request) -> Iterator[dict[str, Future]]:
    """The runs of all the tests that were chosen, two at a time: most of a small run is one processor's work."""
    folder = tmp_path_factory.mktemp("killed")
    chosen = [i.callspec.params["line"] for i in request.session.items if i.originalname == test_kill.__name__]
    with ThreadPoolExecutor(2) as pool:
        yield {line: pool.submit(kill_and_run_again, ready, folder / str(n), line) for n, line in enumerate(chosen)}


@pytest.mark.parametrize("line", LINES, ids=[f"{KILLS[n]}% after {n or 'start'}" for n in LINES])
def test_kill(killed: dict[str, Future], ready: Ready, line: str) -> None:
    status, status_again, output, reader, content = killed[line].result()
    assert status == -signal.SIGKILL, "it had ended before it was killed"
    assert status_again == 0, output
    assert content == ready.content
    assert reader.error is None
    assert reader.seen <= ready.versions
    assert reader.reads > 20


# By what the run is at: the progress line after which the disk is full (none: from the start), and the bytes that are left.
# DuckDB meets it first, or Dagster's storage.
FULL = {
    "loading": ("", 900_000),
    "staging": ("gate raw", 300_000),
    "marts": ("gate staging", 500_000),
    "publishing": ("gate segments", 1_000_000),
    "the swap": ("gate published", 0),
}
# Runs one after the other in one process, where it can see the small disk: most of a small run is imports. After the line that is asked
# for a run waits until it is told to go on.
RUNS = """
import json, sys
from orchestration import cli

class Waiting:
    after = None
    def write(self, text):
        sys.__stdout__.write(text)
        sys.__stdout__.flush()
        if self.after and self.after in text:
            self.after = None
            sys.stdin.readline()
    def flush(self):
        sys.__stdout__.flush()

sys.stdout = Waiting()
while line := sys.stdin.readline():
    arguments, sys.stdout.after = json.loads(line)
    print("ended with", cli.main(arguments), flush=True)
"""


def test_a_disk_that_fills_up_at_five_points(ready: Ready, tmp_path: Path) -> None:
    """Each run takes up what the one before left; the published version stands until there is room."""
    try:
        with small_disk(tmp_path / "disk") as disk:
            data = disk.seen / "data"
            shutil.copytree(ready.data_dir, data)
            inside = command(pipeline.settings_for(disk.mount / "data")) | {"stdin": subprocess.PIPE, "bufsize": 1}
            inside["args"] = [*disk.enter, sys.executable, "-c", RUNS]
            process = subprocess.Popen(**inside, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

            def run(full_after: str | None, free: int, *part: str) -> str:
                if full_after == "":
                    disk.leave(free)
                process.stdin.write(json.dumps((("run", *part), full_after)) + "\n")
                output = ""
                for said in process.stdout:
                    output += said
                    if said.startswith("ended with"):
                        break
                    if full_after and full_after in said:
                        disk.leave(free)
                        process.stdin.write("\n")
                        full_after = None
                disk.make_room()
                return output

            def published() -> dict:
                """What is published, from a copy where this process can open it."""
                copied = pipeline.settings_for(tmp_path / "copied")
                copied.published.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(data / "published" / "current.duckdb", copied.current)
                return pipeline.published_content(copied)

            before, told = published(), ""
            for step, (line, free) in FULL.items():
                output = run(line, free)
                told += output
                assert output.endswith("ended with 1\n"), (step, output)
                assert "the disk is full" in output, (step, output)
                assert "Make room" in output, (step, output)
                assert published() == before, step
            # What the last one had judged is swapped in as it is, and a whole run finds nothing to do.
            for part in (("--from", "published__current"), ()):
                told += run(None, 0, *part)
                assert told.endswith("ended with 0\n"), told
                assert published() == ready.content, part
            process.communicate()
            assert "Traceback" not in told
            # Every record of the sample holds an id that begins so.
            assert not re.search(r"ZZ\d{5}", told)
            kept = [file for folder in ("dagster", "logs") for file in (data / folder).rglob("*") if file.is_file()]
            assert {"runs.db", "groundgame.jsonl"} <= {file.name for file in kept}
            assert [file for file in kept if re.search(rb"ZZ\d{5}", file.read_bytes())] == []
    except NoSmallDisk as reason:
        pytest.skip(f"no disk can be filled here: {reason}")


READER = f"""
import duckdb, json, os, sys, time
seen, is_last = set(), False
while not is_last:
    is_last = os.path.exists(sys.argv[2])
    with duckdb.connect(sys.argv[1], read_only=True) as con:
        seen.add(con.execute("{WHAT_A_READER_SEES}").fetchone())
    time.sleep(0.5)
print(json.dumps(list(seen)))
"""


STAYS_OPEN = f"""
import duckdb, json, os, sys, time
con = duckdb.connect(sys.argv[1], read_only=True)
print("open", flush=True)
while not os.path.exists(sys.argv[2]):
    time.sleep(0.2)
print(json.dumps(con.execute("{WHAT_A_READER_SEES}").fetchone()))
"""


def test_eight_readers_see_whole_versions_only_through_five_refreshes(state: Settings, tmp_path: Path) -> None:
    """Readers in processes of their own: DuckDB shares an open file among the threads of one."""
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, state.current, stop],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    whole = [seen_by_a_reader(state)]
    stays = subprocess.Popen([sys.executable, "-c", STAYS_OPEN, state.current, stop], stdout=subprocess.PIPE, text=True)
    assert stays.stdout.readline() == "open\n"
    try:
        for weeks in range(1, 6):
            pipeline.deliver_sample(state, as_of=SAMPLE_AS_OF + timedelta(weeks=weeks))
            assert pipeline.run(state) == 0
            whole.append(seen_by_a_reader(state))
    finally:
        stop.touch()
        ends = [(*reader.communicate(timeout=60), reader.returncode) for reader in readers]
    assert [error for _, error, status in ends if status] == []
    assert len(set(whole)) == 6
    for output, _, _ in ends:
        assert {tuple(row) for row in json.loads(output)} == set(whole)
    # One that stayed open keeps its version; the last three are kept for those that come later.
    assert tuple(json.loads(stays.communicate(timeout=60)[0])) == whole[0]
    assert len(list((state.published / "versions").iterdir())) == 3
