"""Builds ActBlue's exports, byte for byte."""

from __future__ import annotations

import csv
import io

from orchestration.sample.layouts.actblue import CANCELLED, HEADER_91, HEADER_101

CONTRIBUTION = {
    "Receipt ID": "AB1", "Date": "2026-01-02 10:00:00", "Amount": "25.00", "Recurrence Number": "1", "Donor First Name": "Ann",
    "Donor Last Name": "Smith", "Donor Email": "ann@example.org", "Lineitem ID": "1", "Donor ID": "7", "Recipient Committee": "Ours",
}  # fmt: skip


def contributions(*rows: dict[str, str], header: list[str] = HEADER_101, encoding: str = "utf-8") -> bytes:
    """An export of contributions, each with the values of `CONTRIBUTION` but for those given."""
    return _file(header, [CONTRIBUTION | row for row in rows], encoding)


def cancelled(*rows: dict[str, str]) -> bytes:
    """An export of ended recurring gifts."""
    return _file(CANCELLED, [*rows], "utf-8")


def _file(header: list[str], rows: list[dict[str, str]], encoding: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([header, *([row.get(name, "") for name in header] for row in rows)])
    return text.getvalue().encode(encoding)


# A file of each contract and form: tests/unit/test_drift.py.
FILES = [
    ("actblue_contributions", f"actblue_{len(header)}.csv", contributions(*({"Lineitem ID": str(n)} for n in range(12)), header=header))
    for header in (HEADER_91, HEADER_101)
] + [("actblue_cancelled_recurring", "actblue_cancelled.csv", cancelled(*(
    {"Receipt ID": f"AB{n}", "Recurrence Amount": "10.00", "Cancelled On": "2026-01-25 12:00:00"} for n in range(12)
)))]  # fmt: skip

__all__ = ["CANCELLED", "HEADER_91", "HEADER_101", "cancelled", "contributions"]
