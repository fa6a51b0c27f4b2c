"""Which deliveries are current: what each covers, which of them each county's records come from and came from before, and
the views over those.

`raw.nc_voters` is a view over the deliveries that are current for each county, `raw.nc_voters_previous` over those that
were so before; a county's file replaces that county alone. `_record_hash` in both tells equal records of voters from others;
where DuckDB hashes otherwise than when the one before was loaded, all are others, which costs time alone. Where a file has columns for each election,
`raw.<contract>_elections` has a row for each election of each voter. A county here is the code that `Contract.scope` reads from
a record or a file's name; of some sources it may be another part of the state, and of a contract of no one state it is what
its scope says, such as a state's election. Of events it is their delivery: each is current, and none was before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.ingestion.contracts import Contract
from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.load import (
    RECORD_HASH,
    UNKNOWN_COUNTY,
    Delivery,
    common_code,
    county_code,
    drop_table,
    elections_of,
    raw_table,
)
from orchestration.warehouse import text_literal

FEW_GAPS = 30  # of a delivery, that stand in its view
_VIEWS = {"": "delivery_id", "_previous": "previous_delivery_id"}  # by their endings, and which deliveries each shows
_ELECTION_VIEWS = {"_elections": "delivery_id"}
_OWN_COUNTIES = f"select value from (from raw.profiles where column_name = '_county' and value <> '{UNKNOWN_COUNTY}')"


def scope_of(contract: Contract, counties: list[str], file_name: str) -> str:
    """What a delivery of records of these counties covers: `NC`, `NC-092` where it holds that one, or `OH-01..22` where it
    holds counties from 01 to 22; of a contract of no one state the codes themselves, of events the delivery's id.

    Raises:
        Refused: no record has a county, or the file's name promises one county and its records are of others.
    """
    if not counties:
        missing = (
            f"none of its records has a {'number' if contract.scope.digits else 'code'} in {contract.scope.column}"
            if contract.scope.column
            else "its name does not say which part of the state it is of"
            if contract.state
            else "its name does not say what it is of, as that under which it is handed out does"
        )
        raise Refused(f"{missing}, so it is unknown what it replaces")
    named = contract.named_scope(file_name)
    if contract.state is None:
        return counties[0] if len(counties) == 1 else named or f"{counties[0]}..{counties[-1]}"
    if named and counties != [named]:
        raise Refused(
            f"its name says county {named}, its records are of {len(counties)} counties"
            + f" ({', '.join(counties[:5])}{' ...' if len(counties) > 5 else ''})"
            + ". Give it its right name"
        )
    if len(counties) == 1 and counties != [contract.state] and "statewide" not in file_name.lower():
        return f"{contract.state}-{counties[0]}"
    return contract.state if contract.scope.covers == "state" else f"{contract.state}-{counties[0]}..{counties[-1]}"


def newer_in_scope(con: duckdb.DuckDBPyConnection, contract: Contract, delivery: Delivery, scope: str) -> date | None:
    """The day of a delivery that is newer, covers this one's scope wholly and did not fail its gate, if there is one."""
    [(newest,)] = con.execute(
        f"""
        select max(as_of) from meta.deliveries d
        where contract = $contract and status in ('loaded', 'superseded') and as_of > $as_of
          and delivery_id not in (select delivery_id from raw.verdicts where not has_passed)
          and (scope = $state or $scope is distinct from $state and not exists (
            {_OWN_COUNTIES} where delivery_id = $delivery_id
            except {_OWN_COUNTIES} where delivery_id = d.delivery_id))
        """,
        {
            "contract": contract.name,
            "as_of": delivery.as_of,
            "state": contract.state,
            "scope": scope,
            "delivery_id": delivery.delivery_id,
        },
    ).fetchall()
    return newest


def settle_scopes(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Decide anew, from the deliveries alone, which of them is current for each county and which was before. The answer
    does not depend on the order in which deliveries came, but that of two with the same day the later one counts and the
    other was never before. A delivery that failed its gate gives way to any other. `make_views` has to follow."""
    con.execute("delete from raw.scopes where contract = ?", [contract.name])
    con.execute(
        """
        insert into raw.scopes
        with held as (
            select *, delivery_id in (select delivery_id from raw.verdicts where not has_passed) as is_doubted from meta.deliveries
            where contract = $contract and status in ('loaded', 'superseded')
              and contract || '__' || delivery_id in (select table_name from duckdb_tables() where schema_name = 'raw')
        ),
        own as (
            select delivery_id, value as county from raw.profiles join held using (delivery_id) where column_name = '_county'
        ),
        -- A delivery of a whole state covers each county, also one of which it has no record; any other those that it holds.
        covered as (
            select county, delivery_id from (select distinct county from own), held where scope = $state
            union
            select county, delivery_id from own join held using (delivery_id) where scope is distinct from $state and county <> $unknown
        ),
        ranked as (
            select county, delivery_id, as_of, is_doubted,
                row_number() over (
                    partition by county order by is_doubted, as_of desc, received_at desc, delivery_id
                ) as age
            from covered join held using (delivery_id)
        )
        select $contract, now.county, now.delivery_id, arg_min(before.delivery_id, before.age),
            any_value(now.as_of), arg_min(before.as_of, before.age)
        from ranked now
        left join ranked before
          on before.county = now.county and before.as_of < now.as_of and not before.is_doubted
        where now.age = 1
        group by now.county, now.delivery_id
        """,
        {"contract": contract.name, "state": contract.state, "unknown": UNKNOWN_COUNTY},
    )
    con.execute(
        """
        update meta.deliveries set status = case
            when delivery_id in (select delivery_id from raw.scopes) then 'loaded' else 'superseded' end
        where contract = ? and status in ('loaded', 'superseded')
        """,
        [contract.name],
    )


def forget(con: duckdb.DuckDBPyConnection, contract: Contract, delivery_id: str) -> None:
    """Drop all that was loaded from a delivery; what it had replaced is current again where it is still held."""
    for view in (*_VIEWS, *_ELECTION_VIEWS):
        con.execute(f"drop view if exists raw.{contract.name}{view}")
    drop_table(con, contract.name, delivery_id)
    for table in ("meta.deliveries", "raw.quarantine", "raw.record_gaps", "raw.profiles", "raw.verdicts"):
        con.execute(f"delete from {table} where delivery_id = ?", [delivery_id])
    settle_scopes(con, contract)
    make_views(con, [contract])


def forget_unmatched(con: duckdb.DuckDBPyConnection, contract: Contract) -> int:
    """Empty the columns of a contract that serve matching only in all records of its deliveries that led to no voter, and the
    text of those in quarantine; return how many records lost something. The records stay, so that the sums do."""
    only = contract.matching_only
    if only is None:
        return 0
    empty = ", ".join(f'"{column}" = null' for column in only.columns)
    filled = f"coalesce({', '.join(only.columns)}) is not null"
    matched = f"select {only.key} from marts.{only.mart}"
    forgotten = 0
    for (delivery_id,) in con.execute(
        "select delivery_id from raw.scopes where contract = ? order by 1", [contract.name]
    ).fetchall():
        table = raw_table(contract.name, delivery_id)
        where = f"{filled} and coalesce(trim({only.key}), '') not in ({matched})"
        [(rows,)] = con.execute(f"update {table} set {empty} where {where}").fetchall()
        forgotten += rows
        con.execute("update raw.quarantine set raw_line = '' where delivery_id = ? and raw_line <> ''", [delivery_id])
    return forgotten


def make_views(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """(Re)create of each contract `raw.<contract>`, `raw.<contract>_previous` and, where there are columns by election,
    `raw.<contract>_elections` from `raw.scopes`; empty where nothing was delivered. Tables that none of them needs are
    dropped."""
    contracts = [*contracts]
    if not contracts:
        return
    delivered = {name for (name,) in con.execute("select distinct contract from raw.scopes").fetchall()}
    # At once: each statement waits for whatever else Python does meanwhile.
    con.execute(";".join(text for contract in contracts for text in _views(con, contract, contract.name in delivered)))
    _drop_replaced(con, contracts)


def _views(con: duckdb.DuckDBPyConnection, contract: Contract, is_delivered: bool) -> Iterator[str]:
    """The statements that make a contract's views."""
    for view, column in _VIEWS.items():
        parts = _parts(con, contract, column) if is_delivered else []
        for part in parts if contract.kind == "voters" else ():
            # Loaded before records had a hash, they all are others.
            table = raw_table(contract.name, part.delivery_id)
            yield f"alter table {table} add column if not exists {RECORD_HASH} ubigint"
        selects = [_select_part(contract, part, contract.columns) for part in parts] or [
            _select_nothing(contract, contract.columns)
        ]
        yield f"create or replace view raw.{contract.name}{view} as " + " union all ".join(selects)
    for view, column in _ELECTION_VIEWS.items() if contract.elections else ():
        parts = _parts(con, contract, column, True) if is_delivered else []
        selects = [_select_elections(contract, part) for part in parts if part.elections]
        selects = selects or [_select_nothing(contract, [str(contract.id_column), "_election", *_cell_names(contract)])]
        yield f"create or replace view raw.{contract.name}{view} as " + " union all ".join(selects)


def _drop_replaced(con: duckdb.DuckDBPyConnection, contracts: list[Contract]) -> None:
    """Drop the tables of deliveries that are neither current nor before."""
    names = ", ".join(text_literal(contract.name) for contract in contracts)
    for contract, delivery_id in con.execute(
        f"""
        select split_part(table_name, '__', 1) as contract, split_part(table_name, '__', 2) as delivery_id
        from duckdb_tables()
        where schema_name = 'raw' and contains(table_name, '__') and contract in ({names})
          and table_name not in (
            select contract || '__' || delivery_id from raw.scopes
            union all
            select contract || '__' || previous_delivery_id from raw.scopes where previous_delivery_id is not null)
        """
    ).fetchall():
        drop_table(con, contract, delivery_id)


@dataclass(frozen=True)
class _Part:
    """What a view takes from one delivery."""

    delivery_id: str
    as_of: date
    named: str | None  # the code that all its records have
    counties: tuple[str, ...]
    is_whole: bool  # none of its rows is left out
    gaps: list[tuple[int, int]]  # of `raw.record_gaps`, the last first; no more than one above `FEW_GAPS`
    elections: tuple[str, ...]


def _parts(con: duckdb.DuckDBPyConnection, contract: Contract, column: str, by_election: bool = False) -> list[_Part]:
    rows = con.execute(
        f"""
        with covered as (
            select {column} as delivery_id, list(county_code order by county_code) as counties
            from raw.scopes where contract = {text_literal(contract.name)} and {column} is not null group by all
        ),
        own as (select delivery_id, list(value) as counties from raw.profiles where column_name = '_county' group by all)
        select c.delivery_id, d.as_of, d.file_name, c.counties, own.counties, d.scope
        from covered c join meta.deliveries d on d.delivery_id = c.delivery_id join own on own.delivery_id = c.delivery_id
        order by 1
        """
    ).fetchall()
    parts = []
    for delivery_id, as_of, file_name, counties, own, scope in rows:
        if scope != contract.state:
            counties = [*counties, UNKNOWN_COUNTY]  # in a county's file such a record can only be of that county
        elections = elections_of(con, contract, delivery_id) if by_election else ()
        named = common_code(contract, delivery_id, Path(file_name).name)
        gaps = con.execute(
            f"select rows_before, shift from raw.record_gaps where delivery_id = '{delivery_id}' order by 1 desc limit {FEW_GAPS + 1}"
        ).fetchall()
        parts.append(_Part(delivery_id, as_of, named, tuple(counties), {*own} <= {*counties}, gaps, elections))
    return parts


def _select_part(contract: Contract, part: _Part, columns: Iterable[str]) -> str:
    number, join = "rows.rowid + 1", ""
    if 0 < len(part.gaps) <= FEW_GAPS:  # no join, which every reader of the view would pay for
        shifts = " ".join(f"when rows.rowid >= {rows_before} then {shift}" for rows_before, shift in part.gaps)
        number = f"rows.rowid + 1 + case {shifts} else 0 end"
    elif part.gaps:
        number = "rows.rowid + 1 + coalesce(gaps.shift, 0)"
        gaps = f"(select rows_before, shift from raw.record_gaps where delivery_id = '{part.delivery_id}')"
        join = f"asof left join {gaps} as gaps on rows.rowid >= gaps.rows_before"
    county = county_code(contract, part.named)
    where = "" if part.is_whole else f"where {county} in ({', '.join(map(text_literal, part.counties))})"
    names = ", ".join(f'"{column}"' for column in columns)
    hashed = f", {RECORD_HASH}" if contract.kind == "voters" else ""
    return (
        f"select {names}, {county} as _county, '{part.delivery_id}' as _delivery_id, {number} as _record_number, "
        f"date '{part.as_of}' as _as_of{hashed} from {raw_table(contract.name, part.delivery_id)} as rows {join} {where}"
    )


def _select_elections(contract: Contract, part: _Part) -> str:
    groups = ", ".join(
        f"""({", ".join(f'"{column}"' for column in columns)}) as {text_literal(election)}"""
        for election, columns in contract.cells_by_election(part.elections).items()
    )
    cells = ", ".join(_cell_names(contract))
    return (
        f'select "{contract.id_column}", _election, {cells}, _county, _delivery_id, _record_number, _as_of '
        f"from ({_select_part(contract, part, (str(contract.id_column), *part.elections))}) "
        f"unpivot include nulls (({cells}) for _election in ({groups})) where coalesce({cells}) is not null"
    )


def _cell_names(contract: Contract) -> list[str]:
    """What the cells of an election are called in the view of them."""
    return [f"_{cell}" for cell in contract.cells or ["cell"]]


def _select_nothing(contract: Contract, columns: Iterable[str]) -> str:
    nulls = ", ".join(f'null::varchar as "{column}"' for column in columns)
    hashed = f", null::ubigint as {RECORD_HASH}" if contract.kind == "voters" else ""
    return (
        f"select {nulls}, null::varchar as _county, null::varchar as _delivery_id, null::bigint as _record_number, "
        f"null::date as _as_of{hashed} where false"
    )
