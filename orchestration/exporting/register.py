"""What the published columns may be used for, as they inherit it from their sources."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.exporting.law import Law, Refused
from orchestration.settings import Settings


def ask(settings: Settings, origins: list[str], purpose: str) -> dict[str, dict[str, Sequence[str]]]:
    """Let columns (`table.column`) be used for a purpose; return their source and purposes.

    Raises:
        Refused: one of them is not for it.
    """
    from quality import policy

    known, found = policy.of(settings).columns, {}
    for origin in origins:
        table, _, name = origin.partition(".")
        column = known[f"marts.{table}", name]
        source = ", ".join(sorted(column.sources))
        if purpose not in column.purposes:
            raise Refused(
                f"column {origin}, source {source}, is for {Law.load().in_words(column.purposes)} and not for {purpose}: "
                f"groundgame policy --table {table}"
            )
        found[origin] = {"source": source, "purposes": sorted(column.purposes)}
    return found


def serves(law: Law, contract: str, purpose: str) -> bool:
    """Whether what a source says may serve a purpose, by the terms that the contract of its files falls under."""
    from quality import policy

    terms = law.terms()
    name = policy.entry(terms, contract)
    return name is not None and purpose in terms[name].purposes
