"""What the Federal Election Commission has of the gifts that the sample's people made: those through ActBlue, as ActBlue and as the
recipients report them, and some to another committee. Two files that overlap, of the snapshot's day and of 30 days before it, with memos,
money paid back and a report that was amended between them; and the committee master. Record numbers and committees' names begin with ZZ.

A conduit itemizes each gift, a recipient only those of a donor who has given it more than $200 in the year.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, stream
from orchestration.sample.layouts import actblue
from orchestration.sample.layouts.text import Manner, Sample, texts, write_file
from orchestration.sample.people import ANCHOR
from orchestration.sample.roster import roster

OTHER_DONORS = 0.01  # of the voters: who gave another committee
OURS, JOINT, OTHERS = "C00999001", "C00999002", "C00999003"
ACTBLUE, WINRED = "C00401224", "C00694323"
COMMITTEES = (  # number, name, designation, type, candidate
    (OURS, "ZZ EXAMPLE FOR SENATE", "P", "S", "S6ZZ00001"),
    (JOINT, "ZZ JOINT VICTORY FUND", "J", "N", ""),
    (OTHERS, "ZZ OTHER FOR CONGRESS", "P", "H", "H6ZZ00001"),
    (ACTBLUE, "ZZ ACTBLUE", "U", "V", ""),
    (WINRED, "ZZ WINRED", "U", "V", ""),
)
ITEMIZED_ABOVE = 200  # dollars in a year
AMENDED, AMENDED_ON = (OURS, "Q2", 2026), date(2026, 11, 5)
KINDS = ("conduit", "own", "refund", "memo", "amended")
PLAIN = Manner(separator="|", quoted=False, line_end="\n", encoding="utf-8")


def write(out: Path, sample: Sample) -> tuple[list[Path], dict[str, pl.DataFrame]]:
    """Write the files of both days.

    Truth `fec`: for each record of either file the voter who gave, null if it was nobody in the voter file. `fec_totals`: by recipient how
    many gifts its donors made, and what was given less what was paid back, as far as reported.
    """
    as_of = sample.snapshot.as_of
    before = as_of - timedelta(days=30)
    entries = _entries(sample)
    files, known = [], []
    for made in (before, as_of):
        rows = _given_out(entries, made)
        known.append(rows)
        if len(rows):
            files.append(_write(out / f"itcont_{made:%Y%m%d}.txt", _as_written(rows), made))
    committees = pl.DataFrame([_committee(*row) for row in COMMITTEES], orient="row")
    files.append(_write(out / f"cm26_{as_of:%Y%m%d}.txt", committees, as_of))
    held = pl.concat(known).unique("SUB_ID", keep="last", maintain_order=True)
    gifts = held.filter(pl.col("kind").is_in(("conduit", "own", "amended"))).unique("gift")
    dollars = pl.concat([gifts, held.filter(pl.col("kind") == "refund").with_columns(-pl.col("dollars"))])
    totals = dollars.group_by("recipient").agg(
        gifts=(pl.col("dollars") > 0).sum(), dollars=pl.col("dollars").sum()
    ).sort("recipient")  # fmt: skip
    return files, {"fec": held.select("ncid", "person_number", sub_id="SUB_ID"), "fec_totals": totals}


def _entries(sample: Sample) -> pl.DataFrame:
    """One row for each entry of each report of each committee, of whatever day."""
    given = pl.concat([_through_actblue(sample), _to_others(sample)], how="vertical_relaxed").sort("day", "gift")
    c = pl.col
    year = c("day").cast(pl.Int32).cast(pl.Date).dt.year()
    so_far = c("dollars").cum_sum().over("donor", "recipient", year)
    own = given.filter((so_far > ITEMIZED_ABOVE) | ~c("is_passed_on")).with_columns(
        day=c("day") + pl.when("is_passed_on").then(3).otherwise(0),
        filer=c("recipient"),
        kind=pl.lit("own"),
        type=pl.when("is_passed_on").then(pl.lit("15E")).otherwise(pl.lit("15")),
        other=pl.when("is_passed_on").then("conduit").otherwise(pl.lit("")),
    )
    passed_on = given.filter("is_passed_on").with_columns(
        filer=c("conduit"), kind=pl.lit("conduit"), type=pl.lit("24T"), other=c("recipient")
    )
    back = own.filter(c("refund") < 10**6).with_columns(day=c("refund"), kind=pl.lit("refund"), type=pl.lit("22Y"))
    entries = pl.concat([passed_on, own, back], how="diagonal_relaxed")
    entries = _reported(pl.concat([entries, _memos(own)], how="diagonal_relaxed"))
    # Of the amended report the gifts stand in both versions but for some that the later one leaves out, the rest in that alone.
    is_gift = c("kind") == "own"
    entries = pl.concat(
        [entries, entries.filter(_is_amended() & is_gift & (c("gift") % 20 != 7)).with_columns(kind=pl.lit("amended"))]
    )
    is_later = _is_amended() & ~is_gift
    entries = entries.with_columns(
        amendment=pl.when(is_later).then(pl.lit("A")).otherwise(pl.lit("N")),
        file=c("file") + pl.when(is_later).then(50).otherwise(0),
        filed=pl.when(is_later).then(pl.lit(AMENDED_ON)).otherwise("filed"),
        replaced=_is_amended() & is_gift,
    )
    number = c("kind").replace_strict({kind: n for n, kind in enumerate(KINDS)}, return_dtype=pl.Int64) * 10**14
    return entries.with_columns(SUB_ID="ZZ" + (10**16 + number + c("gift")).cast(pl.String))


def _is_amended() -> pl.Expr:
    filer, report, year = AMENDED
    return (pl.col("filer") == filer) & (pl.col("report") == report) & (pl.col("year") == year)


def _through_actblue(sample: Sample) -> pl.DataFrame:
    """The gifts of ActBlue's exports."""
    c = pl.col
    jobs = actblue.JOBS
    gifts = actblue.gifts(sample)
    job = gifts["job"].to_numpy()
    return gifts.with_columns(
        occupation=texts([name.upper() for name, _ in jobs], job),
        employer=texts([name.upper() for _, name in jobs], job),
    ).select(
        *_donor(),
        gift=c("item"),
        donor=c("donor"),
        day=c("day"),
        dollars=c("dollars"),
        refund=c("refund"),
        recipient=pl.when(c("item") % 64 >= 32).then(pl.lit(JOINT)).otherwise(pl.lit(OURS)),
        conduit=pl.lit(ACTBLUE),
        is_passed_on=pl.lit(True),
    )  # fmt: skip


def _to_others(sample: Sample) -> pl.DataFrame:
    """Gifts to another committee, every other one through WinRed, one of each donor."""
    donors = roster(sample, "fec", OTHER_DONORS)
    rng, size = stream(sample.state.seed, "fec"), len(donors)
    gifts = donors.with_columns(
        gift=10**9 + np.arange(size),
        donor=10**9 + np.arange(size),
        day=ANCHOR - rng.integers(20, 600, size),
        dollars=np.array((250, 500, 1000, 2000))[rng.integers(0, 4, size)],
        refund=10**6,
        recipient=pl.lit(OTHERS),
        conduit=pl.lit(WINRED),
        is_passed_on=rng.random(size) < 0.5,
        occupation=pl.lit("RETIRED"),
        employer=pl.lit("NONE"),
    )
    is_here = pl.col("is_here") & (pl.col("day") <= day(sample.snapshot.as_of))
    return gifts.filter(is_here).select(
        *_donor(), "gift", "donor", "day", "dollars", "refund", "recipient", "conduit", "is_passed_on"
    )


def _donor() -> list[pl.Expr | str]:
    return [
        (pl.col("last_name") + ", " + pl.col("first_name")).alias("name"),
        "city", "state_code", (pl.col("zip5") + "1234").alias("zip"), "employer", "occupation", "ncid", "person_number",
    ]  # fmt: skip


def _memos(own: pl.DataFrame) -> pl.DataFrame:
    """By recipient and quarter one memo of what came through ActBlue."""
    quarter = pl.col("day").cast(pl.Int32).cast(pl.Date).dt.truncate("1q")
    memos = own.filter((pl.col("conduit") == ACTBLUE) & pl.col("is_passed_on")).group_by(
        "recipient", "filer", quarter.alias("quarter"), maintain_order=True
    ).agg(pl.col("dollars").sum(), pl.col("day").max())  # fmt: skip
    first = pl.when(pl.col("recipient") == OURS).then(0).otherwise(10**5)
    return memos.with_columns(
        gift=first + (pl.col("quarter").dt.year() * 4 + pl.col("quarter").dt.quarter()).cast(pl.Int64),
        kind=pl.lit("memo"),
        type=pl.lit("15"),
        other=pl.lit(ACTBLUE),
        name=pl.lit("ACTBLUE"),
        state_code=pl.lit("MA"),
    ).drop("quarter")


def _reported(entries: pl.DataFrame) -> pl.DataFrame:
    """The entries with the report in which each stands, and when that was filed: conduits report by the month, others by the quarter."""
    c = pl.col
    when = c("day").cast(pl.Int32).cast(pl.Date)
    year, month, quarter = when.dt.year(), when.dt.month().cast(pl.Int32), when.dt.quarter().cast(pl.Int32)
    is_conduit = c("filer").is_in((ACTBLUE, WINRED))
    last_month = pl.when(is_conduit).then(month).otherwise(quarter * 3)
    filer = c("filer").replace_strict({row[0]: n for n, row in enumerate(COMMITTEES)}, return_dtype=pl.Int64)
    return entries.with_columns(
        year=year,
        report=pl.when(last_month == 12).then(pl.lit("YE")).when(is_conduit).then("M" + (month + 1).cast(pl.String))
        .otherwise("Q" + quarter.cast(pl.String)),
        filed=pl.date(year, last_month, 1).dt.month_end() + pl.when(is_conduit).then(pl.duration(days=10)).otherwise(pl.duration(days=15)),
        file=1_000_000 + filer * 10_000 + (year - 2000) * 100 + last_month,
    )  # fmt: skip


def _given_out(entries: pl.DataFrame, made: date) -> pl.DataFrame:
    """What the Commission gives out on a day: of reports filed by then, and not what an amended one has replaced."""
    replaced = pl.col("replaced") & (made >= AMENDED_ON)
    return entries.filter((pl.col("filed") <= made) & ~replaced).sort("filed", "SUB_ID")


def _as_written(rows: pl.DataFrame) -> pl.DataFrame:
    """The 21 fields of each entry."""
    c = pl.col
    recipients = {number: name for number, name, *_ in COMMITTEES}
    earmarked = "EARMARKED FOR " + c("recipient").replace_strict(recipients) + " (" + c("recipient") + ")"
    return rows.select(
        c("filer").alias("CMTE_ID"),
        c("amendment").alias("AMNDT_IND"),
        c("report").alias("RPT_TP"),
        ("G" + c("year").cast(pl.String)).alias("TRANSACTION_PGI"),
        (c("filed").dt.strftime("%Y%m%d") + "9700000001").alias("IMAGE_NUM"),
        c("type").alias("TRANSACTION_TP"),
        pl.when(c("kind") == "memo").then(pl.lit("PAC")).otherwise(pl.lit("IND")).alias("ENTITY_TP"),
        c("name").alias("NAME"),
        c("city").alias("CITY"),
        c("state_code").alias("STATE"),
        c("zip").alias("ZIP_CODE"),
        c("employer").alias("EMPLOYER"),
        c("occupation").alias("OCCUPATION"),
        c("day").cast(pl.Int32).cast(pl.Date).dt.strftime("%m%d%Y").alias("TRANSACTION_DT"),
        c("dollars").cast(pl.String).alias("TRANSACTION_AMT"),
        c("other").alias("OTHER_ID"),
        (c("kind").replace("amended", "own").str.to_uppercase() + c("gift").cast(pl.String)).alias("TRAN_ID"),
        c("file").cast(pl.String).alias("FILE_NUM"),
        pl.when(c("kind") == "memo").then(pl.lit("X")).otherwise(pl.lit("")).alias("MEMO_CD"),
        pl.when(c("kind") == "conduit").then(earmarked).when(c("type") == "15E").then(pl.lit("* EARMARKED CONTRIBUTION: SEE BELOW"))
        .otherwise(pl.lit("")).alias("MEMO_TEXT"),
        "SUB_ID",
    )  # fmt: skip


def _committee(number: str, name: str, designation: str, kind: str, candidate: str) -> tuple[str, ...]:
    """The 15 fields of a committee."""
    return (
        number, name, "DOE, PAT", "PO BOX 1", "", "RALEIGH", "NC", "27601", designation, kind, "", "Q", "", "", candidate,
    )  # fmt: skip


def _write(path: Path, rows: pl.DataFrame, made: date) -> Path:
    return write_file(path, None, lambda start, end: rows[start:end], len(rows), made, PLAIN)
