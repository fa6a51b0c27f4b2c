"""Looks for what keeps runs from working, for `groundgame doctor`, and names the command that mends each."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import dagster as dg
import duckdb
from packaging.requirements import Requirement

from orchestration.settings import ROOT, Settings
from orchestration.warehouse import Warehouse

ROOM = 6  # times the size of what lies in the inbox: unpacked, compressed, loaded, and a new published version
LEAST_ROOM = 2_000_000_000  # bytes
PID_TAG = "groundgame/pid"  # on a run from the shell: the process that it lives in


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `mend` is the command or deed that puts it right, where it is not right."""

    what: str
    state: str
    mend: str | None = None

    def __str__(self) -> str:
        return f"{'ok  ' if self.mend is None else 'MEND'}  {self.what}: {self.state}" + (
            f"\n        -> {self.mend}" if self.mend else ""
        )


def examine(settings: Settings, instance: dg.DagsterInstance) -> list[Finding]:
    """Every finding, in the order in which a run would meet them."""
    return [
        _python(),
        _packages(),
        _room(settings),
        *_modes(settings),
        _lock(settings),
        *_databases(settings),
        *_leftovers(settings),
        *_dead_runs(instance),
    ]


def _python() -> Finding:
    now = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "Python", now, None if sys.version_info >= (3, 11) else "install Python 3.11 or newer; rm -r .venv; make run"
    )


def _packages() -> Finding:
    """The installed packages against those that the lock pins for this machine."""
    lines = re.findall(r"^[a-z0-9].*?(?= \\$)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M | re.I)
    pinned = [pin for pin in map(Requirement, lines) if pin.marker is None or pin.marker.evaluate()]
    wrong = []
    for pin in pinned:
        try:
            if not pin.specifier.contains(version(pin.name), prereleases=True):
                wrong.append(pin.name)
        except PackageNotFoundError:
            wrong.append(pin.name)
    state = f"{len(pinned)} pinned, {len(wrong)} missing or of another version" + (
        f" ({', '.join(wrong[:5])})" if wrong else ""
    )
    return Finding("packages", state, "rm .venv/.installed; make run" if wrong else None)


def _room(settings: Settings) -> Finding:
    needed = max(LEAST_ROOM, ROOM * sum(f.stat().st_size for f in settings.inbox.glob("*") if f.is_file()))
    free = shutil.disk_usage(settings.data_dir).free
    state = f"{free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB wanted for the inbox as it is"
    mend = "groundgame prune; else make room or move the data directory (GROUNDGAME_DATA)" if free < needed else None
    return Finding("disk", state, mend)


def _modes(settings: Settings) -> Iterator[Finding]:
    private = [settings.inbox, settings.archive, settings.warehouse.parent, settings.dagster_home]
    private += [settings.exports, settings.suppressions, settings.erasures, settings.warehouse]
    private += [file for folder in (settings.archive, settings.exports, settings.erasures) for file in folder.glob("*")]
    open_to_others = [path for path in private if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    if not open_to_others:
        yield Finding("permissions", "what holds voters is readable by its owner only")
    for path in open_to_others:
        yield Finding("permissions", f"{path} can be read by others than its owner", f"chmod go= '{path}'")
    foreign = [path for path in private if path.exists() and path.stat().st_uid != os.getuid()]
    for path in foreign[:3]:
        yield Finding("owner", f"{path} belongs to another user", f"sudo chown -R {os.getuid()} '{settings.data_dir}'")


def _lock(settings: Settings) -> Finding:
    holder = Warehouse(settings).holder()
    return Finding("warehouse", f"held by {holder}; other runs wait their turn" if holder else "free")


def _databases(settings: Settings) -> Iterator[Finding]:
    if settings.warehouse.exists() and not Warehouse(settings).holder():
        yield _opens(
            "warehouse file", settings.warehouse, "move it away and deliver the files of archive/ again: make run"
        )
    if settings.current.exists():
        newest = max((settings.published / "versions").glob("*.duckdb"), default=None)
        yield _opens(
            "published file", settings.current, f"ln -f '{newest}' '{settings.current}'" if newest else "make run"
        )


def _opens(what: str, file: Path, mend: str) -> Finding:
    try:
        with duckdb.connect(str(file), read_only=True) as con:
            [(tables,)] = con.execute("select count(*) from duckdb_tables() where not internal").fetchall()
        return Finding(what, f"opens, {tables} tables, {file.stat().st_size / 1e6:,.0f} MB")
    except duckdb.Error as error:
        return Finding(what, f"{file} does not open ({type(error).__name__})", mend)


def _leftovers(settings: Settings) -> Iterator[Finding]:
    if Warehouse(settings).holder():
        return
    found = [p for p in settings.scratch.rglob("*") if not p.is_dir()]
    if found:
        size = sum(p.stat().st_size for p in found) / 1e6
        yield Finding(
            "leftovers", f"{len(found)} files of stopped runs, {size:,.1f} MB", "make run (a run clears them away)"
        )
    parts = [p for p in settings.inbox.iterdir() if p.suffix == ".part"]
    if parts:
        yield Finding(
            "inbox", f"{len(parts)} half-written .part files", "finish the copy, or remove them from the inbox"
        )


def _dead_runs(instance: dg.DagsterInstance) -> Iterator[Finding]:
    for run in dead_runs(instance):
        yield Finding("run", f"{run.run_id[:8]} counts as running, its process is gone", "groundgame prune")


def dead_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Runs from the shell that Dagster takes for running though their process has ended."""
    running = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]))
    return [run for run in running if PID_TAG in run.tags and not _lives(int(run.tags[PID_TAG]))]


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
