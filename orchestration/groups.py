"""What assets have in common: how they are sorted in the Dagster UI, who answers for them, the tags to search them by, and whether all of them
are asked for."""

from __future__ import annotations

import dagster as dg

from quality.versions import STEPS

OWNER = "team:data"


def group(step: str) -> str:
    """The group of a step's assets. Numbered, because the UI lists groups by name and people read them in order."""
    return f"{('inbox', *STEPS).index(step)}_{step}"


def tags(*, pii: bool, state: str | None = None) -> dict[str, str]:
    """The tags of an asset: whether it holds personal data, and the state, if it is of one only."""
    return {"pii": "yes" if pii else "no", **({"state": state} if state else {})}


def is_of_all(run: dg.DagsterRun) -> bool:
    """Whether a run is the whole job's, which builds and judges what has changed; a person who chose a part of it wants that done."""
    return not (run.asset_selection or run.resolved_op_selection)
