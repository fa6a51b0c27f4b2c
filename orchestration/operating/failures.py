"""What stopped a run, in its own words."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from orchestration.settings import Mendable

STOPPED_BY_GATE = "DagsterAssetCheckFailedError"


def reasons(events: Iterable[dg.DagsterEvent]) -> list[str]:
    """Why each failed step failed. A failed gate is left out: its results say it better.

    Only our own errors are quoted. The text of any other may hold what a record holds; it stays in nobody's message.
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
        else:
            found.append(
                f"step {event.step_key} stopped with {failure.cls_name}; the run's page in the Dagster UI says where (make dev)"
            )
    return found


def _kinds(kind: type) -> set[type]:
    return {sub for direct in kind.__subclasses__() for sub in (direct, *_kinds(direct))}
