"""One scanned delivery into schema `raw`: its table, its quarantine, its profile, its row in `meta.deliveries`.

Each delivery keeps a table of its own (`raw."nc_voters__<delivery_id>"`), so that a replacement moves no row; which of
them is current belongs in `scopes.py`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from orchestration.errors import ran_out
from orchestration.ingestion.contracts import Contract, Match, counties_by_name
from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.scan import KEPT_BYTES, Broken, Scan, records_at
from orchestration.ingestion.stretches import Reading, Stretch, fill
from orchestration.warehouse import text_literal

IN_NO_TEXT = "\x01"  # a delimiter for a reader of whole lines
PIECE = 64  # characters: a field is sought from the start of its piece, since letters have no fixed places in memory
MOST_UNKNOWN = 1_000  # keys of a delivery that are kept
RECORD_HASH = "_record_hash"  # the column of voter files by which their records are compared
UNKNOWN_COUNTY = ""  # records whose county cannot be read still belong to a scope


@dataclass(frozen=True)
class Delivery:
    """A delivery as `meta.deliveries` keeps it."""

    delivery_id: str
    contract: str | None
    file_name: str
    sha256: str | None
    as_of: date | None
    received_at: datetime
    status: str
    scope: str | None = None
    reason: str | None = None
    records_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_erased: int = 0


def raw_table(contract: str, delivery_id: str) -> str:
    """The quoted name of the table that holds one delivery's rows."""
    return f'raw."{contract}__{delivery_id}"'


def elections_of(con: duckdb.DuckDBPyConnection, contract: Contract, delivery_id: str) -> tuple[str, ...]:
    """The columns of a delivery's table of which there is one for each election."""
    columns = con.execute(f"select column_name from (describe {raw_table(contract.name, delivery_id)})").fetchall()
    return tuple(name for (name,) in columns if name not in (*contract.columns, RECORD_HASH))


def create_table(
    con: duckdb.DuckDBPyConnection, match: Match, scan: Scan, path: Path, table: str, reading: Reading | None = None
) -> list[Broken]:
    """Read a file, without what the scan found broken, into `table`, every column as text, of voters also a hash of each record; return
    the records that the CSV reader would not take.

    Columns that may never land are read past, not stored. With several connections (`stretches.fill`) it is to be called outside of
    a transaction. Raises `Refused` if DuckDB cannot read the file at all.
    """
    form = match.form
    reading = reading or Reading()
    lines = (1 if form.header else 0, scan.records - len(scan.broken))
    if form.json_lines:
        return _create_from_json(con, match.contract, scan, path, table, lines, reading)
    fields, pieces = [f"c{i}" for i in range(len(match.loads))], "*"
    values = fields
    if form.widths:
        fields = ["line"]
        pieces, values = _by_widths(form.widths)
    positions = {column: i for i, column in enumerate(match.loads) if column}
    read = {
        column: values[positions[column]] if column in positions else "null::varchar"
        for column in (*match.contract.columns, *match.elections)
    }
    names = ", ".join(f'{value} as "{column}"' for column, value in read.items())
    if match.contract.kind == "voters":
        hashed = [read[column] for column in (*match.contract.columns, *sorted(match.elections))]
        names += f", hash({', '.join(hashed)}) as {RECORD_HASH}"
    line_end = scan.line_end.decode().replace("\r", "\\r").replace("\n", "\\n")
    delimiter, quote, end, encoding = map(
        text_literal, (form.delimiter or IN_NO_TEXT, form.quote, line_end, scan.encoding)
    )
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in fields)

    # As literals: for parameters DuckDB imports pandas, for which a file that is loaded ahead would wait.
    def select(stretch: Stretch) -> str:
        return f"""
            select {names} from (select {pieces} from read_csv(
                {text_literal(str(stretch.path))}, auto_detect = false, header = {form.header and not stretch.begins},
                delim = {delimiter}, quote = {quote}, escape = {quote}, new_line = {end}, encoding = {encoding},
                columns = {{{columns}}}, store_rejects = true, rejects_table = 'rejects', rejects_scan = 'reject_scans'))
            """

    def take(reader: duckdb.DuckDBPyConnection, statement: str, stretch: Stretch) -> list[tuple]:
        reader.execute("drop table if exists temp.rejects; drop table if exists temp.reject_scans")
        reader.execute(statement)
        above = lines[0] + stretch.begins if stretch.begins else 0
        return reader.execute(
            f"select line + {above}, min(error_type::varchar), min(csv_line) from temp.rejects group by line order by line"
        ).fetchall()

    try:
        rows = fill(con, table, select, take, path, lines, reading)
    except duckdb.Error as error:
        if ran_out(error, path.parent):
            raise
        # The message quotes the record, so only the kind of error may leave this function.
        raise Refused(f"DuckDB cannot read it as {match.contract.name} ({type(error).__name__})") from None
    return [_in_delivered_file(line, scan, kind, text or "") for line, kind, text in rows]


def create_audit_table(con: duckdb.DuckDBPyConnection, match: Match, scan: Scan, path: Path, delivery_id: str) -> None:
    """Read the columns that may never land into a private table of schema `audit`, which no model and nobody but an auditor reads:
    as text under the names that the file has for them, a row for each of the delivery's table, in its order."""
    names = match.sensitive
    if not names:
        return
    con.execute("create schema if not exists audit")
    contract = match.contract.model_copy(update={"columns": {name: [] for name in names}})
    loads = tuple(name if name in names else None for name in match.header)
    table = f'audit."{match.contract.name}__{delivery_id}"'
    create_table(con, replace(match, contract=contract, loads=loads), scan, path, table)
    con.execute(f"comment on table {table} is 'Sensitive: for an audit alone, and for no other purpose.'")


def drop_table(con: duckdb.DuckDBPyConnection, contract: str, delivery_id: str) -> None:
    """Drop what was loaded from a delivery."""
    con.execute(f"drop table if exists {raw_table(contract, delivery_id)}")
    con.execute(f'drop table if exists audit."{contract}__{delivery_id}"')


def _create_from_json(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    scan: Scan,
    path: Path,
    table: str,
    lines: tuple[int, int],
    reading: Reading,
) -> list[Broken]:
    """Read JSON lines into `table`; return those that are no JSON, or have an object or a list where a plain value is due."""
    paths = [path for places in contract.paths().values() for path in places]
    place = {path: number for number, path in enumerate(paths, 1)}
    columns = ", ".join(
        f'coalesce({", ".join(f"cells[{place[path]}]" for path in places)}) as "{column}"'
        for column, places in contract.paths().items()
    )
    literals = f"[{', '.join(map(_json_path, paths))}]"
    names = f"[{', '.join(map(text_literal, paths))}]"
    kinds = f"json_type(json, {literals})"
    nested = f"coalesce(list_position({kinds}, 'OBJECT'), list_position({kinds}, 'ARRAY'))"
    # All cells of a record are looked at at once, each behind a sign of its own: one by one takes as long as reading them.
    may_be_nested = " or ".join(f"contains(joined, {text_literal(IN_NO_TEXT + sign)})" for sign in "{[")

    def select(stretch: Stretch) -> str:
        return f"""
        select {columns}, case
            when json is null then 'malformed JSON'
            when {may_be_nested} then 'nested value where a plain one is due: ' || {names}[{nested}] end as _fault
        from (
            select json, cells, {text_literal(IN_NO_TEXT)} || array_to_string(cells, {text_literal(IN_NO_TEXT)}) as joined
            from (
                select json, json_extract_string(json, {literals}) as cells
                from read_ndjson_objects({text_literal(str(stretch.path))}, ignore_errors = true)
            )
        )
        """

    def take(reader: duckdb.DuckDBPyConnection, statement: str, stretch: Stretch) -> list[tuple]:
        reader.execute(statement)
        return []

    try:
        fill(con, table, select, take, path, lines, reading)
    except duckdb.Error as error:
        if ran_out(error, path.parent):
            raise
        raise Refused(f"DuckDB cannot read it as {contract.name} ({type(error).__name__})") from None
    faults: list[tuple[int, str]] = []
    if con.execute(f"select 1 from {table} where _fault is not null limit 1").fetchall():
        # Before the end of a transaction a row id is no position.
        numbered = f"(select row_number() over () as number, _fault from {table})"
        faults = con.execute(f"select * from {numbered} where _fault is not null order by 1").fetchall()
        name = table.removeprefix("raw.").strip('"')
        sound = f'raw."{name}_sound"'
        con.execute(f"create or replace table {sound} as select * exclude (_fault) from {table} where _fault is null")
        con.execute(f"drop table {table}")
        con.execute(f'alter table {sound} rename to "{name}"')
    else:
        con.execute(f"alter table {table} drop column _fault")
    texts = records_at(path, scan, [number for number, _ in faults])
    numbers = [_delivered_number(number, scan)[0] for number, _ in faults]
    return [
        Broken(number, number, reason, text) for number, (_, reason), text in zip(numbers, faults, texts, strict=True)
    ]


def _json_path(path: str) -> str:
    """Where a value stands in an object, as DuckDB's literal."""
    return text_literal("$" + "".join(f'."{key}"' for key in path.split(".")))


def count_unknown_keys(con: duckdb.DuckDBPyConnection, contract: Contract, delivery_id: str, path: Path) -> None:
    """Count a delivery's records by the keys of their objects that the contract does not name, beside and among those that it
    does, as values of a column `_unknown` of its profile."""
    named = [*contract.never_land, *contract.ignored, *(p for places in contract.paths().values() for p in places)]
    above = dict.fromkeys(".".join(name.split(".")[:n]) for name in named for n in range(1, name.count(".") + 1))
    objects = ["", *(f"{name}." for name in above)]
    literals = ", ".join(_json_path(name.rstrip(".")) if name else "'$'" for name in objects)
    each = " union all ".join(
        f"select {text_literal(name)} || unnest(keys[{number}]) as key, n from shapes"
        for number, name in enumerate(objects, 1)
    )
    found = con.execute(
        f"""
        with shapes as (
            select json_keys(json, [{literals}]) as keys, count(*) as n
            from read_ndjson_objects($path, ignore_errors = true) where json is not null group by all
        )
        select key, sum(n)::bigint from ({each}) where key not in (select unnest($objects)) group by 1 order by 2 desc, 1
        """,
        {"path": str(path), "objects": [*above]},
    ).fetchall()
    unknown = [(delivery_id, key, rows) for key, rows in found if not contract.knows_path(key)][:MOST_UNKNOWN]
    if unknown:
        con.executemany("insert into raw.profiles values (?, '_unknown', ?, ?)", unknown)


def _by_widths(widths: Sequence[int]) -> tuple[str, list[str]]:
    """The SQL that cuts a line into pieces of some fields each, and for each field that which cuts it from its piece, without
    the blanks that fill it up."""
    ends = [*itertools.accumulate(widths)]
    starts = [end - width for end, width in zip(ends, widths, strict=True)]
    firsts = [0]  # of each piece the place of its first field
    for place, start in enumerate(starts):
        if start - starts[firsts[-1]] >= PIECE:
            firsts.append(place)
    pieces, fields = [], []
    for number, (first, after) in enumerate(zip(firsts, [*firsts[1:], len(widths)], strict=True)):
        begin = starts[first]
        pieces.append(f"substring(line, {begin + 1}, {ends[after - 1] - begin}) as p{number}")
        fields += [
            f"nullif(rtrim(substring(p{number}, {start - begin + 1}, {width}), ' '), '')"
            for start, width in zip(starts[first:after], widths[first:after], strict=True)
        ]
    return ", ".join(pieces), fields


def _in_delivered_file(line: int, scan: Scan, kind: str, text: str) -> Broken:
    """The reader's complaint about a line of what was left for it, numbered as in the file that was delivered."""
    above = 1 if scan.has_header else 0
    ordinal, more_lines = _delivered_number(line - above, scan)
    line = above + ordinal + more_lines
    return Broken(ordinal, line, f"CSV reader: {kind.lower()}", text.strip("\r\n")[:KEPT_BYTES])


def _delivered_number(ordinal: int, scan: Scan) -> tuple[int, int]:
    """The number in the delivered file of a record that was left for the reader, and how many lines more those before it span."""
    more_lines = 0
    for entry in scan.broken:
        if entry.record > ordinal:
            break
        ordinal += 1
        more_lines += entry.lines - 1
    more_lines += sum(breaks for record, breaks in scan.inner_breaks if record < ordinal)
    return ordinal, more_lines


def take_out(con: duckdb.DuckDBPyConnection, table: str, condition: str) -> list[int]:
    """Take the rows that meet a condition out of a table, as if it had been made without them; return their places in it, from 1."""
    places = places_of(con, table, condition)
    if places:
        take_places(con, table, places)
    return places


def places_of(con: duckdb.DuckDBPyConnection, table: str, condition: str) -> list[int]:
    """The places in a table, from 1, of the rows that meet a condition."""
    # Before the end of a transaction a row id is no position.
    numbered = f"(select row_number() over () as place, {condition} as is_one from {table})"
    return [place for (place,) in con.execute(f"select place from {numbered} where is_one order by 1").fetchall()]


def rows_but(table: str, places: list[int]) -> str:
    """SQL of a table's rows in their order without those at some places, from 1."""
    return _rows_where(table, f"not list_contains({places}, _place)")


def rows_at(table: str, places: list[int]) -> str:
    """SQL of a table's rows at some places, from 1, in their order."""
    return _rows_where(table, f"list_contains({places}, _place)")


def _rows_where(table: str, condition: str) -> str:
    numbered = f"(select *, row_number() over () as _place from {table})"
    return f"select * exclude (_place) from {numbered} where {condition} order by _place"


def take_places(con: duckdb.DuckDBPyConnection, table: str, places: list[int]) -> None:
    """Take the rows at some places, from 1, out of a table."""
    schema, name = table.split(".", 1)
    con.execute(f"create table {schema}._kept as {rows_but(table, places)}")
    con.execute(f"drop table {table}")
    con.execute(f"alter table {schema}._kept rename to {name}")


def quarantine(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    delivery: Delivery,
    broken: list[Broken],
    left_out: Sequence[int] = (),
) -> None:
    """Keep a delivery's broken records, of JSON lines without what may never land, and where they, and those left out, are missing
    among its rows."""
    broken = sorted(broken, key=lambda b: b.record)
    if broken:
        con.executemany(
            "insert into raw.quarantine values (?, ?, ?, ?, ?, ?)",
            [
                (
                    delivery.delivery_id,
                    delivery.file_name,
                    b.record,
                    b.line,
                    b.reason,
                    _without(b.raw, contract).replace("\0", "\\0"),
                )
                for b in broken
            ],
        )
    missing = [*(b.record for b in broken), *left_out]
    if not missing:
        return
    con.executemany(
        "insert into raw.record_gaps values (?, ?, ?)",
        [(delivery.delivery_id, *gap) for gap in gaps_of(missing)],
    )


def gaps_of(missing: Iterable[int]) -> list[tuple[int, int]]:
    """What `raw.record_gaps` has of records that are missing in a table, told by their numbers: rows before, and how many are missing by then."""
    gaps = {record - 1 - before: before + 1 for before, record in enumerate(sorted(missing))}
    return [*gaps.items()]


def missing_of(gaps: Iterable[tuple[int, int]]) -> list[int]:
    """The numbers of the records that are missing, from what `gaps_of` gave."""
    missing: list[int] = []
    for rows_before, shift in sorted(gaps):
        missing += range(rows_before + len(missing) + 1, rows_before + shift + 1)
    return missing


def numbers_of(places: Iterable[int], broken: Iterable[int]) -> list[int]:
    """The numbers in their file of records at some places, from 1, among those that are not broken; `broken` are numbers."""
    numbers, gaps, shift = [], sorted(broken), 0
    for place in sorted(places):
        while shift < len(gaps) and gaps[shift] <= place + shift:
            shift += 1
        numbers.append(place + shift)
    return numbers


def _without(raw: str, contract: Contract) -> str:
    """The text of a broken record; of JSON lines without the values of keys that may never land, so far as they can be told."""
    if not contract.is_json_lines or not contract.never_land:
        return raw
    keys = "|".join(re.escape(path.rpartition(".")[2]) for path in contract.never_land)
    return re.sub(rf'("(?:{keys})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^",}}\s]+)', r"\1null", raw)


def profile(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    columns: list[str],
    delivery_id: str,
    named: str | None,
    table: str,
) -> list[str]:
    """Count a delivery's rows per column that its file has and that has a value, and per value of its code columns and
    counties; return these counties.

    `named` is what `common_code` gives, for files whose records give none."""
    # What the scope is read from has few different values, which are counted before each is read.
    read = ", ".join(filter(None, [contract.scope.column, *contract.scope.columns])) or "1"
    names = ", ".join(map(text_literal, columns))
    counts = ", ".join(f'count("{column}")' for column in columns)
    parts = [f"select unnest([{names}]), null, unnest([{counts}]) from {table}"]
    parts += [
        f"select {text_literal(column)}, {_code(contract, column)}, count(*) from {table} group by all"
        for column in dict.fromkeys([*contract.profile, *contract.listed])
    ]
    parts.append(
        f"select '_county', {county_code(contract, named)}, sum(n) "
        f"from (select {read}, count(*) as n from {table} group by all) group by all"
    )
    counted = con.execute(
        f"insert into raw.profiles select ?, * from ({' union all '.join(parts)}) returning column_name, value",
        [delivery_id],
    ).fetchall()
    return sorted(value for column, value in counted if column == "_county" and value != UNKNOWN_COUNTY)


def _code(contract: Contract, column: str) -> str:
    """The SQL for what stands in a column of codes: that of another vintage as the contract's own code, empty for none."""
    others = {other.upper(): code for code, others in contract.codes.get(column, {}).items() for other in others}
    cases = "".join(f" when {text_literal(other)} then {text_literal(code)}" for other, code in others.items())
    value = f"coalesce({column}, '')"
    return f"case upper(trim({column})){cases} else {value} end" if cases else value


def sample_share(con: duckdb.DuckDBPyConnection, contract: Contract, table: str) -> float:
    """The part of a table's rows that were generated, by the prefix of their ids; none where the contract has no marker.
    Rows of the campaign's own sources that are totals or repeated headers do not tell, nor those without an id."""
    marker = contract.sample
    if marker is None:
        return 0
    [(generated, rows)] = con.execute(
        f"select count(*) filter (where starts_with({marker.column}, '{marker.prefix}')), count(*) from {table}"
    ).fetchall()
    if 0 < generated < rows and contract.kind in ("events", "people"):
        names = ", ".join(text_literal(name.lower()) for name in (marker.column, *contract.columns[marker.column]))
        text = f"lower(trim({marker.column}))"
        [(rows,)] = con.execute(
            f"select count(*) from {table} where {text} <> '' and {text} not in ({names}) "
            f"and not regexp_matches({text}, '^(grand |sub)?totals?\\b')"
        ).fetchall()
    return generated / rows if rows else 0


def deliveries(con: duckdb.DuckDBPyConnection) -> dict[str, Delivery]:
    """All that was ever handed in, by id."""
    columns = ", ".join(Delivery.__dataclass_fields__)
    rows = con.execute(f"select {columns} from meta.deliveries").fetchall()
    return {row[0]: Delivery(*row) for row in rows}


def record(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Write a delivery's row, over an earlier one of the same content."""
    d = delivery
    con.execute("delete from meta.deliveries where delivery_id = ?", [d.delivery_id])
    con.execute(
        "insert into meta.deliveries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
        [
            d.delivery_id, d.contract, d.file_name, d.sha256, d.scope, d.as_of, d.received_at,
            d.records_read, d.rows_loaded, d.rows_quarantined, d.status, d.reason, d.rows_erased,
        ],
    )  # fmt: skip


def common_code(contract: Contract, delivery_id: str, file_name: str) -> str | None:
    """The code that all records of a delivery have: that in its file's name, if it has one; of events the delivery's id."""
    return delivery_id if contract.kind == "events" else contract.named_scope(file_name)


def county_code(contract: Contract, named: str | None) -> str:
    """The county of a record as text: its code in capitals or in the contract's number of digits, empty if unknown. Of a
    contract of no one state it is the code of the state, election or whatever else its scope is made of.

    `named` is what `common_code` gives."""
    if contract.state is None:
        if contract.names_its_scope and not named:
            return text_literal(UNKNOWN_COUNTY)
        values = [f"coalesce(upper(trim({column})), '')" for column in contract.scope.columns]
        return " || '-' || ".join([*([text_literal(named)] if named else []), *values])
    scope, unknown = contract.scope, text_literal(UNKNOWN_COUNTY)
    if not scope.column:
        return text_literal(named or UNKNOWN_COUNTY)
    text = f"regexp_extract({scope.column}, {text_literal(scope.pattern)})" if scope.pattern else scope.column
    if not scope.digits:
        return f"coalesce(upper(trim({text})), {unknown})"
    number = f"nullif(greatest(try_cast({text} as integer), 0), 0)::varchar"
    width = f"greatest({scope.digits}, length({number}))::integer"
    codes = [f"lpad({number}, {width}, '0')"]
    if scope.named:
        names = counties_by_name(contract.state)
        keys, numbers = (", ".join(map(text_literal, texts)) for texts in (names, names.values()))
        codes.append(f"[{numbers}][list_position([{keys}], upper(trim({text})))]")
    return f"coalesce({', '.join(codes)}, {unknown})"
