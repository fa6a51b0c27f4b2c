"""A large text into one table by several connections, each with a stretch of its records and one thread.

Where several threads of DuckDB write one table in the order of a file, each row is appended twice, and a thread that waits for another keeps
a processor busy: together twice the work of one thread. A table whose stretches are committed in their order has the rows in theirs.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

ROW_GROUP = 122_880  # rows that DuckDB stores together, and writes when it has them
MEMORY_OF_A_STRETCH = 1 << 29  # bytes for blocks of the text and a row group of the widest table
BLOCK = 1 << 20
SYSTEM_MOVES = sys.platform == "linux"  # bytes from a file to a pipe; others do so to sockets alone
MOVED = 1 << 26  # bytes at once: between these a pipe waits for its turn in the interpreter


@dataclass(frozen=True)
class Stretch:
    """A part of a text, or the whole: a file, or a pipe that can be read once."""

    path: Path
    begins: int = 0  # after how many records


class Reading:
    """How a text is read: by at most so many connections; and how far they have come."""

    def __init__(self, connections: int = 1):
        self.connections = connections
        self.parts: list[Callable[[], float]] = []
        self.at_work: list[duckdb.DuckDBPyConnection] = []
        self.is_over = False

    def begin(self, connections: list[duckdb.DuckDBPyConnection], parts: list[Callable[[], float]]) -> None:
        """Say which connections read, and of which parts it can be told how much of each is read."""
        self.at_work, self.parts = connections, parts
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


Select = Callable[[Stretch], str]  # the SQL that reads a stretch
# Runs SQL that reads a stretch, and gives what the reader would not take.
Take = Callable[[duckdb.DuckDBPyConnection, str, Stretch], list[tuple]]


def records_of(text: Path, header: int) -> int:
    """About how many records a text has, if all are as long as its first ones."""
    with text.open("rb") as file:
        block = file.read(BLOCK)
    return max(round(block.count(b"\n") * text.stat().st_size / max(len(block), 1)) - header, 0)


def fill(
    con: duckdb.DuckDBPyConnection,
    table: str,
    select: Select,
    take: Take,
    text: Path,
    lines: tuple[int, int],
    reading: Reading,
) -> list[tuple]:
    """Make `table` of a text of so many lines of header and of about so many records; return what the reader would not take.

    Several connections want no open transaction, and begin with a table without rows. Each commits its own, so where this fails the table
    may be there.
    """
    header, records = lines
    count = min(reading.connections, records // ROW_GROUP)
    whole = Stretch(text)
    if count < 2:
        reading.begin([con], [lambda: max(con.query_progress(), 0) / 100])
        return take(con, f"create table {table} as {select(whole)}", whole)
    con.execute(f"create table {table} as {select(whole)} limit 0")
    # DuckDB writes a row group when a row comes after it, and else with the commit, and these go one by one. So a stretch ends a few rows behind
    # a row group, and only these wait.
    begins = [
        records * number // count // ROW_GROUP * ROW_GROUP + number * (ROW_GROUP // 60) for number in range(count)
    ]
    places = _places(text, header, begins)
    connections = [con.cursor() for _ in places]

    def insert(number: int, pipe: _Pipe) -> list[tuple]:
        connections[number].execute("begin transaction")
        stretch = Stretch(pipe.path, begins[number])
        return take(connections[number], f"insert into {table} {select(stretch)}", stretch)

    begun: list[Future[list[tuple]]] = []
    with ExitStack() as stack:
        pipes = [stack.enter_context(_Pipe(text, number, *ends)) for number, ends in enumerate(places)]
        # Closed before the pipes, which are written until nobody reads.
        for connection in connections:
            stack.callback(connection.close)
        reading.begin(connections, [pipe.share for pipe in pipes])
        threads = stack.enter_context(ThreadPoolExecutor(count))
        try:
            begun += [threads.submit(insert, number, pipe) for number, pipe in enumerate(pipes)]
            refused = [row for asked in begun for row in asked.result()]
        except BaseException:
            for connection in connections:
                connection.interrupt()
            raise
        for connection in connections:
            connection.execute("commit")
        return refused


def _places(text: Path, header: int, begins: list[int]) -> list[tuple[int, int]]:
    """Of each stretch the bytes where it begins, after so many records, and where it ends; the first has the header. A text with fewer
    records has fewer stretches."""
    places = [0]
    seen, read = 0, 0  # line feeds and bytes so far
    with text.open("rb", buffering=0) as source:
        while len(places) < len(begins) and (block := source.read(BLOCK)):
            count = block.count(b"\n")
            while len(places) < len(begins) and seen + count >= begins[len(places)] + header:
                places.append(read + _end_of(block, begins[len(places)] + header - seen))
            seen, read = seen + count, read + len(block)
    size = text.stat().st_size
    return [*zip(places, [*places[1:], size], strict=True)]


def _end_of(block: bytes, line: int) -> int:
    """Where a line of a block ends, of which the first is 1."""
    end = 0
    for _ in range(line):
        end = block.index(b"\n", end) + 1
    return end


class _Pipe:
    """A named pipe with a part of a file for one reader. The system moves the bytes where it can: nothing is written to the disk, and none pass through
    here."""

    def __init__(self, text: Path, number: int, begin: int, end: int):
        self.path = text.with_name(f"{text.name}-{number}")
        self.source = text.open("rb")
        self.begin, self.end, self.moved = begin, end, 0
        self.failure: OSError | None = None
        self.path.unlink(missing_ok=True)
        os.mkfifo(self.path, 0o600)
        self.thread = threading.Thread(target=self._write, daemon=True)
        self.thread.start()

    def share(self) -> float:
        """The part that was read, 0 to 1."""
        return self.moved / max(self.end - self.begin, 1)

    def __enter__(self) -> _Pipe:
        return self

    def __exit__(self, *_: object) -> None:
        while self.thread.is_alive():  # waiting for somebody who reads, where nobody has
            os.close(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK))
            self.thread.join(0.01)
        self.source.close()
        self.path.unlink(missing_ok=True)
        if self.failure:
            raise self.failure

    def _write(self) -> None:
        try:
            with self.path.open("wb", buffering=0) as pipe:
                while left := self.end - self.begin - self.moved:
                    source, place = self.source.fileno(), self.begin + self.moved
                    if SYSTEM_MOVES:
                        moved = os.sendfile(pipe.fileno(), source, place, min(left, MOVED))
                    else:
                        moved = os.write(pipe.fileno(), os.pread(source, min(left, BLOCK), place))
                    if not moved:  # the file is shorter by now, which its sums will tell
                        break
                    self.moved += moved
        except BrokenPipeError:  # whoever read it has left off
            pass
        except OSError as error:
            self.failure = error
