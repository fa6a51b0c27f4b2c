"""`make bench VOTERS=n STATE=NC`: how long each step takes against the floor, a bare DuckDB read of the same files, measured
in the same run on the same threads. Prints ratios, since machines are noisy; it judges nothing.

Seconds that do not grow with the state (imports, dbt's and Dagster's own work) are told apart by a run on 1,000 voters.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from orchestration.ingestion import load
from orchestration.ingestion.contracts import all_contracts, contracts_of
from orchestration.ingestion.inbox import members, opened
from orchestration.ingestion.recognise import recognise
from orchestration.sample import write_sample
from orchestration.settings import ROOT, Limits, Settings, read_campaign
from orchestration.warehouse import limits

FEW = 1_000


def main() -> None:
    """Generate, measure, print."""
    options = argparse.ArgumentParser()
    options.add_argument("--voters", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--state", default="NC", type=str.upper)
    arguments = options.parse_args()
    state = arguments.state
    with tempfile.TemporaryDirectory(prefix="groundgame-bench-") as folder:
        base = Path(folder)
        campaign = base / "campaign.yaml"
        text = (ROOT / "campaign.yaml").read_text(encoding="utf-8")
        campaign.write_text(re.sub(r"^states: .*$", f"states: [{state}]", text, flags=re.M), encoding="utf-8")
        os.environ["GROUNDGAME_CAMPAIGN"] = str(campaign)
        small = refresh(base / "small", FEW, arguments.seed, state)
        started = time.monotonic()
        write_sample(base / "big" / "inbox", arguments.voters, arguments.seed, state=state)
        print(f"generated {arguments.voters:,} voters of {state} in {time.monotonic() - started:.1f} s")
        files = sorted((base / "big" / "inbox").iterdir())
        floor = sum(bare_read(base / "floor.duckdb", file) for file in files)
        read = sum(our_read(base / "read.duckdb", file) for file in files)
        big = refresh(base / "big", None, None, state)
        report(arguments.voters, floor, read, small, big)
        unpivot_report(base / "big", state, floor)


def bare_read(database: Path, file: Path) -> float:
    """Seconds of a bare `CREATE TABLE AS read_csv` of what was delivered: the floor. DuckDB unpacks gzip, but no zip."""
    seconds = 0.0
    for place in members(file):
        with opened(file, database.parent, place) as held:
            match, scan = recognise(held.path, held.name, all_contracts())
            database.unlink(missing_ok=True)
            with duckdb.connect(str(database), config=limits(Limits.load(), database.parent)) as con:
                started = time.monotonic()
                con.execute(
                    f"create table bare as select {_by_hand(match.form.widths)} from read_csv(?, auto_detect = false, "
                    "header = ?, delim = ?, quote = ?, escape = ?, encoding = ?, columns = ?)",
                    [
                        str(file if file.suffix == ".gz" else held.path), match.form.header,
                        match.form.delimiter or load.IN_NO_TEXT, match.form.quote, match.form.quote, scan.encoding,
                        dict.fromkeys(["line"] if match.form.widths else match.header, "VARCHAR"),
                    ],
                )  # fmt: skip
                seconds += time.monotonic() - started
    return seconds


def _by_hand(widths: list[int]) -> str:
    """What one writes for a bare read of fields of such widths: a cut for each. For separated fields nothing."""
    ends = [*itertools.accumulate(widths)]
    return ", ".join(f"substring(line, {e - w + 1}, {w}) as c{e}" for e, w in zip(ends, widths, strict=True)) or "*"


def our_read(database: Path, file: Path) -> float:
    """Seconds of ingestion's own read of what was delivered, without unpacking, hashing and archive."""
    seconds = 0.0
    for place in members(file):
        with opened(file, database.parent, place) as held:
            match, scan = recognise(held.path, held.name, all_contracts())
            database.unlink(missing_ok=True)
            with duckdb.connect(str(database), config=limits(Limits.load(), database.parent)) as con:
                con.execute("create schema raw")
                started = time.monotonic()
                load.create_table(con, match, scan, held.path, "raw.rows")
                seconds += time.monotonic() - started
    return seconds


def unpivot_report(data_dir: Path, state: str, floor: float) -> None:
    """Print how long it takes to read the votes out of columns of elections, where a state's file has such."""
    settings = Settings(data_dir, read_campaign(ROOT / "campaign.yaml"))
    for contract in contracts_of([state], "voters"):
        if contract.elections:
            with duckdb.connect(str(settings.warehouse), config=limits(Limits.load(), data_dir)) as con:
                started = time.monotonic()
                con.execute(f"create temp table votes as from raw.{contract.name}_elections")
                seconds = time.monotonic() - started
                [(votes,)] = con.execute("select count(*) from votes").fetchall()
                [(elections,)] = con.execute("select count(distinct _election) from votes").fetchall()
            print(
                f"unpivot / floor         {seconds / floor:.2f} ({votes:,} votes in {elections} elections, {seconds:.1f} s)"
            )


def refresh(data_dir: Path, voters: int | None, seed: int | None, state: str) -> dict[str, float]:
    """Seconds by step, of the whole `groundgame run`, and its peak memory in GiB (`_memory`)."""
    settings = Settings(data_dir, read_campaign(ROOT / "campaign.yaml"))
    if voters:
        write_sample(settings.inbox, voters, seed, state=state)
    environment = os.environ | {"GROUNDGAME_DATA": str(data_dir)}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "run"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = {"_wall": time.monotonic() - started}
    if done.returncode:
        sys.exit(f"the run failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    seconds["_memory"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1 << 20)
    return seconds | _step_seconds(settings)


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


def report(voters: int, floor: float, read: float, small: dict[str, float], big: dict[str, float]) -> None:
    """Print the table of steps and the ratios."""
    wall, memory = big.pop("_wall"), big.pop("_memory")
    small_wall = small.pop("_wall")
    gx = import_seconds()
    print(f"\n{'step':<22}{f'{FEW:,} voters':>14}{f'{voters:,} voters':>20}{'grows by':>10}   seconds")
    for step, seconds in big.items():
        print(f"{step:<22}{small[step]:>14.1f}{seconds:>20.1f}{seconds - small[step]:>10.1f}")
    print(f"{'whole refresh':<22}{small_wall:>14.1f}{wall:>20.1f}{wall - small_wall:>10.1f}\n")
    gates = sum(seconds for step, seconds in big.items() if step.endswith("_gate")) - gx
    print(f"floor: bare DuckDB read of the same files, {os.cpu_count()} threads   {floor:.1f} s")
    print(f"read / floor            {read / floor:.2f}")
    print(f"raw step / floor        {big['raw'] / floor:.2f}")
    print(f"whole refresh / floor   {wall / floor:.2f}")
    print(f"gates / refresh         {gates / wall:.1%} (without {gx:.1f} s to import Great Expectations)")
    print(f"peak memory             {memory:.2f} GiB")


if __name__ == "__main__":
    main()
