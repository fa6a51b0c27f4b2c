"""Builds Meta's reports on advertisements, byte for byte."""

from __future__ import annotations

import csv
import io

HEADER = (
    "Reporting starts", "Reporting ends", "Campaign name", "Ad set name", "Ad name", "Results", "Result indicator", "Reach", "Frequency",
    "Impressions", "Amount spent (USD)", "Link clicks", "CPM", "CTR",
)  # fmt: skip
AD = {
    "Reporting starts": "2026-03-01", "Reporting ends": "2026-03-31", "Campaign name": "GOTV", "Ad set name": "Wake", "Ad name": "A",
    "Results": "1,204", "Impressions": "120,400", "Amount spent (USD)": "1,500.40",
}  # fmt: skip
TOTAL = AD | {"Campaign name": "", "Ad set name": "", "Ad name": ""}


def ads(*rows: dict[str, str]) -> bytes:
    """A report of ads, each with the values of `AD` but for those given."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADER, *([(AD | row).get(name, "") for name in HEADER] for row in rows)])
    return text.getvalue().encode("utf-8")


# A file of each contract and form: tests/unit/test_drift.py.
FILES = [("meta_ads", "Meta-Ads-report.csv", ads(*({"Ad name": f"Ad {n}"} for n in range(12))))]
