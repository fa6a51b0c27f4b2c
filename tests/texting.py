"""Builds lists of texting tools, byte for byte."""

from __future__ import annotations

from tests.van import written

HEADER = ["ID", "Phone", "Opted Out At", "Keyword"]
OPT_OUT = {"ID": "1", "Phone": "(919) 555-0100", "Opted Out At": "2026-01-05 10:00:00", "Keyword": "STOP"}


def opt_outs(*rows: dict[str, str]) -> bytes:
    """Answers to texts, each with the values of `OPT_OUT` but for those given."""
    return written(HEADER, [OPT_OUT | row for row in rows], ",")


# A file of each contract: tests/unit/test_drift.py.
FILES = [("texting_opt_outs", "opt_outs.csv", opt_outs(*({"ID": f"{n}"} for n in range(12))))]
