"""One scanned delivery into schema `raw`: its table, its quarantine, and the views over what is current.

Each delivery keeps a table of its own (`raw."nc_voters__<delivery_id>"`). `raw.nc_voters` is a view over the
deliveries that are current for each county, `raw.nc_voters_previous` over those that were so before, so a
replacement moves no row and a county's file replaces that county alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from orchestration.errors import ran_out
from orchestration.ingestion.contracts import Contract, Match
from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.scan import KEPT_BYTES, Broken, Scan

UNKNOWN_COUNTY = 0  # records whose county cannot be read still belong to a scope


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


def raw_table(contract: str, delivery_id: str) -> str:
    """The quoted name of the table that holds one delivery's rows."""
    return f'raw."{contract}__{delivery_id}"'


def create_table(con: duckdb.DuckDBPyConnection, match: Match, scan: Scan, path: Path, table: str) -> list[Broken]:
    """Read a file into `table`, every column as text; return the records that the CSV reader would not take.

    Columns that may never land are read past, not stored. Raises `Refused` if DuckDB cannot read the file at all.
    """
    positions = {column: i for i, column in enumerate(match.loads) if column}
    names = ", ".join(f"c{positions[column]} as {column}" for column in match.contract.columns)
    con.execute("drop table if exists temp.rejects; drop table if exists temp.reject_scans")
    try:
        con.execute(
            f"""
            create table {table} as select {names} from read_csv(
                $path, auto_detect = false, header = true, delim = $delimiter, quote = '"', escape = '"',
                new_line = $line_end, encoding = $encoding, columns = $columns,
                store_rejects = true, rejects_table = 'rejects', rejects_scan = 'reject_scans')
            """,
            {
                "path": str(path),
                "delimiter": match.contract.delimiter,
                "line_end": scan.line_end.decode().replace("\r", "\\r").replace("\n", "\\n"),
                "encoding": scan.encoding,
                "columns": {f"c{i}": "VARCHAR" for i in range(len(match.loads))},
            },
        )
    except duckdb.Error as error:
        if ran_out(error, path.parent):
            raise
        # The message quotes the record, so only the kind of error may leave this function.
        raise Refused(f"DuckDB cannot read it as {match.contract.name} ({type(error).__name__})") from None
    rows = con.execute(
        "select line, min(error_type::varchar), min(csv_line) from temp.rejects group by line order by line"
    ).fetchall()
    return [_in_delivered_file(line - 1, scan.broken, kind, text or "") for line, kind, text in rows]


def _in_delivered_file(ordinal: int, broken: list[Broken], kind: str, text: str) -> Broken:
    """The reader's complaint about the `ordinal`-th record left for it, numbered as in the file that was delivered."""
    more_lines = 0
    for entry in broken:
        if entry.record > ordinal:
            break
        ordinal += 1
        more_lines += entry.lines - 1
    line = 1 + ordinal + more_lines
    return Broken(ordinal, line, f"CSV reader: {kind.lower()}", text.strip("\r\n")[:KEPT_BYTES])


def quarantine(con: duckdb.DuckDBPyConnection, delivery: Delivery, broken: list[Broken]) -> None:
    """Keep a delivery's broken records, and where they are missing among its rows."""
    if not broken:
        return
    broken = sorted(broken, key=lambda b: b.record)
    con.executemany(
        "insert into raw.quarantine values (?, ?, ?, ?, ?, ?)",
        [
            (
                delivery.delivery_id,
                delivery.file_name,
                b.record,
                b.line,
                b.reason,
                b.raw.replace("\0", "\\0"),
            )
            for b in broken
        ],
    )
    gaps = {b.record - 1 - before: before + 1 for before, b in enumerate(broken)}
    con.executemany(
        "insert into raw.record_gaps values (?, ?, ?)",
        [(delivery.delivery_id, rows_before, shift) for rows_before, shift in gaps.items()],
    )


def profile(con: duckdb.DuckDBPyConnection, contract: Contract, delivery_id: str, table: str) -> None:
    """Count a delivery's rows per column that has a value, and per value of its code columns and counties."""
    counts = ", ".join(f"count({column}) as {column}" for column in contract.columns)
    con.execute(
        f"""
        insert into raw.profiles
        select ?, name, null, value from (unpivot (select {counts} from {table}) on columns(*) into name name value value)
        """,
        [delivery_id],
    )
    for column in contract.profile:
        con.execute(
            f"insert into raw.profiles select ?, ?, coalesce({column}, ''), count(*) from {table} group by all",
            [delivery_id, column],
        )
    con.execute(
        f"insert into raw.profiles select ?, '_county', cast({_county(contract)} as varchar), count(*) from {table} group by all",
        [delivery_id],
    )


def sample_share(con: duckdb.DuckDBPyConnection, contract: Contract, table: str) -> float:
    """The part of a table's rows that were generated, by the prefix of their ids."""
    marker = contract.sample
    [(share,)] = con.execute(
        f"select coalesce(avg(case when starts_with({marker.column}, '{marker.prefix}') then 1.0 else 0.0 end), 0) from {table}"
    ).fetchall()
    return share


def scope_of(con: duckdb.DuckDBPyConnection, contract: Contract, delivery_id: str, file_name: str) -> str:
    """What a loaded delivery covers: `NC`, or `NC-092` where it holds that one county.

    Raises:
        Refused: no record has a county, or the file's name promises one county and its records are of others.
    """
    found = [
        int(value)
        for (value,) in con.execute(
            "select value from raw.profiles where delivery_id = ? and column_name = '_county' order by 1",
            [delivery_id],
        ).fetchall()
    ]
    counties = [c for c in found if c != UNKNOWN_COUNTY]
    if not counties:
        raise Refused(f"none of its records has a number in {contract.scope_column}, so it is unknown what it replaces")
    named = re.search(rf"{contract.file_name}[ _-]?(\d{{1,3}})(?!\d)", file_name, re.IGNORECASE)
    if named and counties != [int(named.group(1))]:
        raise Refused(
            f"its name says county {int(named.group(1))}, its records are of {len(counties)} counties"
            + f" ({', '.join(map(str, counties[:5]))}{' ...' if len(counties) > 5 else ''})"
            + ". Give it its right name"
        )
    if len(counties) == 1 and "statewide" not in file_name.lower():
        return f"{contract.state}-{counties[0]:03d}"
    return contract.state


def newer_in_scope(con: duckdb.DuckDBPyConnection, contract: str, scope: str, as_of: date) -> date | None:
    """The day of a delivery that is newer, covers this scope wholly and did not fail its gate, if there is one."""
    [(newest,)] = con.execute(
        """
        select max(as_of) from meta.deliveries
        where contract = ? and status in ('loaded', 'superseded') and as_of > ? and (scope = ? or starts_with(?, scope || '-'))
          and delivery_id not in (select delivery_id from raw.verdicts where not has_passed)
        """,
        [contract, as_of, scope, scope],
    ).fetchall()
    return newest


def record(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Write a delivery's row, over an earlier one of the same content."""
    d = delivery
    con.execute(
        "insert or replace into meta.deliveries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        [
            d.delivery_id, d.contract, d.file_name, d.sha256, d.scope, d.as_of, d.received_at,
            d.records_read, d.rows_loaded, d.rows_quarantined, d.status, d.reason,
        ],
    )  # fmt: skip


def settle_scopes(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Decide anew, from the deliveries alone, which of them is current for each county and which was before, and
    rebuild the views. The answer does not depend on the order in which deliveries came, but that of two with the same
    day the later one counts and the other was never before. A delivery that failed its gate gives way to any other.
    Tables that are neither current nor before are dropped."""
    con.execute("delete from raw.scopes where contract = ?", [contract.name])
    con.execute(
        """
        insert into raw.scopes
        with held as (
            select *, delivery_id in (select delivery_id from raw.verdicts where not has_passed) as is_doubted from meta.deliveries
            where contract = $contract and status in ('loaded', 'superseded')
              and contract || '__' || delivery_id in (select table_name from duckdb_tables() where schema_name = 'raw')
        ),
        counties as (
            select distinct value::integer as county_number
            from raw.profiles join held using (delivery_id) where column_name = '_county'
        ),
        ranked as (
            select county_number, delivery_id, as_of, is_doubted,
                row_number() over (
                    partition by county_number order by is_doubted, as_of desc, received_at desc, delivery_id
                ) as age
            from counties join held
              on scope = $state or scope = $state || '-' || lpad(county_number::varchar, 3, '0')
        )
        select $contract, now.county_number, now.delivery_id, arg_min(before.delivery_id, before.age)
        from ranked now
        left join ranked before
          on before.county_number = now.county_number and before.as_of < now.as_of and not before.is_doubted
        where now.age = 1
        group by now.county_number, now.delivery_id
        """,
        {"contract": contract.name, "state": contract.state},
    )
    con.execute(
        """
        update meta.deliveries set status = case
            when delivery_id in (select delivery_id from raw.scopes) then 'loaded' else 'superseded' end
        where contract = ? and status in ('loaded', 'superseded')
        """,
        [contract.name],
    )
    make_views(con, contract)
    for (table,) in con.execute(
        """
        select table_name from duckdb_tables()
        where schema_name = 'raw' and starts_with(table_name, $contract || '__')
          and table_name not in (
            select contract || '__' || delivery_id from raw.scopes
            union all
            select contract || '__' || previous_delivery_id from raw.scopes where previous_delivery_id is not null)
        """,
        {"contract": contract.name},
    ).fetchall():
        con.execute(f'drop table raw."{table}"')


def forget(con: duckdb.DuckDBPyConnection, contract: Contract, delivery_id: str) -> None:
    """Drop all that was loaded from a delivery; what it had replaced is current again where it is still held."""
    con.execute(f"drop view if exists raw.{contract.name}; drop view if exists raw.{contract.name}_previous")
    con.execute(f"drop table if exists {raw_table(contract.name, delivery_id)}")
    for table in ("meta.deliveries", "raw.quarantine", "raw.record_gaps", "raw.profiles", "raw.verdicts"):
        con.execute(f"delete from {table} where delivery_id = ?", [delivery_id])
    settle_scopes(con, contract)


def make_views(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """(Re)create `raw.<contract>` and `raw.<contract>_previous` from `raw.scopes`; empty where nothing was delivered."""
    for view, column in (
        (contract.name, "delivery_id"),
        (f"{contract.name}_previous", "previous_delivery_id"),
    ):
        parts = con.execute(
            f"""
            select s.{column}, d.as_of, list(s.county_number order by s.county_number), d.scope,
                exists (select 1 from raw.record_gaps g where g.delivery_id = s.{column}) as has_gaps
            from raw.scopes s join meta.deliveries d on d.delivery_id = s.{column}
            where s.contract = ? group by all order by 1
            """,
            [contract.name],
        ).fetchall()
        selects = [_select_part(contract, *part) for part in parts] or [_select_nothing(contract)]
        con.execute(f"create or replace view raw.{view} as " + " union all ".join(selects))


def _select_part(
    contract: Contract, delivery_id: str, as_of: date, counties: list[int], scope: str, has_gaps: bool
) -> str:
    if scope != contract.state:
        counties = [*counties, UNKNOWN_COUNTY]  # in a county's file such a record can only be of that county
    columns = ", ".join(contract.columns)
    table = raw_table(contract.name, delivery_id)
    where = f"where {_county(contract)} in ({', '.join(map(str, counties))})"
    number, join = "rows.rowid + 1", ""
    if has_gaps:
        number = "rows.rowid + 1 + coalesce(gaps.shift, 0)"
        gaps = f"(select rows_before, shift from raw.record_gaps where delivery_id = '{delivery_id}')"
        join = f"asof left join {gaps} as gaps on rows.rowid >= gaps.rows_before"
    return (
        f"select {columns}, '{delivery_id}' as _delivery_id, {number} as _record_number, date '{as_of}' as _as_of "
        f"from {table} as rows {join} {where}"
    )


def _select_nothing(contract: Contract) -> str:
    columns = ", ".join(f"null::varchar as {column}" for column in contract.columns)
    return f"select {columns}, null::varchar as _delivery_id, null::bigint as _record_number, null::date as _as_of where false"


def _county(contract: Contract) -> str:
    return f"coalesce(try_cast({contract.scope_column} as integer), {UNKNOWN_COUNTY})"
