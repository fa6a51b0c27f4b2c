"""A file of person records to a file of who is who: the shell's way to `resolve`."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.errors import ran_out, without_values
from orchestration.identity.normalise import COLUMNS
from orchestration.identity.resolve import Resolution, resolve
from orchestration.settings import Limits, Mendable
from orchestration.warehouse import PROGRESS, limits, text_literal

FORMATS = (".csv", ".parquet")


class Unresolvable(Mendable):
    """The file cannot be read as person records, or the answer not be written; the message says why and what to do."""


def resolve_file(file: Path, out: Path, duplicate_free: tuple[str, ...] = ()) -> Resolution:
    """Write to `out` the `record_id` and `person_id` of each record of `file`, both CSV or Parquet by their names' endings.

    The file has `record_id`, and any of `COLUMNS` beside it; other columns are left alone. What was at `out` is replaced when
    all is done.

    Raises:
        Unresolvable: see there.
    """
    for path in (file, out):
        if path.suffix.lower() not in FORMATS:
            raise Unresolvable(f"{path}: name a file that ends in {' or '.join(FORMATS)}")
    if not file.is_file():
        raise Unresolvable(f"{file}: there is no such file")
    if not out.parent.is_dir():
        raise Unresolvable(f"{out.parent}: there is no such folder; make it, or name another --out")
    # Beside the answer, where personal data is meant to lie, and gone afterwards.
    with tempfile.TemporaryDirectory(prefix=".resolve-", dir=out.parent) as scratch, _told_in_words(file, out):
        con = duckdb.connect(config=limits(Limits.load(), Path(scratch)))
        try:
            for statement in PROGRESS:
                con.execute(statement)
            _read(con, file)
            _check(con, file, duplicate_free)
            resolution = resolve(con, "given_records", "resolved", duplicate_free)
            answer = Path(scratch) / f"answer{out.suffix.lower()}"
            written = "format parquet" if out.suffix.lower() == ".parquet" else "format csv, header true"
            con.execute(f"copy resolved to {text_literal(answer)} ({written})")
        finally:
            con.close()
        os.replace(answer, out)
    return resolution


def _read(con: duckdb.DuckDBPyConnection, file: Path) -> None:
    if file.suffix.lower() == ".parquet":
        con.execute(f"create temp table given_records as select * from read_parquet({text_literal(file)})")
        return
    # By the header and not by a guess, which skips what it cannot read.
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        first = lines.readline()
        delimiter = max(",\t;|", key=first.count)
        names = next(csv.reader([first], delimiter=delimiter), [])
    if len({name.lower() for name in names}) < len(names):
        raise Unresolvable(f"{file}: two columns have the same name; rename one")
    columns = ", ".join(f"{text_literal(name)}: 'varchar'" for name in names)
    con.execute(f"""
        create temp table given_records as select * from read_csv(
            {text_literal(file)}, auto_detect = false, columns = {{{columns}}}, header = true, delim = '{delimiter}', quote = '"',
            escape = '"', nullstr = ''
        )
    """)


def _check(con: duckdb.DuckDBPyConnection, file: Path, duplicate_free: tuple[str, ...]) -> None:
    names = [name.lower() for name, *_ in con.execute("describe given_records").fetchall()]
    if "record_id" not in names:
        raise Unresolvable(
            f"{file}: its first line names no column record_id; wanted are record_id and any of {', '.join(COLUMNS[1:])}"
        )
    [(records, named, distinct)] = con.execute(
        "select count(*), count(record_id), count(distinct record_id) from given_records"
    ).fetchall()
    if named < records:
        raise Unresolvable(f"{file}: {records - named:,} of {records:,} records have no record_id; give each its own")
    if distinct < records:
        raise Unresolvable(
            f"{file}: {records - distinct:,} of {records:,} record_ids occur again; give each record its own"
        )
    sources = set()
    if "source" in names:
        sources = {str(source) for (source,) in con.execute("select distinct source from given_records").fetchall()}
    for source in duplicate_free:
        if source not in sources:
            raise Unresolvable(
                f"{file}: no record has the source {source} that --duplicate-free names; see column source"
            )


@contextmanager
def _told_in_words(file: Path, out: Path) -> Iterator[None]:
    """DuckDB's errors may quote a record: the line and the kind of error are enough."""
    try:
        yield
    except duckdb.Error as error:
        told = ran_out(error, out.parent)
        if told:
            raise told from None
        line = re.search(r"CSV Error on Line: (\d+)", str(error))
        if line:
            raise Unresolvable(
                f"{file}, line {line[1]}: cannot be read as CSV in UTF-8; mend or remove the line"
            ) from None
        raise Unresolvable(f"{file}: {type(error).__name__}: {without_values(str(error))}") from None
