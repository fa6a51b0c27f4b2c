"""Which data a step's tables were made from: a hash over the accepted deliveries and the code that made them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.settings import ROOT, Settings

STEPS = ("raw", "staging", "marts", "segments", "published")
_FOLDERS = {
    "staging": ("seeds", "models/staging"),
    "marts": ("models/intermediate", "models/marts"),
    "segments": ("models/segments",),
}


def data_version(settings: Settings, con: duckdb.DuckDBPyConnection, step: str) -> str:
    """The version that `step` would be built from now: 16 hex characters.

    It changes with the deliveries that are current or were before and the days that they show, with the models and macros up to the step, and
    with what `campaign.yaml` passes to them.
    """
    rows = con.execute(
        """
        select s.*, now.as_of, before.as_of from raw.scopes s
        left join meta.deliveries now on now.delivery_id = s.delivery_id
        left join meta.deliveries before on before.delivery_id = s.previous_delivery_id
        order by all
        """
    ).fetchall()
    version = hashlib.sha256(repr(rows).encode())
    for earlier in STEPS[1 : STEPS.index(step) + 1]:
        for folder in _FOLDERS.get(earlier, ()):
            _add_files(version, settings.dbt_project_dir, folder)
    if step == "published":
        _add_files(version, ROOT, "orchestration/publishing")
    if step != "raw":
        _add_files(version, settings.dbt_project_dir, "macros")
        version.update(repr((settings.campaign.election, settings.campaign.states)).encode())
    return version.hexdigest()[:16]


def start_build(con: duckdb.DuckDBPyConnection, step: str) -> None:
    """Say that a step's tables are in the making: until `finish_build` no gate holds for them."""
    con.execute("delete from meta.builds where step = ?", [step])


def finish_build(settings: Settings, con: duckdb.DuckDBPyConnection, step: str) -> str:
    """Say that a step's tables are whole, and return the version they were built from."""
    version = data_version(settings, con, step)
    now = datetime.now(UTC).replace(tzinfo=None)
    con.execute("insert or replace into meta.builds values (?, ?, ?)", [step, version, now])
    return version


def built_version(con: duckdb.DuckDBPyConnection, step: str) -> str | None:
    """The version that a step's tables were last built from to the end; None if never or half."""
    row = con.execute("select data_version from meta.builds where step = ?", [step]).fetchone()
    return row[0] if row else None


def _add_files(version: hashlib._Hash, project: Path, folder: str) -> None:
    for file in sorted((project / folder).rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            version.update(file.relative_to(project).as_posix().encode())
            version.update(file.read_bytes())
