"""What the published columns may be used for, as their YAML in the dbt project says."""

from __future__ import annotations

from typing import Any

import yaml

from orchestration.exporting.law import Refused
from orchestration.settings import Settings


def columns(settings: Settings, table: str) -> dict[str, dict[str, Any]]:
    """The columns of a mart with their `source` and `purposes`."""
    file = settings.dbt_project_dir / "models" / "marts" / f"{table}.yml"
    [model] = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["models"]
    return {
        column["name"]: {name: column["config"]["meta"][name] for name in ("source", "purposes")}
        for column in model["columns"]
    }


def ask(settings: Settings, origins: list[str], purpose: str) -> dict[str, dict[str, Any]]:
    """Let columns (`table.column`) be used for a purpose; return their source and purposes.

    Raises:
        Refused: one of them is not for it.
    """
    known = {
        f"{table}.{name}": meta
        for table in {origin.split(".")[0] for origin in origins}
        for name, meta in columns(settings, table).items()
    }
    for origin in origins:
        purposes = known[origin]["purposes"]
        if purpose not in purposes:
            raise Refused(
                f"column {origin}, source {known[origin]['source']}, is for {', '.join(purposes)} and not for {purpose}: `purposes` in "
                f"dbt_project/models/marts/{origin.split('.')[0]}.yml"
            )
    return {origin: known[origin] for origin in origins}
