"""What the campaign spent on advertisements, as Meta's Ads Manager exports it: a report by month and ad of the day of the snapshot, and one of
30 days before it, whose last month was not over. Names of campaigns begin with ZZ. One has its totals first, the other last; amounts of
a thousand and more have commas.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from orchestration.sample.draw import stream
from orchestration.sample.layouts.text import Sample, whole_file

CAMPAIGNS = ("ZZ Persuasion", "ZZ Turnout", "ZZ Sign-up")
AD_SETS = ("Triad", "Triangle", "Coast")
ADS = ("Video 15s", "Carousel", "Still")
MONTHS = 9
HEADER = (
    "Reporting starts", "Reporting ends", "Campaign name", "Ad set name", "Ad name", "Results", "Result indicator", "Reach", "Frequency",
    "Impressions", "Amount spent (USD)", "Link clicks", "CPM", "CTR",
)  # fmt: skip


def write(out: Path, sample: Sample) -> tuple[list[Path], dict[str, pl.DataFrame]]:
    """Write the reports of both days.

    Truth `ad_spend`: what was spent by campaign, ad set, ad and month, by the newest report.
    """
    as_of = sample.snapshot.as_of
    reports = [(made, _spent(sample, made)) for made in (as_of - timedelta(days=30), as_of)]
    files = [_write(out / f"meta_ads_{made:%Y%m%d}.csv", rows, made, made == as_of) for made, rows in reports]
    keys = ["campaign", "ad_set", "ad", "starts"]
    truth = pl.concat([rows for _, rows in reports]).unique(keys, keep="last", maintain_order=True)
    return files, {"ad_spend": truth.select(*keys, "ends", "cents")}


def _spent(sample: Sample, made: date) -> pl.DataFrame:
    """What had been spent by a day, a row an ad and month; each ad spends the same on each day of a month."""
    places = [(campaign, ad_set, ad) for campaign in CAMPAIGNS for ad_set in AD_SETS for ad in ADS]
    last = sample.snapshot.as_of.replace(day=1)
    starts = [pl.Series([last]).dt.offset_by(f"-{n}mo")[0] for n in range(MONTHS)]
    a_day = stream(sample.state.seed, "meta").integers(40, 9_000, (24 * 12, len(places)))  # cents
    rows = []
    for start in sorted(s for s in starts if s <= made):
        end = min(pl.Series([start]).dt.month_end()[0], made)
        month = (start.year * 12 + start.month) % len(a_day)
        for place, (campaign, ad_set, ad) in enumerate(places):
            cents = int(a_day[month][place]) * ((end - start).days + 1)
            rows.append((campaign, ad_set, ad, start, end, cents))
    return pl.DataFrame(rows, schema=["campaign", "ad_set", "ad", "starts", "ends", "cents"], orient="row")


def _write(path: Path, rows: pl.DataFrame, made: date, totals_first: bool) -> Path:
    lines = [_line(row) for row in rows.iter_rows(named=True)]
    span = {"starts": rows["starts"].min(), "ends": rows["ends"].max(), "cents": rows["cents"].sum()}
    total = _line({"campaign": "", "ad_set": "", "ad": ""} | span)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *([total, *lines] if totals_first else [*lines, total])])
    with whole_file(path, made) as file:
        file.write(text.getvalue().encode("utf-8-sig"))
    return path


def _line(row: dict) -> list[str]:
    """The cells of a record."""
    shown = row["cents"] // 2
    return [
        f"{row['starts']}", f"{row['ends']}", row["campaign"], row["ad_set"], row["ad"], f"{shown // 90:,}", "actions:link_click",
        f"{shown // 3:,}", "3.0", f"{shown:,}", f"{row['cents'] / 100:,.2f}", f"{shown // 90:,}", "20.00", "1.1",
    ]  # fmt: skip
