"""Dagster's events in our storage: several processes at a time, and whoever follows a run."""

from __future__ import annotations

import queue
from concurrent.futures import ThreadPoolExecutor

import dagster as dg

from orchestration import cli
from orchestration.dagster_storage import Events
from tests import pipeline


@dg.job
def nothing() -> None:
    """A job to tell events of."""


def test_several_begin_at_once_and_all_find_its_tables(tmp_path):
    def begin(_: int) -> bool:
        events = Events(str(tmp_path / "runs"))
        found = events.has_table("event_logs") and events.get_records_for_run("none").records == []
        events.dispose()
        return found

    with ThreadPoolExecutor(6) as pool:
        assert [*pool.map(begin, range(6))] == [True] * 6


def test_who_follows_a_run_hears_of_it_while_it_is_written(tmp_path):
    settings = pipeline.settings_for(tmp_path / "data")
    cli.prepare_dagster(settings)
    heard: queue.Queue[str] = queue.Queue()
    with dg.DagsterInstance.get() as run, dg.DagsterInstance.get() as ui:
        of = run.create_run_for_job(nothing)
        ui.watch_event_logs(of.run_id, None, lambda event, _cursor: heard.put(event.message))
        run.report_engine_event("at work", of)
        while heard.get(timeout=10) != "at work":
            pass
