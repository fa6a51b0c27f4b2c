"""The real UI and daemon on a free port of the loopback, and a shell beside them: runs take turns, and one that is cancelled
or killed keeps nobody out."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.definitions import build_definitions
from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.settings import ROOT, Settings
from orchestration.warehouse import Warehouse
from tests import pipeline
from tests.end_to_end.conftest import Refreshed
from tests.end_to_end.test_killed import copy_of, reading

GROUNDGAME = [sys.executable, "-m", "orchestration.cli"]
SINCE = r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
JOB = {
    "repositoryLocationName": "orchestration.definitions",
    "repositoryName": "__repository__",
    "jobName": "refresh",
}


def until(found: Callable[[], object], what: str, seconds: float = 120):
    """What `found` returns as soon as it is something."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


class UI:
    """`groundgame dev` of a data directory, and what a person does in it."""

    def __init__(self, settings: Settings, port: int):
        self.settings, self.address = settings, f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, **variables: object) -> dict:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self.address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]

    def is_up(self) -> bool:
        try:
            found = self.ask("{ workspaceOrError { ... on Workspace { locationEntries { loadStatus } } } }")
        except OSError:
            return False
        return [entry["loadStatus"] for entry in found["workspaceOrError"]["locationEntries"]] == ["LOADED"]

    def launch(self) -> str:
        """*Materialize all* of the job `refresh`, for which the page names every asset and check."""
        graph = build_definitions(self.settings).resolve_asset_graph()
        checks = [{"assetKey": {"path": c.asset_key.path}, "name": c.name} for c in graph.asset_check_keys]
        chosen = {"assetSelection": [{"path": key.path} for key in graph.materializable_asset_keys]}
        parameters = {"selector": JOB | chosen | {"assetCheckSelection": checks}, "mode": "default"}
        mutation = "launchRun(executionParams: $p) { ... on LaunchRunSuccess { run { runId } } }"
        answer = self.ask("mutation($p: ExecutionParams!) { " + mutation + " }", p=parameters)
        return answer["launchRun"]["run"]["runId"]

    def from_failure(self, run: str) -> str:
        """Re-execute from failure."""
        mutation = "launchRunReexecution(reexecutionParams: $p) { ... on LaunchRunSuccess { run { runId } } }"
        parameters = {"parentRunId": run, "strategy": "FROM_FAILURE"}
        answer = self.ask("mutation($p: ReexecutionParams) { " + mutation + " }", p=parameters)
        return answer["launchRunReexecution"]["run"]["runId"]

    def terminate(self, run: str) -> None:
        answer = self.ask("mutation($r: String!) { terminateRun(runId: $r) { __typename } }", r=run)
        assert answer["terminateRun"]["__typename"] == "TerminateRunSuccess"

    def ends_with(self, run: str) -> str:
        """How a run ends."""
        query = "query($r: ID!) { runOrError(runId: $r) { ... on Run { status } } }"

        def ended() -> str | None:
            status = self.ask(query, r=run)["runOrError"]["status"]
            return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

        return until(ended, f"run {run} ends")

    def said(self, run: str) -> list[str]:
        """The lines of a run."""
        lines = (self.settings.logs / "groundgame.jsonl").read_text(encoding="utf-8").splitlines()
        return [line["message"] for line in map(json.loads, lines) if line.get("run") == run]

    def process_of(self, run: str) -> int:
        """The process of a run, once it holds the warehouse and has begun."""
        until(lambda: self.said(run), f"run {run} begins")
        holder = self.settings.warehouse.with_suffix(".lock").read_text(encoding="utf-8")
        return int(re.match(rf"run {run[:8]}, process (\d+), since ", holder)[1])


def shell(settings: Settings, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*GROUNDGAME, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, env=os.environ | {"GROUNDGAME_DATA": str(settings.data_dir)},
        start_new_session=True,
    )  # fmt: skip


def hand_in(settings: Settings, folder: Path, weeks: int) -> None:
    """A later snapshot, in the inbox at one stroke."""
    write_sample(folder / "inbox", pipeline.VOTERS, pipeline.SEED, SAMPLE_AS_OF + timedelta(weeks=weeks))
    for file in (folder / "inbox").iterdir():
        file.rename(settings.inbox / file.name)


def newest(settings: Settings) -> str:
    with duckdb.connect(str(settings.current), read_only=True) as con:
        return str(con.execute("select max(as_of) from deliveries").fetchone()[0])


@pytest.fixture(scope="module")
def ui(refreshed: Refreshed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UI]:
    settings = copy_of(refreshed.settings.data_dir, tmp_path_factory.mktemp("turns") / "data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = shell(settings, "dev", "--port", str(port))
    try:
        ui = UI(settings, port)
        until(ui.is_up, "the UI is up")
        yield ui
    finally:
        process.terminate()
        try:
            process.communicate(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # a run that a failed test left stopped


def test_ui_and_shell_take_turns_and_a_killed_or_cancelled_run_leaves_nothing_locked(ui: UI, tmp_path: Path) -> None:
    """A run of the UI is killed, the next one cancelled while a run of the shell waits for it, and what was cancelled is
    taken up again in the UI while the shell's is at work."""
    settings = ui.settings
    hand_in(settings, tmp_path / "first", weeks=1)
    with reading(settings) as reader:
        killed = ui.launch()
        os.kill(ui.process_of(killed), signal.SIGKILL)
        cancelled = ui.launch()  # it waits in Dagster's queue until the other one's end is noticed
        assert ui.ends_with(killed) == "FAILURE"

        process = ui.process_of(cancelled)
        os.kill(process, signal.SIGSTOP)  # so that it holds the warehouse for as long as the shell takes to come
        waiting = shell(settings, "run")
        asking = {words: shell(settings, *words) for words in (("status",), ("query", "select as_of from deliveries"))}
        printed = waiting.stdout.readline()
        assert re.fullmatch(
            rf"waiting: the warehouse is held by run {cancelled[:8]}, process {process}, {SINCE}\n", printed
        )
        for words, asked in asking.items():
            output = asked.communicate(timeout=120)[0]
            assert (words, asked.returncode) == (words, 0), output
            assert ("held by run" if words == ("status",) else str(SAMPLE_AS_OF)) in output
        os.kill(process, signal.SIGCONT)
        ui.terminate(cancelled)
        assert ui.ends_with(cancelled) == "CANCELED"
        assert not [line for line in ui.said(cancelled) if line.startswith(("staging", "marts", "published"))]

        again = ui.from_failure(cancelled)
        printed += waiting.communicate(timeout=180)[0]
        assert waiting.returncode == 0, printed
        assert ui.ends_with(again) == "SUCCESS"
    # All of it was asked for, which the shell's run had just done.
    assert {"marts: nothing changed, the tables stand", "published: nothing changed, the current version stands"} <= {
        *ui.said(again)
    }
    assert Warehouse(settings).holder() is None
    assert reader.error is None
    assert reader.reads > 20
    assert len(reader.seen) == len({version for version, *_ in reader.seen}) == 2
    assert newest(settings) == str(SAMPLE_AS_OF + timedelta(weeks=1))
