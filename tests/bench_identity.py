"""`make bench-identity`: how well people are resolved and families told on labelled data, beside plain ways in the same run, with time and
memory of each; and what becomes of people's ids in ten months. No threshold or parameter was fitted to the labels; rules and blocking were
written with wrong links of FEBRL and the sample in view. It judges nothing but that ids stay."""

from __future__ import annotations

import argparse
import json
import logging
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import splink
import splink.comparison_library as cl
from splink import block_on
from splink.internals.duckdb.database_api import DuckDBAPI
from splink.internals.exceptions import SplinkException

from orchestration.errors import ran_out
from orchestration.identity import blocking
from orchestration.identity.resolve import resolve
from orchestration.settings import GIB, Limits
from orchestration.warehouse import limits, text_literal
from tests import bench_families, bench_people

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
    between: tuple[str, str] | None  # the two sources whose pairs count; all pairs if none
    blocks: tuple[tuple[str, ...], ...]
    sure: tuple[tuple[str, ...], ...]
    training: tuple[tuple[str, ...], ...]


_FEBRL = (
    (("first_name",), ("last_name",), ("birth_date",), ("zip5",)),
    (("first_name", "birth_date"), ("last_name", "birth_date"), ("first_name", "last_name", "zip5")),
    (("birth_date",), ("first_name", "last_name")),
)
CASES = (
    Case("FEBRL4", "febrl4", ("A", "B"), ("A", "B"), *_FEBRL),
    Case("FEBRL3", "febrl3", (), None, *_FEBRL),
    Case(
        "census to W-2",
        "pseudopeople",
        ("census",),
        ("census", "w2"),
        (("first_name", "last_name"), ("last_name", "house"), ("first_name", "street"), ("street", "house")),
        (("first_name", "last_name", "house"), ("first_name", "last_name", "street")),
        (("first_name", "last_name"), ("street", "house")),
    ),
    Case(
        "sample state",
        "state",
        ("voters",),
        None,
        (("first_name", "last_name"), ("last_name", "zip5"), ("first_name", "zip5"), ("phone",), ("email",), ("street", "house")),
        (("first_name", "last_name", "street", "house"), ("first_name", "last_name", "phone"), ("first_name", "email")),
        (("first_name", "last_name"), ("phone",)),
    ),
)  # fmt: skip
RESOLVE, RUN, PLAIN, ONE_TO_ONE = "groundgame resolve", "groundgame run", "Splink as documented", "Splink, one to one"
HEADS = ("records", "blocking recall", "pairs weighed", "precision", "recall", "F1", "mixed", "seconds", "CPU s", "GiB")


def main() -> None:
    """Resolve all cases each way, each in a process of its own, tell families, go through the months, print."""
    options = argparse.ArgumentParser()
    options.add_argument("--data", type=Path, required=True, help="where bench_identity_data.py has written")
    options.add_argument("--records", type=int, nargs="+", default=[50_000], help="about so many in the sample state")
    options.add_argument("--new", type=int, default=1_000, help="of these so many come after the others")
    options.add_argument("--within", type=int, default=600, help="seconds after which a way of resolving is stopped")
    options.add_argument("--months", type=int, default=10_000, help="records of the state that goes through ten months")
    options.add_argument("--only", choices=[*(case.file for case in CASES), "families", "months"])
    options.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # case and way: what a child measures
    given = options.parse_args()
    if given.one:
        name, way = given.one
        case = next(case for case in CASES if case.file == name)
        print(json.dumps(measure(case, way, given.data / f"{case.file}.parquet")))
        return
    wanted = [given.only] if given.only else [*(case.file for case in CASES), "families", "months"]
    print(f"{'case':<16}{'by':<36}" + "".join(f"{head:>16}" for head in HEADS))
    for case in CASES:
        if case.file in wanted:
            for figures in measured(case, given):
                print_row(case.name, **figures)
    if "families" in wanted:
        for relation, figures in bench_families.measure(given.data):
            print_row(relation, **figures)
    print(
        "blocking recall: the share of true pairs that a key, or of families one address on file, brings together. mixed: the share of people made of several. "
        "seconds, CPU s: of resolving. GiB: the most that its process had, Python and libraries too; DuckDB may take "
        f"{Limits.load().memory / GIB:.1f} of it (GROUNDGAME_MEMORY) and then spills. {RUN}: its step alone, the records in the warehouse's file as the "
        f"steps before leave them; the others in memory. Whatever takes longer than {given.within} s is stopped (WITHIN); no room: memory "
        "and disk that DuckDB may take were not enough.\n"
    )
    if "months" in wanted:
        for place, month in enumerate(bench_people.months(given.months)):
            if not place:
                print("".join(f"{head:>17}" for head in month))
            print("".join(f"{figure:>17}" for figure in month.values()), flush=True)
        print(
            "joined, parted: people none of whose records changed, and whom somebody else's changed record made one or left two to choose from."
        )


def print_row(case: str, by: str, **figures: str) -> None:
    """One line of the table; what has no figure stays empty."""
    print(f"{case:<16}{by:<36}" + "".join(f"{figures.get(head, ''):>16}" for head in HEADS), flush=True)


def measured(case: Case, given: argparse.Namespace) -> Iterator[dict[str, str]]:
    """The figures of each way of resolving a case."""
    file = given.data / f"{case.file}.parquet"
    for records in given.records if case.file == "state" else [0]:
        ways = [(RESOLVE, 0), (PLAIN, 0)]
        if case.duplicate_free:
            ways.append((ONE_TO_ONE, 0))
        if records:
            _python("tests.bench_state", records, file)
            ways[1:1] = [(RUN, new) for new in dict.fromkeys((0, given.new))]
        for way, new in ways:
            if way == RUN:
                _python("tests.bench_people", file, new)
            by = f"{way}, {new:,} new records" if new else way
            try:
                figures = json.loads(
                    _python("tests.bench_identity", "--data", given.data, "--one", case.file, way, within=given.within)
                )
            except subprocess.TimeoutExpired:
                figures = {"seconds": f"not within {given.within} s"}
            yield {"by": by, **figures}


def _python(module: str, *words: object, within: int | None = None) -> str:
    """What a module prints in a process of its own; `subprocess.TimeoutExpired` if it takes more than `within` seconds."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True, timeout=within
    )
    return done.stdout


def measure(case: Case, way: str, file: Path) -> dict[str, str]:
    """The figures of one way; what the step of the pipeline resolves was brought in by `bench_people`."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    with duckdb.connect(config=limits(Limits.load(), file.parent)) as con:
        con.execute(f"create view truth as from read_parquet({text_literal(file)})")
        con.execute("create view given as select * exclude person from truth")
        began, worked, weighed, looked_at = time.monotonic(), time.process_time(), None, None
        if way == RUN:
            out = file.parent / "campaign" / "resolved.parquet"
            seconds, cpu, memory, weighed = bench_people.run(file, out)
            con.execute(f"create table resolved as from read_parquet({text_literal(out)})")
        else:
            try:
                if way == RESOLVE:
                    resolve(con, "given", "resolved", case.duplicate_free)
                    [(weighed,)] = con.execute("select count(*) from person_pairs").fetchall()
                else:
                    plain_splink(con, case, case.duplicate_free if way == ONE_TO_ONE else ())
            except (duckdb.Error, SplinkException) as error:
                if ran_out(error, file.parent):
                    return {"seconds": "no room for it"}
                raise
            seconds, cpu = time.monotonic() - began, time.process_time() - worked
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        if way == RESOLVE:
            looked_at = share_looked_at(con, case)
        return {
            **({} if looked_at is None else {"blocking recall": f"{looked_at:.4f}"}),
            **({} if weighed is None else {"pairs weighed": f"{weighed:,}"}),
            **judge(con, case),
            "seconds": f"{seconds:.1f}",
            "CPU s": f"{cpu:.1f}",
            "GiB": f"{memory:.1f}",
        }


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
            retain_matching_columns=False,  # not the values of millions of pairs, which clusters need none of
        ),
        log_level=None,
    )
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*columns) for columns in case.sure], recall=0.8
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for columns in case.training:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    pairs = linker.inference.predict(threshold_match_probability=DOCUMENTED)
    if duplicate_free:
        # Each round brings at most one more record to a cluster: 19 rounds for 50,000 records, more than 150 for a million. To drop
        # ties, the other way that Splink has, finds F1 .810 and not .809 of the 50,000, and fills tens of GiB of disk for a million.
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


def judge(con: duckdb.DuckDBPyConnection, case: Case) -> dict[str, str]:
    """The figures of `resolved` against `truth`."""
    # Counted by group, since a group may be so large that nobody wants to see its pairs.
    pairs = "count(*) * (count(*) - 1) / 2"
    if case.between:
        one, other = case.between
        pairs = f"count(*) filter (where source = '{one}') * count(*) filter (where source = '{other}')"
    [(records, right, made, true, people, mixed)] = con.execute(f"""
        with known as (select record_id, person, source, person_id from truth join resolved using (record_id)),
        people as (select person_id, count(distinct person) as persons, {pairs} as pairs from known group by person_id)
        select (select count(*) from known),
            (select sum(pairs) from (select {pairs} as pairs from known group by person_id, person)),
            (select sum(pairs) from people),
            (select sum(pairs) from (select {pairs} as pairs from known group by person)),
            (select count(*) from people), (select count(*) from people where persons > 1)
    """).fetchall()
    return {
        "records": f"{records:,}",
        "precision": f"{right / made:.4f}",
        "recall": f"{right / true:.4f}",
        "F1": f"{2 * right / (made + true):.4f}",
        "mixed": f"{mixed / people:.3%}",
    }


def share_looked_at(con: duckdb.DuckDBPyConnection, case: Case) -> float:
    """Of the true pairs, those that some key brings together or that say the same."""
    counted = (
        "a.source = '{}' and b.source = '{}'".format(*case.between) if case.between else "a.record_id < b.record_id"
    )
    blocking.candidate_pairs(con, "person_descriptions", "looked_at")
    [(share,)] = con.execute(f"""
        with known as (
            select truth.*, description from truth join normalised using (record_id) join described using (n)
        ),
        pairs as (
            select a.description as a, b.description as b
            from known as a join known as b using (person) where {counted}
        )
        select avg(cast(a = b or (least(a, b), greatest(a, b)) in (select (join_key_l, join_key_r) from looked_at) as integer))
        from pairs
    """).fetchall()
    return share


if __name__ == "__main__":
    main()
