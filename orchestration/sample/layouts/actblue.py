"""What the sample's people give, as ActBlue exports it: two exports of contributions that overlap, of the layouts of 91 and of
101 columns, and the recurring gifts that were ended. Line items and receipts begin with ZZ.

The dirt is that of files which people have had in a spreadsheet: three styles of dates, thousands separators, a header within, a row
of totals, cells that begin a formula, a BOM on one file and another encoding in the other.
"""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, pick, stream
from orchestration.sample.layouts.text import Sample, dates, texts, whole_file
from orchestration.sample.people import ANCHOR
from orchestration.sample.roster import roster


def _names(header: str) -> list[str]:
    return header.split(",")


DONORS = 0.04  # of the people in the voter file
MOST_GIFTS = 24  # of a donor
OVERLAP = 60  # days that stand in both exports
YEARS_BACK = 2
HEADER_101 = _names(
    "Receipt ID,Date,Amount,Recurring Total Months,Recurrence Number,Recipient,Fundraising Page,Fundraising Partner,Reference Code 2,"
    "Reference Code,Donor First Name,Donor Last Name,Donor Addr1,Donor Addr2,Donor City,Donor State,Donor ZIP,Donor Country,"
    "Donor Occupation,Donor Employer,Donor Email,Donor Phone,New Express Signup,Comments,Check Number,Check Date,Employer Addr1,"
    "Employer Addr2,Employer City,Employer State,Employer ZIP,Employer Country,Donor ID,Fundraiser ID,Fundraiser Recipient ID,"
    "Fundraiser Contact Email,Fundraiser Contact First Name,Fundraiser Contact Last Name,Partner ID,Partner Contact Email,"
    "Partner Contact First Name,Partner Contact Last Name,Reserved,Lineitem ID,AB Test Name,AB Variation,Recipient Committee,"
    "Recipient ID,Recipient Gov ID,Recipient Election,Reserved,Payment ID,Payment Date,Disbursement ID,Disbursement Date,Recovery ID,"
    "Recovery Date,Refund ID,Refund Date,Fee,Recur Weekly,ActBlue Express Lane,Reserved,Card Type,Reserved,Reserved,Reserved,Reserved,"
    "Mobile,Recurring Upsell Shown,Recurring Upsell Succeeded,Double Down,Smart Recurring,Monthly Recurring Amount,Apple Pay,"
    "Card Replaced by Account Updater,ActBlue Express Donor,Custom Field 1 Label,Custom Field 1 Value,Donor US Passport Number,"
    "Text Message Opt In,Gift Identifier,Gift Declined,Shipping Addr1,Shipping City,Shipping State,Shipping Zip,Shipping Country,"
    "Weekly Recurring Amount,Smart Boost Amount,Smart Boost Shown,Bump Recurring Seen,Bump Recurring Succeeded,"
    "Weekly to Monthly Rollover Date,Weekly Recurring Sunset,Recurring Type,Recurring Pledged,Paypal,Kind,Managed Entity Name,"
    "Managed Entity Committee Name"
)
HEADER_91 = HEADER_101[:91]
CANCELLED = _names(
    "Receipt ID,Recurrence Amount,Total Amount,Initial Pledge Length,Recurrence Frequency,Initial Contribution Date,Cancelled On,"
    "Express Donor,Donor First Name,Donor Last Name,Donor Address,Donor City,Donor State,Donor ZIP,Donor Country,Donor Occupation,"
    "Donor Employer,Donor Email,Donor Phone,Reference Code,Bump Recurring Seen,Bump Recurring Succeeded,Contribution Form,"
    "Credit Card Expiration,Recurring Period,Recurring Duration,AB Test Name,Weekly Recurring Sunset,Is Paypal,Is Mobile,"
    "AB Test Variation,With Express Lane,Express Sign Up,Text Message Option,Gift Declined,Gift Identifier,Smart Boost Amount,"
    "Recur Completed,Cancelation Reason,Is Eligible For Express Lane,Sequence,FEC Id,Committee Name,Recurring Amount,Form Name,"
    "Form Kind,Managed Entitity Name,Managed Entity Committee Name,Owner Email"
)
AMOUNTS = (5, 10, 25, 50, 100, 250, 500, 1000, 1500)
AMOUNT_SHARES = (0.14, 0.18, 0.26, 0.17, 0.13, 0.06, 0.03, 0.02, 0.01)
JOBS = (
    ("Teacher", "Public Schools"),
    ("Retired", "None"),
    ("Nurse", "Hospital"),
    ("Not Employed", "Not Employed"),
    ("Clerk", "-none-"),
)


def write(out: Path, sample: Sample) -> tuple[list[Path], dict[str, pl.DataFrame]]:
    """Write the exports of the day of the snapshot and of 30 days before it.

    Truth `donations`: for each line item the voter who gave it, null if it was nobody in the voter file.
    """
    given = gifts(sample)
    as_of = sample.snapshot.as_of
    before = as_of - timedelta(days=30)
    older = given.filter(pl.col("day") <= day(before))
    newer = given.filter(pl.col("day") > day(before) - OVERLAP)
    ended = given.filter(pl.col("ended") <= day(as_of)).unique("Receipt ID", keep="first", maintain_order=True)
    files = []
    for name, header, rows, made, encoding, is_worn in (
        ("contributions", HEADER_91, _dirty(older, before), before, "utf-8-sig", True),
        ("contributions", HEADER_101, _told(newer, as_of), as_of, "latin-1", False),
        ("cancelled_recurring", CANCELLED, _ended(ended), as_of, "utf-8", False),
    ):
        if len(rows):  # nobody exports nothing
            files.append(_write(out / f"actblue_{name}_{made:%Y%m%d}.csv", header, rows, made, encoding, is_worn))
    return files, {"donations": given.select("ncid", "person_number", line_item_id="Lineitem ID")}


def gifts(sample: Sample) -> pl.DataFrame:
    """One row a line item: who gave it, when, and its cells. What a donor gives is drawn once for all snapshots."""
    donors = roster(sample, "actblue", DONORS, reached_by="email")
    rng, size = stream(sample.state.seed, "gifts"), len(donors)
    pledges = rng.random(size) < 0.15
    count = np.where(pledges, rng.integers(3, MOST_GIFTS + 1, size), pick(rng, np.array([0.7, 0.2, 0.1]), size) + 1)
    first = ANCHOR - rng.integers(20, YEARS_BACK * 365, size)
    amount = np.array(AMOUNTS)[pick(rng, np.array(AMOUNT_SHARES), size)]
    amount = np.where(pledges, np.minimum(amount, 100), amount)
    job, tells_number = rng.integers(0, len(JOBS), size), rng.random(size) < 0.6
    donor = np.repeat(np.arange(size), count)
    place = np.arange(len(donor)) - np.repeat(np.cumsum(count) - count, count)
    pledged = pledges[donor]
    when = first[donor] + np.where(pledged, 30 * place, 97 * place)
    u = rng.random(len(donor))
    gifts = pl.DataFrame(
        {
            "donor": donor,
            "day": when,
            "minute": rng.integers(0, 1440, len(donor)),
            "dollars": amount[donor],
            "pledged": pledged,
            "place": place + 1,
            "receipt": donor * 64 + np.where(pledged, 0, place),
            "item": donor * 64 + place,
            "refund": np.where(u < 0.02, when + 25, 10**6),
            "ended": np.where(pledged & (count[donor] < MOST_GIFTS), (first + 30 * count)[donor], 10**6),
            "shared": (u > 0.97) & ~pledged,
            "job": job[donor],
            "tells_number": tells_number[donor],
        }
    ).filter(pl.col("day") <= day(sample.snapshot.as_of))
    shared = gifts.filter("shared").with_columns(item=pl.col("item") + 32, dollars=pl.lit(10))
    gifts = pl.concat([gifts, shared], how="vertical_relaxed")
    known = donors.with_row_index("donor").with_columns(pl.col("donor").cast(pl.Int64))
    return _with_cells(gifts.join(known, on="donor").filter("is_here").sort("day", "item"))


def _with_cells(gifts: pl.DataFrame) -> pl.DataFrame:
    """The gifts with what the exports say of donor and gift."""
    c = pl.col
    job = gifts["job"].to_numpy()
    return gifts.with_columns(
        ("ZZAB" + c("receipt").cast(pl.String).str.zfill(9)).alias("Receipt ID"),
        ("ZZ" + c("item").cast(pl.String).str.zfill(9)).alias("Lineitem ID"),
        pl.when("pledged").then(pl.lit("unlimited")).otherwise(pl.lit("1")).alias("Recurring Total Months"),
        pl.when("pledged").then(c("place")).otherwise(1).cast(pl.String).alias("Recurrence Number"),
        c("first_name").str.to_titlecase().alias("Donor First Name"),
        c("last_name").str.to_titlecase().alias("Donor Last Name"),
        c("street").alias("Donor Addr1"),
        c("city").alias("Donor City"),
        c("state_code").alias("Donor State"),
        c("zip5").alias("Donor ZIP"),
        pl.lit("United States").alias("Donor Country"),
        texts([name for name, _ in JOBS], job).alias("Donor Occupation"),
        texts([name for _, name in JOBS], job).alias("Donor Employer"),
        c("email").alias("Donor Email"),
        pl.when("tells_number").then("phone").otherwise(pl.lit("")).alias("Donor Phone"),
        ("ZZ" + (c("donor") + 1000).cast(pl.String)).alias("Donor ID"),
        pl.when(c("item") % 64 >= 32).then(pl.lit("ZZ Joint Victory Fund")).otherwise(pl.lit("ZZ Example for Senate"))
        .alias("Recipient Committee"),
        pl.when("pledged").then(pl.lit("zz-monthly")).otherwise(pl.lit("zz-website")).alias("Fundraising Page"),
        pl.from_epoch(c("day") * 86_400 + c("minute") * 60, time_unit="s").alias("time"),
    )  # fmt: skip


def _told(gifts: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The gifts as an export of this day says them: of refunds those that had come about."""
    refunded = pl.col("refund") <= day(as_of)
    return gifts.with_columns(
        pl.col("time").dt.strftime("%Y-%m-%d %H:%M:%S").alias("Date"),
        (pl.col("dollars").cast(pl.String) + ".00").alias("Amount"),
        (pl.col("dollars") * 0.0395).round(2).cast(pl.String).alias("Fee"),
        pl.when(refunded).then("RF" + pl.col("item").cast(pl.String)).otherwise(pl.lit("")).alias("Refund ID"),
        pl.when(refunded).then(dates(gifts["refund"].to_numpy() % 10**6, "%Y-%m-%d 09:00:00")).otherwise(pl.lit("")).alias("Refund Date"),
        pl.when((pl.col("Donor Phone") != "") & (pl.col("item") % 3 == 0)).then(pl.lit("opt_in")).otherwise(pl.lit("unknown"))
        .alias("Text Message Opt In"),
    )  # fmt: skip


def _dirty(gifts: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """An export that somebody has saved from a spreadsheet."""
    style, c = pl.col("item") % 3, pl.col
    return _told(gifts, as_of).with_columns(
        pl.when(style == 0).then("Date").when(style == 1).then(c("time").dt.strftime("%-m/%-d/%Y %-I:%M %p"))
        .otherwise(c("time").dt.strftime("%d-%b-%Y")).alias("Date"),
        pl.when(c("dollars") >= 1000)
        .then((c("dollars") // 1000).cast(pl.String) + "," + (c("dollars") % 1000).cast(pl.String).str.zfill(3) + ".00")
        .otherwise("Amount").alias("Amount"),
        pl.when(c("Donor ZIP").str.starts_with("0")).then('="' + c("Donor ZIP") + '"').otherwise("Donor ZIP").alias("Donor ZIP"),
        pl.when(c("item") % 97 == 5).then(pl.lit('=HYPERLINK("http://example.org")')).otherwise("Donor Employer").alias("Donor Employer"),
    )  # fmt: skip


def _ended(gifts: pl.DataFrame) -> pl.DataFrame:
    """The recurring gifts that were ended."""
    return gifts.with_columns(
        (pl.col("dollars").cast(pl.String) + ".00").alias("Recurrence Amount"),
        pl.lit("monthly").alias("Recurrence Frequency"),
        dates(gifts["ended"].to_numpy(), "%Y-%m-%d 12:00:00").alias("Cancelled On"),
        pl.lit("Cancelled by donor").alias("Cancelation Reason"),
    )


def _write(path: Path, header: list[str], rows: pl.DataFrame, as_of: date, encoding: str, with_totals: bool) -> Path:
    """Rows below a header of which some names stand several times; with totals also the header again, and a last row of totals."""
    cells = rows.select(
        (pl.col(name).replace("", None) if name in rows.columns else pl.lit(None, pl.String)).alias(f"{place}")
        for place, name in enumerate(header)
    )
    names = ",".join(header) + "\r\n"
    half = len(cells) // 2 if with_totals else 0
    parts = [names, _as_text(cells[:half]), names if with_totals else "", _as_text(cells[half:])]
    if with_totals:
        total = f'"{rows["dollars"].sum():,}.00"'
        parts.append(",".join({"Receipt ID": "Total", "Amount": total}.get(name, "") for name in header) + "\r\n")
    with whole_file(path, as_of) as file:
        file.write("".join(parts).encode(encoding))
    return path


def _as_text(cells: pl.DataFrame) -> str:
    text = BytesIO()
    cells.write_csv(text, include_header=False, line_terminator="\r\n", quote_style="necessary")
    return text.getvalue().decode("utf-8")
