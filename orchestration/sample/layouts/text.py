"""How values become text in the files of every state, and how such a file is written."""

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl

from orchestration.sample.life import State
from orchestration.sample.snapshot import Addresses, Snapshot
from orchestration.sample.turnout import Votes

SLICE = 100_000  # records in memory as text at a time


def texts(vocabulary: list[str] | tuple[str, ...], numbers: np.ndarray) -> pl.Series:
    """The words that the numbers stand for."""
    return pl.Series(vocabulary, dtype=pl.String).gather(numbers)


def digits(numbers: np.ndarray, width: int = 0) -> pl.Series:
    """Numbers as text, with zeros before them up to a width."""
    text = pl.Series(numbers).cast(pl.String)
    return text.str.zfill(width) if width else text


def dates(days: np.ndarray, form: str = "%m/%d/%Y") -> pl.Series:
    """Days as the files write them."""
    return pl.Series(days.astype(np.int32)).cast(pl.Date).dt.strftime(form)


def ids(state: State, who: np.ndarray) -> pl.Series:
    """Sample ids begin with ZZ, which no real one does."""
    return "ZZ" + digits(state.number[who] + 100_000, state.region.id_digits)


@dataclass(frozen=True)
class Sample:
    """What a state's files are written from."""

    state: State
    votes: Votes
    snapshot: Snapshot
    addresses: Addresses


@dataclass(frozen=True)
class Manner:
    """How a state writes its files: their separator, whether every field is quoted, the line end, the encoding."""

    separator: str = "\t"
    quoted: bool = True
    line_end: str = "\r\n"
    encoding: str = "latin-1"


def write_file(
    path: Path,
    header: list[str] | None,
    make: Callable[[int, int], pl.DataFrame],
    rows: int,
    as_of: date,
    manner: Manner = Manner(),
) -> Path:
    """Write records made slice by slice, packed if the name ends in .gz."""
    with whole_file(path, as_of) as raw:
        file = gzip.GzipFile("", "wb", 1, raw, mtime=0) if path.suffix == ".gz" else raw
        if header:
            names = (f'"{name}"' if manner.quoted else name for name in header)
            file.write((manner.separator.join(names) + manner.line_end).encode("ascii"))
        for start in range(0, rows, SLICE):
            file.write(as_text(make(start, min(start + SLICE, rows)), manner))
        if file is not raw:
            file.close()
    return path


def json_lines(path: Path, objects: pl.DataFrame, as_of: date, last: bytes = b"", with_bom: bool = False) -> Path:
    """Write a JSON object on each line, with other lines behind them."""
    with whole_file(path, as_of) as file:
        file.write(b"\xef\xbb\xbf" if with_bom else b"")
        for start in range(0, len(objects), SLICE):
            file.write(objects[start : start + SLICE].write_ndjson().encode())
        file.write(last)
    return path


@contextmanager
def whole_file(path: Path, as_of: date) -> Iterator[IO[bytes]]:
    """Open a file to be written; it has a hidden name until it is whole, and is dated at noon of the snapshot."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        noon = datetime.combine(as_of, time(12), tzinfo=UTC).timestamp()
        os.utime(part, (noon, noon))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def as_text(records: pl.DataFrame, manner: Manner) -> bytes:
    """Records as the bytes of a file."""
    text = BytesIO()
    records.write_csv(
        text,
        include_header=False,
        separator=manner.separator,
        quote_style="always" if manner.quoted else "never",
        line_terminator=manner.line_end,
    )
    return text.getvalue().decode("utf-8").encode(manner.encoding)
