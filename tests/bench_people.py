"""The parts of `make bench-identity` on people from run to run: what becomes of their ids in ten monthly snapshots, and what new
records take."""

from __future__ import annotations

import resource
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from orchestration.identity import people
from orchestration.settings import Limits, Settings
from orchestration.warehouse import Warehouse, limits, text_literal
from tests import bench_state, pipeline

MONTHS = [date(2026, month, 21) for month in range(1, 12)]  # the first, and ten after it
EVENTS = ("created", "absorbed", "split", "merged", "ended")


def months(records: int) -> Iterator[dict[str, str]]:
    """What became of people with each of ten monthly snapshots of a state of about so many records, of all its sources. Of the people none
    of whose records changed all keep their ids but those `joined` with somebody, since another's changed record shows them to be one or no
    longer leaves two to choose from, and those `parted`, where it leaves two: one part keeps the id.

    Raises:
        SystemExit: it is not so.
    """
    state = bench_state.state_of(records)
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("create table is_now (record_id varchar); create table held (record_id varchar, person_id varchar)")
        for as_of in MONTHS:
            con.register("delivered", bench_state.records_of(state, as_of))
            con.execute("drop table if exists was; alter table is_now rename to was")
            con.execute("create table is_now as select * exclude (person, house, street) from delivered")
            bench_state.bring_in(con, "is_now", as_of)
            people.refresh(con, str(as_of))
            bench_state.taken_out(con, "holds")
            if as_of != MONTHS[0]:
                yield {"month": f"{as_of:%Y-%m}", **_churn(con, str(as_of))}
            con.execute("create or replace table held as from holds")


def _churn(con: duckdb.DuckDBPyConnection, run: str) -> dict[str, str]:
    [(now, unchanged, people_now, still, kept, joined, parted)] = con.execute("""
        with unchanged as (select record_id from (from was intersect from is_now)),
        sizes as (select person_id, count(*) as records from holds group by person_id),
        of_these as (
            select
                bool_and(coalesce(holds.person_id = held.person_id, false)) as is_kept,
                count(distinct holds.person_id) = 1 and any_value(sizes.records) > count(*) as is_joined,
                count(distinct holds.person_id) > 1 and bool_or(holds.person_id = held.person_id) as is_parted
            from held left join holds using (record_id) left join sizes on sizes.person_id = holds.person_id
            group by held.person_id having bool_and(record_id in (from unchanged))
        )
        select (select count(*) from is_now), (select count(*) from unchanged), (select count(distinct person_id) from holds),
            count(*), count(*) filter (where is_kept), count(*) filter (where is_joined and not is_kept),
            count(*) filter (where is_parted)
        from of_these
    """).fetchall()
    if kept + joined + parted < still:
        raise SystemExit(
            f"{still - kept - joined - parted} people whose records did not change have another id in the run {run}."
        )
    counts = dict(
        con.execute("select event, count(*) from identity.person_events where run = ? group by event", [run]).fetchall()
    )
    return {
        "records": f"{now:,}",
        "unchanged": f"{unchanged:,}",
        "people": f"{people_now:,}",
        "unchanged people": f"{still:,}",
        "keep their id": f"{kept / still:.2%}",
        "joined": f"{joined:,}",
        "parted": f"{parted:,}",
        **{event: f"{counts.get(event, 0):,}" for event in EVENTS},
    }


def bring_in(file: Path, new: int) -> None:
    """Lay the records in `file` into a warehouse of their own beside it, where the step finds them; of these the last `new` are new to it."""
    settings, as_of = _settings(file), MONTHS[-1]
    shutil.rmtree(settings.data_dir, ignore_errors=True)
    settings.make_directories()
    with duckdb.connect(str(settings.warehouse), config=limits(settings.limits, settings.scratch)) as con:
        con.execute(f"create temp view given as select * exclude person from read_parquet({text_literal(file)})")
        if new:
            # By a hash, so that the new ones are of all sources.
            con.execute("create temp table last as select record_id from given order by md5(record_id) limit ?", [new])
            con.execute("create temp view first_given as select * from given anti join last using (record_id)")
            bench_state.bring_in(con, "first_given", as_of)
            people.refresh(con, "first")
        bench_state.bring_in(con, "given", as_of)


def run(file: Path, out: Path) -> tuple[float, float, float, int]:
    """Resolve what was brought in by the step of the pipeline, as the pipeline opens its warehouse, and write `record_id` and `person_id` to `out`
    as Parquet. Returns the seconds, CPU seconds and GiB that this process has taken by the end of the step, and how many pairs were weighed."""
    with Warehouse(_settings(file)).open() as con:
        began, worked = time.monotonic(), time.process_time()
        people.refresh(con, "last")
        seconds, cpu = time.monotonic() - began, time.process_time() - worked
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        [(is_there,)] = con.execute("select count(*) from duckdb_tables() where table_name = 'weighed'").fetchall()
        [(weighed,)] = con.execute("select count(*) from weighed").fetchall() if is_there else [(0,)]
        bench_state.taken_out(con, "resolved")
        con.execute(f"copy resolved to {text_literal(out)} (format parquet)")
    return seconds, cpu, memory, weighed


def _settings(file: Path) -> Settings:
    return replace(pipeline.settings_for(file.parent / "campaign"), limits=Limits.load())


if __name__ == "__main__":
    bring_in(Path(sys.argv[1]), int(sys.argv[2]))
