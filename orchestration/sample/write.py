"""The sample's files: the state's text in the exact form of the public files, and the truth beside them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path

import polars as pl

from orchestration.sample.history import HISTORY_COLUMNS, HistoryRows
from orchestration.sample.life import build_state
from orchestration.sample.people import SAMPLE_AS_OF, WINDOW
from orchestration.sample.rows import VOTER_COLUMNS, VoterRows
from orchestration.sample.snapshot import address_residences, take_snapshot
from orchestration.sample.truth import truth_tables
from orchestration.sample.turnout import hold_elections
from orchestration.settings import Mendable

FEWEST_VOTERS = 100
SLICE = 100_000  # records in memory as text at a time


@dataclass(frozen=True)
class SamplePaths:
    """Where a sample was written."""

    voters_file: Path
    history_file: Path
    truth_dir: Path


def write_sample(out: Path, voters: int, seed: int, as_of: date = SAMPLE_AS_OF) -> SamplePaths:
    """Write a voter file, its vote history, and the truth in a folder `truth` beside `out`.

    `voters` is the number of voter records on SAMPLE_AS_OF; another `as_of` gives the same state on another day.
    The truth is never in `out`, where a scanner of deliveries would take it for one.

    Raises:
        Mendable: so few voters make no state, or its life on that day is not known.
    """
    if voters < FEWEST_VOTERS:
        raise Mendable(f"a sample state has at least {FEWEST_VOTERS} voters, not {voters}")
    if not WINDOW[0] <= as_of <= WINDOW[1]:
        raise Mendable(f"the sample state's life is known from {WINDOW[0]} to {WINDOW[1]}, not on {as_of}")
    out = Path(out)
    paths = SamplePaths(
        voters_file=out / "ncvoter_Statewide.txt",
        history_file=out / "ncvhis_Statewide.txt",
        truth_dir=out.absolute().parent / "truth",
    )
    state = build_state(voters, seed)
    votes = hold_elections(state)
    snapshot = take_snapshot(state, as_of)
    addresses = address_residences(state)
    out.mkdir(parents=True, exist_ok=True)
    paths.truth_dir.mkdir(parents=True, exist_ok=True)
    for name, table in truth_tables(state, votes, snapshot).items():
        table.write_parquet(paths.truth_dir / f"{name}.parquet")
    voter_rows = VoterRows(state, snapshot, addresses)
    _write(paths.voters_file, VOTER_COLUMNS, voter_rows.make, snapshot.rows, as_of)
    history_rows = HistoryRows(state, votes, snapshot, addresses)
    _write(paths.history_file, HISTORY_COLUMNS, history_rows.make, len(history_rows), as_of)
    return paths


def _write(path: Path, columns: list[str], make: Callable[[int, int], pl.DataFrame], rows: int, as_of: date) -> None:
    """Tab, every field quoted, CRLF, latin-1; under a hidden name until whole, dated at noon of the snapshot."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(("\t".join(f'"{column}"' for column in columns) + "\r\n").encode("ascii"))
            for start in range(0, rows, SLICE):
                text = BytesIO()
                make(start, min(start + SLICE, rows)).write_csv(
                    text, include_header=False, separator="\t", quote_style="always", line_terminator="\r\n"
                )
                file.write(text.getvalue().decode("utf-8").encode("latin-1"))
        noon = datetime.combine(as_of, time(12), tzinfo=UTC).timestamp()
        os.utime(part, (noon, noon))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
