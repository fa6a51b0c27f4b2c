"""What stopped a run, in its own words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import dagster as dg

from orchestration.errors import ran_out
from orchestration.settings import Mendable

STOPPED_BY_GATE = "DagsterAssetCheckFailedError"


def reasons(events: Iterable[dg.DagsterEvent], data_dir: Path) -> list[str]:
    """Why each failed step failed. A failed gate is left out: its results say it better.

    That room ran out is said also where Dagster's storage was the first to meet it. Else only our own errors are quoted. The text of any other may hold what a record holds; it stays in nobody's message.
    """
    ours = {"Mendable", *(kind.__name__ for kind in _kinds(Mendable))}
    found = []
    for event in events:
        failure = event.step_failure_data.error
        while failure and failure.cause:
            failure = failure.cause
        if not failure or failure.cls_name == STOPPED_BY_GATE:
            continue
        if failure.cls_name in ours:
            found.append(failure.message.split(": ", 1)[-1].strip())
        elif full := ran_out(failure.message, data_dir):
            found.append(str(full))
        else:
            found.append(
                f"step {event.step_key} stopped with {failure.cls_name}; the run's page in the Dagster UI says where (make dev)"
            )
    return found


def _kinds(kind: type) -> set[type]:
    return {sub for direct in kind.__subclasses__() for sub in (direct, *_kinds(direct))}
