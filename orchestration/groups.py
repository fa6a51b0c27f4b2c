"""How assets are sorted in the Dagster UI, who answers for them, and the tags to search them by."""

from __future__ import annotations

from quality.versions import STEPS

OWNER = "team:data"


def group(step: str) -> str:
    """The group of a step's assets. Numbered, because the UI lists groups by name and people read them in order."""
    return f"{('inbox', *STEPS).index(step)}_{step}"


def tags(*, pii: bool, state: str | None = None) -> dict[str, str]:
    """The tags of an asset: whether it holds personal data, and the state, if it is of one only."""
    return {"pii": "yes" if pii else "no", **({"state": state} if state else {})}
