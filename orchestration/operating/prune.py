"""Removes what is no longer needed, by the keeping times of `campaign.yaml`: old runs of Dagster, old originals, old lists."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
import duckdb

from orchestration.exporting.receipts import outdated
from orchestration.operating.doctor import dead_runs
from orchestration.settings import Settings


@dataclass(frozen=True)
class Pruned:
    """How much was removed."""

    runs: int
    originals: int
    lists: int
    freed_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.runs:,} runs, {self.originals:,} originals and {self.lists:,} files of lists removed, "
            f"{self.freed_bytes / 1e6:,.1f} MB freed"
        )


def prune(
    settings: Settings, con: duckdb.DuckDBPyConnection, instance: dg.DagsterInstance, now: datetime | None = None
) -> Pruned:
    """Delete runs that ended before their keeping time, originals of replaced deliveries received before theirs, and lists exported before theirs.

    Runs from the shell that were killed are closed. The original of a delivery that is current for a county, or was before, is never deleted.
    """
    now = now or datetime.now(UTC)
    keep = settings.campaign.keep
    for run in dead_runs(instance):
        instance.report_run_failed(run, "its process ended without a word")
    runs = _prune_runs(settings, instance, now - timedelta(days=keep.runs_days))
    received_before = (now - timedelta(days=keep.archive_days)).replace(tzinfo=None)
    replaced = con.execute(
        """
        select sha256 from meta.deliveries
        where sha256 is not null and received_at < ?
          and delivery_id not in (select unnest([delivery_id, coalesce(previous_delivery_id, '')]) from raw.scopes)
        """,
        [received_before],
    ).fetchall()
    originals = [file for (sha256,) in replaced for file in settings.archive.glob(f"{sha256}.*")]
    lists = outdated(settings, now)
    freed = sum(file.stat().st_size for file in originals + lists)
    for file in originals + lists:
        file.unlink()
    return Pruned(runs, len(originals), len(lists), freed)


def _prune_runs(settings: Settings, instance: dg.DagsterInstance, before: datetime) -> int:
    records = instance.get_run_records(dg.RunsFilter(created_before=before))
    ended = [record.dagster_run for record in records if record.dagster_run.is_finished]
    for run in ended:
        instance.delete_run(run.run_id)
        shutil.rmtree(settings.dagster_home / "storage" / run.run_id, ignore_errors=True)
    return len(ended)
