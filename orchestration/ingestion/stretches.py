"""A large text into one table by several connections, each with a stretch of its records and one thread.

Where several threads of DuckDB write one table in the order of a file, each row is appended twice, and a thread that waits for another keeps
a processor busy: together twice the work of one thread. A table whose stretches are committed in their order has the rows in theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

ROW_GROUP = 122_880  # rows that DuckDB stores together, and writes when it has them
MEMORY_OF_A_STRETCH = 1 << 29  # bytes for blocks of the text and a row group of the widest table
BLOCK = 1 << 20


@dataclass(frozen=True)
class Stretch:
    """A part of a text on disk, or the whole."""

    path: Path
    begins: int = 0  # after how many records


class Reading:
    """How a text is read: by at most so many connections; and how far they have come."""

    def __init__(self, connections: int = 1):
        self.connections = connections
        self.parts: list[Callable[[], float]] = []
        self.at_work: list[duckdb.DuckDBPyConnection] = []
        self.is_over = False

    def begin(self, connections: list[duckdb.DuckDBPyConnection]) -> None:
        """Say which connections read, each a part."""
        self.at_work = connections
        self.parts = [partial(_share_of, connection) for connection in connections]
        if self.is_over:
            raise duckdb.InterruptException

    def stop(self) -> None:
        """Let whatever reads end as soon as can be, as a query that is interrupted does."""
        self.is_over = True
        for connection in self.at_work:
            with suppress(duckdb.ConnectionException):  # it was closed, so its part is read
                connection.interrupt()

    def share(self) -> float:
        """The part that is read, 0 to 1."""
        return sum(part() for part in self.parts) / max(len(self.parts), 1)


# Runs a statement that fills a table from a stretch, and gives what the reader would not take.
Take = Callable[[duckdb.DuckDBPyConnection, str, Stretch], list[tuple]]


def fill(
    con: duckdb.DuckDBPyConnection,
    table: str,
    query: str,
    values: Mapping[str, object],
    take: Take,
    text: Path,
    lines: tuple[int, int],
    reading: Reading,
) -> list[tuple]:
    """Make `table` of a text of so many lines of header and of records, as `query` with `values` reads it; return what the reader would not take.

    Several connections want no open transaction, and begin with a table without rows. Each commits its own, so where this fails the table
    may be there.
    """
    header, records = lines
    count = min(reading.connections, records // ROW_GROUP)
    if count < 2:
        reading.begin([con])
        return take(con, f"create table {table} as {query}", Stretch(text))
    con.execute(f"create table {table} as {query} limit 0", values)
    connections = [con.cursor() for _ in range(count)]
    reading.begin(connections)

    def insert(number: int, stretch: Stretch) -> list[tuple]:
        connections[number].execute("begin transaction")
        refused = take(connections[number], f"insert into {table} {query}", stretch)
        stretch.path.unlink()
        reading.parts[number] = lambda: 1.0
        return refused

    # DuckDB writes a row group when a row comes after it, and else with the commit, and these go one by one. So a stretch ends a few rows behind
    # a row group, and only these wait.
    begins = [
        records * number // count // ROW_GROUP * ROW_GROUP + number * (ROW_GROUP // 60) for number in range(count)
    ]
    begun: list[Future[list[tuple]]] = []
    try:
        with ThreadPoolExecutor(count) as threads:
            try:
                for number, stretch in enumerate(_cut(text, header, begins)):
                    begun.append(threads.submit(insert, number, stretch))
                refused = [row for asked in begun for row in asked.result()]
            except BaseException:
                for connection in connections:
                    connection.interrupt()
                raise
        for connection in connections:
            connection.execute("commit")
        return refused
    finally:
        for number, connection in enumerate(connections):
            connection.close()
            _stretch_of(text, number).unlink(missing_ok=True)


def _share_of(con: duckdb.DuckDBPyConnection) -> float:
    return max(con.query_progress(), 0) / 100


def _stretch_of(text: Path, number: int) -> Path:
    return text.with_name(f"{text.name}-{number}")


def _cut(text: Path, header: int, begins: list[int]) -> Iterator[Stretch]:
    """Copy a text stretch by stretch, each when the one before is whole; the first has the header."""
    seen = 0  # line feeds so far
    rest = b""
    with text.open("rb", buffering=0) as source:
        for number, begin in enumerate(begins):
            path = _stretch_of(text, number)
            last = begins[number + 1] + header if number + 1 < len(begins) else None
            with path.open("wb") as target:
                while block := rest or source.read(BLOCK):
                    rest = b""
                    count = block.count(b"\n")
                    if last is not None and seen + count >= last:
                        end = _end_of(block, last - seen)
                        block, rest, count = block[:end], block[end:], last - seen
                    target.write(block)
                    seen += count
                    if seen == last:
                        break
            yield Stretch(path, begin)


def _end_of(block: bytes, line: int) -> int:
    """Where a line of a block ends, of which the first is 1."""
    end = 0
    for _ in range(line):
        end = block.index(b"\n", end) + 1
    return end
