"""What assets have in common: how they are sorted in the Dagster UI, who answers for them, the tags to search them by, and whether a run
is of all of them."""

from __future__ import annotations

import dagster as dg

from quality import STEPS

OWNER = "team:data"
ALONE_TAG = "groundgame/alone"  # of a run from the shell of one step, which Dagster does not tell from one of all


def group(step: str) -> str:
    """The group of a step's assets. Numbered, because the UI lists groups by name and people read them in order."""
    return f"{('inbox', *STEPS).index(step)}_{step}"


def tags(*, pii: bool, state: str | None = None) -> dict[str, str]:
    """The tags of an asset: whether it holds personal data, and the state, if it is of one only."""
    return {"pii": "yes" if pii else "no", **({"state": state} if state else {})}


def is_of_all(run: dg.DagsterRun) -> bool:
    """Whether a run is of the whole job or of the rest of it, and so builds and judges what has changed.

    Whoever chose a part by itself, one step in the shell, some assets or gates in the UI, wants that part done. In the UI
    *Materialize all* chooses assets, too: those of every step.
    """
    chosen = run.asset_selection or set()
    has_every_step = {key.path[0] for key in chosen} >= {*STEPS}
    is_part = chosen or run.asset_check_selection or run.resolved_op_selection or ALONE_TAG in run.tags
    return has_every_step or not is_part
