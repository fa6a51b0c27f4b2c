"""The real pipeline on a small generated state, for integration and end-to-end tests."""

from __future__ import annotations

import contextlib
import os
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import msgspec.yaml
from msgspec import structs

from orchestration import cli
from orchestration.operating.failures import reasons
from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.settings import ROOT, Settings, read_campaign

VOTERS = 2_000
SEED = 7
# Columns that hold the time or the id of a run; everything else is the same for the same input.
RUN_COLUMNS = {"received_at", "checked_at", "inputs", "published_at"}


def settings_for(
    folder: Path, dbt_project_dir: Path = ROOT / "dbt_project", states: tuple[str, ...] = ("NC",)
) -> Settings:
    """Settings for a data directory with the repository's campaign, in some states."""
    campaign = structs.replace(read_campaign(ROOT / "campaign.yaml"), states=[*states])
    return Settings(folder.resolve(), campaign, dbt_project_dir)


def deliver_sample(settings: Settings, voters: int = VOTERS, seed: int = SEED, as_of: date = SAMPLE_AS_OF) -> None:
    """Put a snapshot of the generated state into the inbox."""
    settings.make_directories()
    write_sample(settings.inbox, voters, seed, as_of)


@contextlib.contextmanager
def campaign_of(settings: Settings):
    """Let the commands of the shell find the campaign of these settings, where it is not the repository's."""
    file = settings.data_dir / "campaign.yaml"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.yaml.encode(settings.campaign))
    os.environ["GROUNDGAME_CAMPAIGN"] = str(file)
    try:
        yield
    finally:
        del os.environ["GROUNDGAME_CAMPAIGN"]


def run(settings: Settings, *arguments: str) -> int:
    """`groundgame run` in this process; returns its exit status."""
    return groundgame(settings, "run", *arguments)


def groundgame(settings: Settings, *arguments: str) -> int:
    """A command of the shell in this process; returns its exit status."""
    before = os.environ.get("GROUNDGAME_DATA")
    os.environ["GROUNDGAME_DATA"] = str(settings.data_dir)
    try:
        return cli.main([*arguments])
    finally:
        os.environ.pop("GROUNDGAME_DATA") if before is None else os.environ.update(GROUNDGAME_DATA=before)


def materialize(settings: Settings, *keys: str, checks: bool = False) -> dg.ExecuteInProcessResult:
    """Materialise some assets alone (`marts/voters`, or a whole folder as `marts`), as a person does in the UI."""
    from orchestration.definitions import build_definitions

    cli.prepare_dagster(settings)
    definitions = build_definitions(settings)
    every = {key for asset in definitions.assets if isinstance(asset, dg.AssetsDefinition) for key in asset.keys}
    chosen = [key for key in every if key.to_user_string() in keys or key.path[0] in keys]
    selection = dg.AssetSelection.assets(*chosen)
    if not checks:
        selection = selection.without_checks()
    job = dg.define_asset_job("some", selection=selection)
    resolved = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def("some")
    with dg.DagsterInstance.get() as instance:
        return resolved.execute_in_process(instance=instance, raise_on_error=False)


def failure_text(result: dg.ExecuteInProcessResult) -> str:
    """Why a run stopped."""
    return " ".join(reasons(result.get_step_failure_events(), ROOT))


def published_content(settings: Settings, without: frozenset[str] = frozenset()) -> dict[str, list[tuple]]:
    """Every published table's rows in a fixed order, less the columns that tell of a run and those in `without`."""
    with duckdb.connect(str(settings.current), read_only=True) as con:
        tables = con.execute("select table_name from duckdb_tables() where schema_name = 'main' order by 1").fetchall()
        content = {}
        for (table,) in tables:
            columns = [c for (c,) in con.execute(f"select column_name from (describe {table})").fetchall()]
            kept = ", ".join(f'"{c}"' for c in columns if c not in RUN_COLUMNS | without)
            content[table] = con.execute(f"select {kept} from {table} order by all").fetchall()
        return content
