"""`make bench-identity`: how well people are resolved on labelled data, beside Splink as its documentation sets it up, in the same
run. No threshold or parameter was fitted to the labels; rules and blocking were written with wrong links of FEBRL and the sample in
view. Prints one table; it judges nothing."""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import splink
import splink.comparison_library as cl
from splink import block_on
from splink.internals.duckdb.database_api import DuckDBAPI

from orchestration.identity import blocking
from orchestration.identity.resolve import resolve
from orchestration.sample.layouts import nc
from orchestration.sample.layouts.text import Sample
from orchestration.sample.life import build_state
from orchestration.sample.people import SAMPLE_AS_OF
from orchestration.sample.regions import REGIONS
from orchestration.sample.roster import roster
from orchestration.sample.snapshot import address_residences, take_snapshot
from orchestration.sample.turnout import hold_elections

DOCUMENTED = 0.95  # Splink's probability in its examples of clusters
# What Splink compares a column by in its examples.
COMPARISONS = {
    "first_name": cl.NameComparison("first_name"),
    "last_name": cl.NameComparison("last_name"),
    "middle_name": cl.ExactMatch("middle_name"),
    "birth_date": cl.DateOfBirthComparison("birth_date", input_is_string=True, datetime_format="%Y%m%d"),
    "birth_year": cl.ExactMatch("birth_year"),
    "house": cl.LevenshteinAtThresholds("house", [1, 2]),
    "street": cl.JaroWinklerAtThresholds("street", [0.9, 0.7]),
    "city": cl.JaroWinklerAtThresholds("city", [0.9, 0.7]),
    "zip5": cl.LevenshteinAtThresholds("zip5", [1, 2]),
    "phone": cl.ExactMatch("phone"),
    "email": cl.EmailComparison("email"),
}


@dataclass(frozen=True)
class Case:
    """Labelled data, what of it counts, and what Splink is told of it: keys of pairs, keys that are nearly sure, keys to train by."""

    name: str
    file: str
    duplicate_free: tuple[str, ...]
    counted: str  # which pairs of records `a` and `b` count
    blocks: tuple[tuple[str, ...], ...]
    sure: tuple[tuple[str, ...], ...]
    training: tuple[tuple[str, ...], ...]


_FEBRL = (
    (("first_name",), ("last_name",), ("birth_date",), ("zip5",)),
    (("first_name", "birth_date"), ("last_name", "birth_date"), ("first_name", "last_name", "zip5")),
    (("birth_date",), ("first_name", "last_name")),
)
CASES = (
    Case("FEBRL4", "febrl4", ("A", "B"), "a.source = 'A' and b.source = 'B'", *_FEBRL),
    Case("FEBRL3", "febrl3", (), "a.record_id < b.record_id", *_FEBRL),
    Case(
        "census to W-2",
        "pseudopeople",
        ("census",),
        "a.source = 'census' and b.source = 'w2'",
        (("first_name", "last_name"), ("last_name", "house"), ("first_name", "street"), ("street", "house")),
        (("first_name", "last_name", "house"), ("first_name", "last_name", "street")),
        (("first_name", "last_name"), ("street", "house")),
    ),
    Case(
        "sample state",
        "state",
        ("voters",),
        "a.record_id < b.record_id",
        (("first_name", "last_name"), ("last_name", "zip5"), ("first_name", "zip5"), ("phone",), ("email",), ("street", "house")),
        (("first_name", "last_name", "street", "house"), ("first_name", "last_name", "phone"), ("first_name", "email")),
        (("first_name", "last_name"), ("street", "house")),
    ),
)  # fmt: skip


def main() -> None:
    """Make the sample state, resolve all cases each way, print."""
    options = argparse.ArgumentParser()
    options.add_argument("--data", type=Path, required=True, help="where bench_identity_data.py has written")
    options.add_argument("--voters", type=int, default=20_000, help="of the sample state")
    options.add_argument("--only", choices=[case.file for case in CASES])
    given = options.parse_args()
    logging.getLogger("splink").setLevel(logging.ERROR)
    heads = ("records", "pairs looked at", "precision", "recall", "F1", "mixed", "CPU s")
    print(f"{'case':<16}{'by':<34}" + "".join(f"{head:>16}" for head in heads))
    for case in CASES:
        if given.only in (None, case.file):
            if case.file == "state":
                write_state(given.data / "state.parquet", given.voters)
            for by, figures in measure(case, given.data):
                print(f"{case.name:<16}{by:<34}" + "".join(f"{figure:>16}" for figure in figures), flush=True)
    print(
        "pairs looked at: the share of true pairs that a key brings together. mixed: the share of people made of several."
    )


def measure(case: Case, data: Path):
    """Each way of resolving a case, with its figures."""
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute(f"create table truth as select * from read_parquet('{data / case.file}.parquet')")
        con.execute("create view given as select * exclude person from truth")
        began = time.process_time()
        resolve(con, "given", "resolved", case.duplicate_free)
        took = time.process_time() - began
        yield "groundgame resolve", judge(con, case, took, share_looked_at(con, case))
        for free in [()] + [case.duplicate_free] * bool(case.duplicate_free):
            began = time.process_time()
            plain_splink(con, case, free)
            took = time.process_time() - began
            yield f"Splink as documented{', one to one' if free else ''}", judge(con, case, took)


def plain_splink(con: duckdb.DuckDBPyConnection, case: Case, duplicate_free: tuple[str, ...]) -> None:
    """Resolve as Splink's examples do: its comparisons, random pairs for u, expectation maximisation for m, components."""
    has = [name for name, *_ in con.execute("describe truth").fetchall()]
    database = DuckDBAPI(con)
    sources = [source for (source,) in con.execute("select distinct source from given order by all").fetchall()]
    for source in sources:
        con.execute(f"create or replace table {source} as select * from given where source = '{source}'")
    linker = splink.Linker(
        [database.register(source, dataset_display_name=source) for source in sources],
        splink.SettingsCreator(
            link_type="dedupe_only"
            if len(sources) == 1
            else "link_only"
            if set(sources) == set(case.duplicate_free)
            else "link_and_dedupe",
            unique_id_column_name="record_id",
            comparisons=[comparison for column, comparison in COMPARISONS.items() if column in has],
            blocking_rules_to_generate_predictions=[block_on(*columns) for columns in case.blocks],
        ),
        log_level=None,
    )
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*columns) for columns in case.sure], recall=0.8
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for columns in case.training:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    if duplicate_free:
        found = linker.clustering.cluster_using_single_best_links(
            pairs, duplicate_free_datasets=list(duplicate_free), threshold_match_probability=DOCUMENTED
        )
    else:
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_probability=DOCUMENTED
        )
    con.execute(
        f"create or replace table resolved as select record_id, cluster_id as person_id from {found.physical_name}"
    )


def judge(con: duckdb.DuckDBPyConnection, case: Case, took: float, looked_at: float | None = None) -> list[str]:
    """The figures of `resolved` against `truth`."""
    [(records, right, made, true, people, mixed)] = con.execute(f"""
        with known as (select truth.record_id, person, source, person_id from truth join resolved using (record_id)),
        people as (select person_id, count(distinct person) as persons from known group by person_id)
        select (select count(*) from known),
            (select count(*) from known as a join known as b using (person_id, person) where {case.counted}),
            (select count(*) from known as a join known as b using (person_id) where {case.counted}),
            (select count(*) from known as a join known as b using (person) where {case.counted}),
            (select count(*) from people), (select count(*) from people where persons > 1)
    """).fetchall()
    return [
        f"{records:,}",
        "" if looked_at is None else f"{looked_at:.4f}",
        f"{right / made:.4f}",
        f"{right / true:.4f}",
        f"{2 * right / (made + true):.4f}",
        f"{100 * mixed / people:.2f} %",
        f"{took:.0f}",
    ]


def share_looked_at(con: duckdb.DuckDBPyConnection, case: Case) -> float:
    """Of the true pairs, those that some key brings together or that say the same."""
    blocking.candidate_pairs(con, "person_descriptions", "looked_at")
    [(share,)] = con.execute(f"""
        with known as (
            select truth.*, description from truth join normalised using (record_id) join described using (n)
        ),
        pairs as (
            select a.description as a, b.description as b
            from known as a join known as b using (person) where {case.counted}
        )
        select avg(cast(a = b or (least(a, b), greatest(a, b)) in (select (join_key_l, join_key_r) from looked_at) as integer))
        from pairs
    """).fetchall()
    return share


def write_state(file: Path, voters: int) -> None:
    """The sample state's voter file, with birth years alone, and four sources of which each knows something else of people. A
    quarter of the sources' records are of people who are in no voter file."""
    state = build_state(voters, 7, REGIONS["NC"])
    sample = Sample(state, hold_elections(state), take_snapshot(state, SAMPLE_AS_OF), address_residences(state))
    with tempfile.TemporaryDirectory() as folder:
        text = nc.write(Path(folder), sample)[0].read_bytes().decode("latin-1")
    persons = roster(sample, "everyone", 1.0).select("ncid", "person").drop_nulls()
    parts = [
        pl.read_csv(text.encode(), separator="\t", infer_schema=False)
        .join(persons, on="ncid", how="left")
        .select(
            pl.concat_str(pl.lit("v"), "ncid").alias("record_id"),
            pl.lit("voters").alias("source"),
            pl.coalesce(pl.col("person").cast(pl.String), "ncid").alias("person"),
            "first_name",
            "middle_name",
            "last_name",
            pl.col("name_suffix_lbl").alias("name_suffix"),
            pl.col("gender_code").alias("sex_code"),
            "birth_year",
            pl.col("res_street_address").alias("address"),
            pl.col("res_city_desc").alias("city"),
            pl.col("state_cd").alias("state_code"),
            pl.col("zip_code").alias("zip5"),
            pl.col("full_phone_number").alias("phone"),
        )
    ]
    home = ["address", "city", "state_code", "zip5"]
    for source, share, reached_by, columns in (
        ("donors", 0.15, None, ["middle_name", *home, "email", "phone"]),
        ("web", 0.15, "email", ["zip5", "email", "phone"]),
        ("consumer", 0.5, None, ["middle_name", "sex_code", "birth_year", *home]),
        ("shop", 0.2, "phone", [*home, "phone"]),
    ):
        known = (
            roster(sample, source, share, reached_by).filter("is_here").rename({"street": "address", "sex": "sex_code"})
        )
        parts.append(
            known.with_columns(pl.col("birth_date").dt.year().cast(pl.String).alias("birth_year")).select(
                pl.concat_str(pl.lit(source), "person").alias("record_id"),
                pl.lit(source).alias("source"),
                pl.col("person").cast(pl.String),
                "first_name",
                "last_name",
                *columns,
            )
        )
    pl.concat(parts, how="diagonal").with_columns(
        house=pl.col("address").str.extract(r"^(\d+) "), street=pl.col("address").str.extract(r"^\d+ (.*)")
    ).with_columns(pl.col(pl.String).replace("", None)).write_parquet(file)


if __name__ == "__main__":
    main()
