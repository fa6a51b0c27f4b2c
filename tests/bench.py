"""`make bench VOTERS="n m" STATE=NC`: how long each step takes against the floor, a bare DuckDB read of the same files,
measured in the same run on the same threads, and how that grows with the state. Prints ratios, since machines are noisy; it
judges nothing.

Seconds that do not grow with the state (imports, dbt's and Dagster's own work) are told apart by a run on 1,000 voters.
With `SOURCES=1` the files of all of the campaign's sources lie beside the voter file. Of several states (`STATE="NC OH"`) it
prints one table: the raw step of each, with the first number of voters. With `NEWER=1` it measures instead what a newer voter
file and a newer export of donations take, against all files at once from nothing, of voters and donors or with `SOURCES=1` of all; with `EXPORT=1` what a list of that many voters takes by
each channel, and a count.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from orchestration.exporting.law import Law
from orchestration.ingestion import load
from orchestration.ingestion.contracts import all_contracts, contracts_of
from orchestration.ingestion.inbox import members, opened
from orchestration.ingestion.recognise import recognise
from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.settings import ROOT, Limits, Settings, read_campaign
from orchestration.warehouse import limits
from tests import published

FEW = 1_000
WHOLE = "whole refresh"
LATER = timedelta(days=9)
# Runs a command and prints its peak memory in KiB. A child of ours would count what we took as its own.
WITH_ITS_PEAK = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


@dataclass(frozen=True)
class Measured:
    """One size of a state: its records, the seconds of both reads and of each step, the peak memory in GiB."""

    voters: int
    records: int
    floor: float
    read: float
    steps: dict[str, float]
    memory: float


def main() -> None:
    """Generate, measure, print."""
    options = argparse.ArgumentParser()
    options.add_argument("--voters", type=int, nargs="+", default=[1_000_000])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--state", default=["NC"], type=str.upper, nargs="+")
    options.add_argument("--newer", action="store_true")
    options.add_argument("--sources", action="store_true")
    options.add_argument("--export", action="store_true")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="groundgame-bench-") as folder:
        base = Path(folder)
        campaign = base / "campaign.yaml"
        text = (ROOT / "campaign.yaml").read_text(encoding="utf-8")
        states = f"states: [{', '.join(arguments.state)}]"
        campaign.write_text(re.sub(r"^states: .*$", states, text, flags=re.M), encoding="utf-8")
        os.environ["GROUNDGAME_CAMPAIGN"] = str(campaign)
        if len(arguments.state) > 1:
            raw_steps(base, arguments.voters[0], arguments.seed, arguments.state)
            return
        if arguments.export:
            lists(base, arguments.voters[0])
            return
        (state,) = arguments.state
        if arguments.newer:
            newer_file(base, arguments.voters[0], arguments.seed, state, arguments.sources)
            return
        sizes = (FEW, *sorted(arguments.voters))
        report([measure(base, voters, arguments.seed, state, arguments.sources) for voters in sizes])


def measure(base: Path, voters: int, seed: int, state: str, sources: bool) -> Measured:
    """Generate a state of one size and read and refresh it, in a folder that is gone afterwards."""
    folder = base / str(voters)
    settings = Settings(folder / "data", read_campaign(ROOT / "campaign.yaml"))
    started = time.monotonic()
    write_sample(settings.inbox, voters, seed, state=state, campaign=sources)
    print(f"generated {voters:,} voters of {state} in {time.monotonic() - started:.1f} s", flush=True)
    files = sorted(settings.inbox.iterdir())
    floor = sum(bare_read(folder / "floor.duckdb", file) for file in files)
    read = sum(our_read(folder / "read.duckdb", file) for file in files)
    steps, memory = refresh(settings)
    with duckdb.connect(str(settings.warehouse), config=limits(Limits.load(), settings.data_dir)) as con:
        [(records,)] = con.execute("select sum(records_read)::bigint from meta.deliveries").fetchall()
        unpivoted = unpivot(con, state)
        if unpivoted:
            print("unpivot / floor: {:.2f} ({:,} votes, {:.1f} s)".format(unpivoted[0] / floor, *reversed(unpivoted)))
    shutil.rmtree(folder)
    return Measured(voters, records, floor, read, steps, memory)


def newer_file(base: Path, voters: int, seed: int, state: str, sources: bool) -> None:
    """Print the seconds of each step for a voter file of `LATER`, in which one voter in a hundred has another record, then for an export of
    that day's donations, and for all files at once from nothing. Beside the voter file lie donations alone, or the files of all `sources`."""
    early = write_sample(base / "first", voters, seed, state=state, campaign=True)
    late = write_sample(base / "later", voters, seed, SAMPLE_AS_OF + LATER, state, campaign=True)
    donations = [[f for f in sample.campaign_files if "actblue_contributions" in f.name] for sample in (early, late)]
    newer = {
        "newer voters": [file for file in late.files if "his" not in file.name.lower()],
        "newer donations": donations[1],
    }
    campaign = read_campaign(ROOT / "campaign.yaml")
    by_turns, at_once = (Settings(base / name, campaign) for name in ("by_turns", "at_once"))

    def deliver(settings: Settings, files: Iterable[Path], when: str) -> None:
        settings.make_directories()
        for file in files:
            shutil.copy2(file, settings.inbox / f"{when}_{file.name}")

    for settings in (by_turns, at_once):
        deliver(settings, (*early.files, *(early.campaign_files if sources else donations[0])), "first")
    refresh(by_turns)
    after = {}
    for what, files in newer.items():
        for settings in (by_turns, at_once):
            deliver(settings, files, "newer")
        after[what], _ = refresh(by_turns)
    whole, _ = refresh(at_once)
    with duckdb.connect(str(by_turns.warehouse), config=limits(Limits.load(), base)) as con:
        [(changed,)] = con.execute("select count(distinct voter_id) from intermediate.int_changed_records").fetchall()
    print(
        f"{voters:,} voters of {state}, of whom {changed:,} ({changed / voters:.1%}) have another record {LATER.days} days later\n"
    )
    print(f"{'step':<22}" + "".join(f"{what:>16}{'':>6}" for what in after) + f"{'from nothing':>14}   seconds")
    for step, seconds in whole.items():
        parts = "".join(f"{times[step]:>16.1f}{times[step] / seconds:>6.0%}" for times in after.values())
        print(f"{step:<22}{parts}{seconds:>14.1f}")


def bare_read(database: Path, file: Path) -> float:
    """Seconds of a bare `CREATE TABLE AS read_csv` (`read_json`) of what was delivered, a table a file, until it is stored: the
    floor. DuckDB unpacks gzip, but no zip."""
    seconds = 0.0
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database), config=limits(Limits.load(), database.parent)) as con:
        for number, part in enumerate(members(file)):
            with opened(file, database.parent, part.place) as held:
                match, scan = recognise(held.path, held.name, all_contracts())
                if match.form.json_lines:
                    statement, values = (
                        "read_json(?, format = 'newline_delimited', ignore_errors = true)",
                        [str(held.path)],
                    )
                else:
                    statement = "read_csv(?, auto_detect = false, header = ?, delim = ?, quote = ?, escape = ?, encoding = ?, columns = ?)"
                    values = [
                        str(file if file.suffix == ".gz" else held.path), match.form.header,
                        match.form.delimiter or load.IN_NO_TEXT, match.form.quote, match.form.quote, scan.encoding,
                        dict.fromkeys(["line"] if match.form.widths else [f"c{n}" for n in range(len(match.header))], "VARCHAR"),
                    ]  # fmt: skip
                started = time.monotonic()
                con.execute(
                    f"create table bare_{number} as select {_by_hand(match.form.widths)} from {statement}", values
                )
                seconds += time.monotonic() - started
        started = time.monotonic()
        con.execute("checkpoint")
        return seconds + time.monotonic() - started


def _by_hand(widths: list[int]) -> str:
    """What one writes for a bare read of fields of such widths: a cut for each. For separated fields nothing."""
    ends = [*itertools.accumulate(widths)]
    return ", ".join(f"substring(line, {e - w + 1}, {w}) as c{e}" for e, w in zip(ends, widths, strict=True)) or "*"


def our_read(database: Path, file: Path) -> float:
    """Seconds of ingestion's own read of what was delivered, without unpacking, hashing and archive."""
    seconds = 0.0
    for part in members(file):
        with opened(file, database.parent, part.place) as held:
            match, scan = recognise(held.path, held.name, all_contracts())
            database.unlink(missing_ok=True)
            with duckdb.connect(str(database), config=limits(Limits.load(), database.parent)) as con:
                con.execute("create schema raw")
                started = time.monotonic()
                load.create_table(con, match, scan, held.path, "raw.rows")
                seconds += time.monotonic() - started
    return seconds


def unpivot(con: duckdb.DuckDBPyConnection, state: str) -> tuple[float, int] | None:
    """Seconds of reading the votes out of columns of elections, and how many those are; None where no file has such."""
    seconds, votes = 0.0, 0
    for contract in contracts_of([state], "voters"):
        if contract.elections:
            started = time.monotonic()
            con.execute(f"create temp table votes as from raw.{contract.name}_elections")
            seconds += time.monotonic() - started
            votes += con.execute("select count(*) from votes").fetchall()[0][0]
            con.execute("drop table votes")
    return (seconds, votes) if votes else None


def raw_steps(base: Path, voters: int, seed: int, states: list[str]) -> None:
    """Print for each state the raw step against the floor, and what reading votes out of columns takes beside it."""
    print(f"{'state':<8}{'files':>8}{'records':>14}{'floor, s':>12}{'raw step, s':>14}{'/ floor':>10}")
    for state in states:
        settings = Settings(base / state / "data", read_campaign(ROOT / "campaign.yaml"))
        write_sample(settings.inbox, voters, seed, state=state)
        floor = sum(bare_read(base / state / "floor.duckdb", file) for file in sorted(settings.inbox.iterdir()))
        raw = refresh(settings, "--only", "raw")[0]["raw"]
        with duckdb.connect(str(settings.warehouse), config=limits(Limits.load(), settings.data_dir)) as con:
            counts = con.execute("select count(*), sum(records_read)::bigint from meta.deliveries").fetchall()
            unpivoted = unpivot(con, state)
        [(files, records)] = counts
        print(f"{state:<8}{files:>8,}{records:>14,}{floor:>12.1f}{raw:>14.1f}{raw / floor:>10.2f}", flush=True)
        if unpivoted:
            seconds, votes = unpivoted
            print(f"{'':<8}{'unpivot':>8}{votes:>14,}{'':>12}{seconds:>14.1f}{seconds / floor:>10.2f}", flush=True)
        shutil.rmtree(base / state)


def lists(base: Path, voters: int) -> None:
    """Print the seconds of the clock and of the processors that a list of all voters takes by each channel, then a count, each as a command
    of its own. A tenth of the voters asked for texts and e-mail."""
    settings = published.settings_for(base / "data")
    published.publish(settings, [published.voter(0)])
    with duckdb.connect(str(settings.current), config=limits(Limits.load(), settings.data_dir)) as con:
        con.execute(
            """
            create temp table many as
            select v.* replace (
                'NC-ZZ' || n as voter_id, 'ZZ' || n as state_voter_id, 'LEE' || n % 50000 as last_name, '919' || lpad(n::varchar, 7, '0') as phone,
                (37001 + n % 100 * 2)::varchar as county_fips, '01-' || n // 1000 as precinct_code, 18 + n % 80 as age_years,
                1 + n // 2 % 400 || ' STREET ' || n // 800 || ' RD' as residence_address, (27000 + n // 20000)::varchar as zip5,
                'NC-' || md5((n // 2)::varchar)[:16] as residence_id)
            from range(1, $voters + 1) t(n), voters v
            """,
            {"voters": voters},
        )
        published.create(con, "subscriptions")
        con.execute(
            """
            insert into voters from many;
            insert into segment_members select segment_id, voter_id from many, segments;
            update segments set size = (select count(*) from segment_members);
            insert into subscriptions by name
            select voter_id, kind as identifier_kind, case kind when 'phone' then phone else lower(voter_id) || '@example.org' end as identifier,
                case kind when 'phone' then 'text' else 'email' end as channel, true as is_opted_in, timestamp '2026-01-03' as happened_at,
                true as is_current, 'texting_opt_outs' as source, 'JOIN' as evidence
            from many, unnest(['phone', 'email']) k(kind) where age_years = 30 or age_years > 90;
            delete from residences;
            insert into residences by name
            select residence_id, min(state_code) as state_code, min(county_fips) as county_fips, min(precinct_code) as precinct_code,
                min(residence_address) as residence_street, min(residence_city) as residence_city, min(zip5) as zip5, count(*) as voter_count
            from voters group by 1
            """
        )
    print(f"{'list':<10}{'rows':>12}{'seconds':>10}{'of CPU':>10}")
    asked = [("export", published.SEGMENT, "--channel", c, "--purpose", "turnout") for c in Law.load().channels]
    for command in [*asked, ("count", "age_years < 30")]:
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        printed = groundgame(settings, *command)
        seconds = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        rows = re.search(r"in ([\d,]+) rows", printed) or re.search(r"([\d,]+) voters", printed)
        name = command[3] if command[0] == "export" else command[0]
        print(f"{name:<10}{rows[1] if rows else '':>12}{seconds:>10.2f}{cpu:>10.2f}", flush=True)


def refresh(settings: Settings, *arguments: str) -> tuple[dict[str, float], float]:
    """The seconds of each step of `groundgame run` and of the whole (`WHOLE`), and its peak memory in GiB. What was written before is on the
    disk by then, which would else be written beside it."""
    os.sync()
    started = time.monotonic()
    printed = groundgame(settings, "run", *arguments, within=(sys.executable, "-c", WITH_ITS_PEAK))
    wall = time.monotonic() - started
    return _step_seconds(settings) | {WHOLE: wall}, int(printed.split()[-1]) / (1 << 20)


def groundgame(settings: Settings, *arguments: str, within: tuple[str, ...] = ()) -> str:
    """What a command prints, as a process of its own or `within` another's; where it fails this ends, too."""
    done = subprocess.run(
        [*within, sys.executable, "-m", "orchestration.cli", *arguments],
        cwd=ROOT,
        env=os.environ | {"GROUNDGAME_DATA": str(settings.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def _step_seconds(settings: Settings) -> dict[str, float]:
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    with dg.DagsterInstance.get() as instance:
        run = instance.get_runs(limit=1)[0]
        steps = instance.get_run_step_stats(run.run_id)
    return {s.step_key: s.end_time - s.start_time for s in sorted(steps, key=lambda s: s.start_time)}


def import_seconds() -> float:
    """Seconds that importing Great Expectations takes, which the first gate pays once per process."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import great_expectations"], check=True)
    return time.monotonic() - started


def report(sizes: list[Measured]) -> None:
    """Print the seconds of each step by size, and the ratios; `sizes` begins with the few voters of the fixed part."""
    few, *sizes = sizes
    first = sizes[0]
    gx = import_seconds()
    print(f"\nseconds, and in the last columns their growth per voter since {first.voters:,} (1.00 is linear),")
    print(f"less what {FEW:,} voters take")
    heads = [f"{size.voters:,}" for size in (few, *sizes)]
    print(f"{'step':<22}" + "".join(f"{head:>12}" for head in [*heads, *heads[2:]]))
    for step in few.steps:
        grown = [(size.steps[step] - few.steps[step]) / size.voters for size in sizes]
        # What hardly grows is noise divided by noise.
        growth = [f"{g / grown[0]:.2f}" if first.steps[step] - few.steps[step] > 0.5 else "-" for g in grown[1:]]
        seconds = [f"{size.steps[step]:.1f}" for size in (few, *sizes)]
        print(f"{step:<22}" + "".join(f"{cell:>12}" for cell in [*seconds, *growth]))
    print(f"\n{f'{os.cpu_count()} threads':<22}" + "".join(f"{head:>12}" for head in heads[1:]))

    def row(what: str, cells: Iterable[str]) -> None:
        print(f"{what:<22}" + "".join(f"{cell:>12}" for cell in cells))

    row("records", (f"{s.records:,}" for s in sizes))
    row("records/s", (f"{s.records / s.steps[WHOLE]:,.0f}" for s in sizes))
    row("floor: bare read, s", (f"{s.floor:.1f}" for s in sizes))
    row("read / floor", (f"{s.read / s.floor:.2f}" for s in sizes))
    row("raw step / floor", (f"{s.steps['raw'] / s.floor:.2f}" for s in sizes))
    row("whole refresh / floor", (f"{s.steps[WHOLE] / s.floor:.2f}" for s in sizes))
    gates = [sum(t for step, t in s.steps.items() if step.endswith("_gate")) - gx for s in sizes]
    row("gates / refresh", (f"{g / s.steps[WHOLE]:.1%}" for g, s in zip(gates, sizes, strict=True)))
    row("peak memory, GiB", (f"{s.memory:.2f}" for s in sizes))
    print(f"gates without the {gx:.1f} s that importing Great Expectations takes")


if __name__ == "__main__":
    main()
