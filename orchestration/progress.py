"""How far long work has come: a line every few seconds from a thread beside it, and none of what is done before the first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

EVERY = 10.0  # seconds


@contextmanager
def told(say: Callable[[str], None], line: Callable[[float], str]) -> Iterator[None]:
    """Say `line(seconds so far)` now and then while the block is at work."""
    done = threading.Event()
    started = time.monotonic()

    def tell() -> None:
        while not done.wait(EVERY):
            try:
                say(line(time.monotonic() - started))
            except Exception:  # the disk of Dagster's storage is full, say: the work itself will tell
                return

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def by_share(what: str, doing: str, share: Callable[[], float], rows: Callable[[float], int]) -> Callable[[float], str]:
    """Lines of work of which the part that is done is known, 0 to 1, and the rows for that part."""

    def line(seconds: float) -> str:
        part = share()
        if part <= 0:
            return f"{what}: {doing}, {_time(seconds)} so far"
        left = seconds / part - seconds
        return f"{what}: {rows(part):,} rows {doing} in {_time(seconds)}, {part:.0%}, about {_time(left)} left"

    return line


def by_bytes(what: str, doing: str, done: Callable[[], int], size: int) -> Callable[[float], str]:
    """Lines of work on a file of which it is known how many of its bytes are done, but not yet how many rows they are."""

    def line(seconds: float) -> str:
        part = min(done() / max(size, 1), 1)
        words = f"{what}: {part * size / 1e6:,.0f} of {size / 1e6:,.0f} MB {doing} in {_time(seconds)}"
        return f"{words}, about {_time(seconds / part - seconds)} left" if part else words

    return line


def by_pace(con: duckdb.DuckDBPyConnection, step: str) -> Callable[[float], str]:
    """Lines of a step of which only the pace is known at which it went the last time (`keep_pace`)."""
    rows = _rows(con)
    row = con.execute("select seconds / nullif(rows, 0) from meta.paces where step = ?", [step]).fetchone()
    expected = rows * row[0] if row and row[0] else None

    def line(seconds: float) -> str:
        words = f"{step}: at work on what came of {rows:,} rows, {_time(seconds)} so far"
        if expected is None:
            return words
        if seconds > expected:
            return f"{words}, longer than at the pace of the last time ({_time(expected)})"
        return f"{words}, about {_time(expected - seconds)} left at the pace of the last time"

    return line


def keep_pace(con: duckdb.DuckDBPyConnection, step: str, seconds: float) -> None:
    """Note how long a step took, and for how many rows."""
    con.execute("insert or replace into meta.paces values (?, ?, ?)", [step, seconds, _rows(con)])


def _rows(con: duckdb.DuckDBPyConnection) -> int:
    """The rows that the current deliveries brought."""
    [(rows,)] = con.execute(
        "select coalesce(sum(rows_loaded), 0)::bigint from meta.deliveries where status = 'loaded'"
    ).fetchall()
    return rows


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
