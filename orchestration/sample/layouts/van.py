"""Whom a generated state's campaign talks with, as VAN exports it: a list of the people, two contact histories that overlap, answers and
activist codes. VANIDs begin with ZZ.

The dirt is VAN's own (UTF-16 text that is called .xls, notes over several lines) and that of spreadsheets: a header within, a row of totals,
cells that begin a formula, three styles of dates. Results of the last days are corrected in the newer history.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, pick, stream
from orchestration.sample.layouts.text import Sample, texts, whole_file
from orchestration.sample.people import ANCHOR
from orchestration.sample.roster import roster

CANVASSED = 0.15  # of the voters
OVERLAP = 20  # days that stand in both histories
CORRECTED = 5  # days before an export, of which a result is entered anew
RESULTS = ("Not Home", "Canvassed", "Refused", "Moved", "Left Message", "Wrong Number", "Deceased", "Do Not Call")
SHARES = {"Walk": (0.5, 0.3, 0.07, 0.06, 0, 0, 0.02, 0), "Phone": (0.4, 0.2, 0.06, 0.02, 0.22, 0.06, 0.01, 0.03)}
TEXT_RESULTS, TEXT_SHARES = ("Texted", "Canvassed", "Wrong Number", "Refused Text"), (0.75, 0.14, 0.06, 0.05)
WAYS = ("Walk", "Phone", "SMS Text")
NOTES = ("Dog in the yard.\r\nGate is broken", '"Call me after six"', "=SUM(A1:A9)", "")
ANSWERS = ("1 - Strong Support", "2 - Lean Support", "3 - Undecided", "4 - Lean Oppose", "5 - Strong Oppose")
LIST = [
    "Voter File VANID", "LastName", "FirstName", "MiddleName", "StateFileID", "Sex", "DOB", "Preferred Phone", "Email", "vAddress", "City",
    "State", "Zip5", "DoNotCall",
]  # fmt: skip
CONTACTS = [
    "Voter File VANID", "Contact Name", "Date Canvassed", "Result", "Contact Type", "Canvassed By", "Input Type Name", "Phone", "Notes",
    "Experiment", "Treatment",
]  # fmt: skip
SURVEY = [
    "Voter File VANID",
    "Contact Name",
    "Date Canvassed",
    "Survey Response",
    "Survey Question Name",
    "Canvassed By",
    "Contact Type",
]
CODES = ["Voter File VANID", "Contact Name", "Activist Code Name", "Activist Code Type", "Date Applied"]


def write(out: Path, sample: Sample) -> tuple[list[Path], dict[str, pl.DataFrame]]:
    """Write the exports of the snapshot's day and a contact history of 14 days before it.

    Truth `contacts`: for each person of the list the voter, null if it is nobody in the voter file, and how often somebody tried.
    """
    people = _people(sample)
    tried = _tried(sample, people)
    made = sample.snapshot.as_of
    before = made - timedelta(days=14)
    older = tried.filter(pl.col("day") <= day(before)).with_columns(
        Result=pl.when(pl.col("day") > day(before) - CORRECTED).then(pl.lit("Not Home")).otherwise("Result")
    )
    newer = tried.filter(pl.col("day") > day(before) - OVERLAP)
    reached = tried.filter(pl.col("Result") == "Canvassed")
    answers = reached.with_columns(
        pl.lit("Support").alias("Survey Question Name"),
        texts(ANSWERS, (reached["draw"].to_numpy() * 5).astype(int)).alias("Survey Response"),
    )
    codes = reached.filter(pl.col("draw") < 0.1).unique("Voter File VANID", keep="first", maintain_order=True)
    codes = codes.with_columns(
        pl.lit("Volunteer Prospect").alias("Activist Code Name"),
        pl.lit("Volunteer").alias("Activist Code Type"),
        pl.col("Date Canvassed").alias("Date Applied"),
    )
    files = []
    for name, ending, header, rows, shown, is_worn in (
        ("list", "csv", LIST, people.sort("Voter File VANID"), made, False),
        ("contacts", "xls", CONTACTS, older, before, False),
        ("contacts", "csv", CONTACTS, newer, made, True),
        ("survey", "xls", SURVEY, answers, made, False),
        ("activist_codes", "csv", CODES, codes, made, False),
    ):
        if len(rows):
            files.append(_write(out / f"van_{name}_{shown:%Y%m%d}.{ending}", header, rows, shown, is_worn))
    count = tried.group_by("Voter File VANID").len("contact_count")
    known = people.join(count, on="Voter File VANID", how="left").with_columns(pl.col("contact_count").fill_null(0))
    return files, {"contacts": known.select("ncid", "person_number", "contact_count", van_id="Voter File VANID")}


def _people(sample: Sample) -> pl.DataFrame:
    """One row a person of the list, with its cells."""
    c = pl.col
    return roster(sample, "van", CANVASSED).with_row_index("place").filter("is_here").select(
        "place",
        "ncid",
        "person_number",
        ("ZZ" + (c("person") + 1_000_000).cast(pl.String)).alias("Voter File VANID"),
        c("last_name").str.to_titlecase().alias("LastName"),
        c("first_name").str.to_titlecase().alias("FirstName"),
        c("middle_name").str.to_titlecase().alias("MiddleName"),
        c("ncid").fill_null("").alias("StateFileID"),
        c("sex").alias("Sex"),
        c("birth_date").dt.strftime("%-m/%-d/%Y").alias("DOB"),
        c("phone").alias("Preferred Phone"),
        c("email").alias("Email"),
        c("street").alias("vAddress"),
        c("city").alias("City"),
        c("state_code").alias("State"),
        c("zip5").alias("Zip5"),
        pl.when(c("person") % 50 == 7).then(pl.lit("Y")).otherwise(pl.lit("")).alias("DoNotCall"),
        (c("last_name") + ", " + c("first_name")).str.to_titlecase().alias("Contact Name"),
    )  # fmt: skip


def _tried(sample: Sample, people: pl.DataFrame) -> pl.DataFrame:
    """One row an attempt, with its cells, oldest first. What is tried with a person is drawn once for all snapshots."""
    size, rng = int(people["place"].to_numpy().max(initial=0)) + 1, stream(sample.state.seed, "van contacts")
    times = pick(rng, np.array([0, 0.5, 0.3, 0.2]), size)
    who = np.repeat(np.arange(size), times)
    turn = np.arange(len(who)) - np.repeat(np.cumsum(times) - times, times)
    way = pick(rng, np.array([0.5, 0.3, 0.2]), len(who))
    when = ANCHOR - rng.integers(1, 60, size)[who] - 60 * turn  # no two of a day
    result = np.full(len(who), "", dtype=object)
    for kind, (words, shares) in enumerate(
        ((RESULTS, SHARES["Walk"]), (RESULTS, SHARES["Phone"]), (TEXT_RESULTS, TEXT_SHARES))
    ):
        chosen = way == kind
        result[chosen] = np.array(words, dtype=object)[pick(rng, np.array(shares), int(chosen.sum()))]
    draw = rng.random(len(who))
    c = pl.col
    tried = pl.DataFrame(
        {
            "place": who.astype(np.uint32),
            "day": when,
            "draw": draw,
            "Result": pl.Series(result.tolist(), dtype=pl.String),
            "Contact Type": texts(WAYS, way),
            "Canvassed By": texts(("Poe, Ed", "Austen, Jane", "Twain, Mark"), rng.integers(0, 3, len(who))),
            "Notes": texts(NOTES, np.where(draw > 0.97, rng.integers(0, 3, len(who)), 3)),
            "arm": rng.random(size)[who],
        }
    ).filter(c("day") <= day(sample.snapshot.as_of))
    style = c("place") % 3
    moment = c("day").cast(pl.Int32).cast(pl.Date)
    return tried.join(people, on="place").sort("day", "place").with_columns(
        pl.when(style == 0).then(moment.dt.strftime("%-m/%-d/%Y 6:00 PM")).when(style == 1).then(moment.dt.strftime("%Y-%m-%d 18:00:00"))
        .otherwise(moment.dt.strftime("%d-%b-%Y")).alias("Date Canvassed"),
        pl.when(c("Contact Type") == "Walk").then(pl.lit("MiniVAN")).otherwise(pl.lit("VPB")).alias("Input Type Name"),
        pl.when(c("Contact Type") == "Walk").then(pl.lit("")).otherwise("Preferred Phone").alias("Phone"),
        pl.when((c("Contact Type") == "Phone") & (c("arm") < 0.5)).then(pl.lit("Call Test")).otherwise(pl.lit("")).alias("Experiment"),
        pl.when((c("Contact Type") == "Phone") & (c("arm") < 0.5))
        .then(pl.when(c("arm") < 0.25).then(pl.lit("Script A")).otherwise(pl.lit("Script B"))).otherwise(pl.lit("")).alias("Treatment"),
    )  # fmt: skip


def _write(path: Path, header: list[str], rows: pl.DataFrame, made: date, is_worn: bool) -> Path:
    """Rows below a header, .xls as VAN writes it; a worn file has the header again and a last row of totals."""
    is_vans = path.suffix == ".xls"
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t" if is_vans else ",", lineterminator="\r\n")
    cells = rows.select(header).rows()
    half = len(cells) // 2
    writer.writerows([header, *cells[:half], *([header] if is_worn else []), *cells[half:]])
    if is_worn:
        writer.writerow([f"Total: {len(cells)}", *[""] * (len(header) - 1)])
    with whole_file(path, made) as file:
        file.write(text.getvalue().encode("utf-16" if is_vans else "utf-8-sig"))
    return path
