"""How assets are sorted in the Dagster UI, and who answers for them."""

from __future__ import annotations

from quality.versions import STEPS

OWNER = "team:data"


def group(step: str) -> str:
    """The group of a step's assets. Numbered, because the UI lists groups by name and people read them in order."""
    return f"{('inbox', *STEPS).index(step)}_{step}"
