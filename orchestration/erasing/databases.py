"""The databases without a person: each is written anew and renamed over the old one, since DuckDB keeps what was deleted in free blocks.

Of the warehouse only what no run can make again is copied: raw, the pipeline's own tables, and who is one person. The rest is built from
these by the next run, as if it were the first.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from orchestration.erasing.originals import is_of
from orchestration.erasing.person import KINDS, Person, key_in, listed, names_person
from orchestration.erasing.register import Erased
from orchestration.ingestion import load
from orchestration.ingestion.contracts import Contract, all_contracts
from orchestration.publishing.publish import candidate_path, copy_comments, make_analyst_views, remove_database
from orchestration.settings import Settings
from orchestration.warehouse import has_table, limits, make_own_tables, text_literal

KEPT_SCHEMAS = ("raw", "meta", "audit", "identity")
KEPT_OF_DBT = ("int_past_residences", "int_app_candidates")  # what they hold is nowhere else (`kept` in their meta)
KEPT_OF_IDENTITY = ("person_records", "person_events", "match_rates")  # the others follow from these
BUILT = ("builds", "built_scopes", "published_tables")  # they say what stands of what is not copied


def rewrite_published(settings: Settings, person: Person) -> int:
    """Take a person's rows out of `current.duckdb`, and remove what was published before it with them in it, and a candidate that was
    left. Returns the rows taken out of `current.duckdb`. Sums over people stay as they are until the next version."""
    remove_database(candidate_path(settings))
    removed = _rows_of(settings.current, person) if settings.current.exists() else 0
    if removed:
        new = settings.published / ".without.duckdb"
        new.unlink(missing_ok=True)
        with duckdb.connect(str(new), config=limits(settings.limits, settings.scratch)) as con:
            con.execute(f"attach {text_literal(settings.current)} as old (read_only)")
            [(current,)] = con.execute("select current_database()").fetchall()
            for table in _tables(con, "old"):
                con.execute(
                    f'create table main."{table}" as from old.main."{table}" where not {_theirs(con, "old", table, person)}'
                )
            copy_comments(con, [("main", table) for table in _tables(con, "old")], "old", current)
            con.execute("detach old")
            make_analyst_views(con)
        new.chmod(0o640)
        os.replace(new, settings.current)
    for version in sorted((settings.published / "versions").glob("*.duckdb")):
        if _rows_of(version, person):
            version.unlink()
    return removed


def _rows_of(file: Path, person: Person) -> int:
    with duckdb.connect(str(file), read_only=True) as con:
        [(catalog,)] = con.execute("select current_database()").fetchall()
        counts = [
            con.execute(f'select count(*) from main."{table}" where {_theirs(con, catalog, table, person)}').fetchall()
            for table in _tables(con, catalog)
        ]
    return sum(rows for [(rows,)] in counts)


def _tables(con: duckdb.DuckDBPyConnection, catalog: str) -> list[str]:
    rows = con.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = 'main' order by 1", [catalog]
    ).fetchall()
    return [table for (table,) in rows]


def _theirs(con: duckdb.DuckDBPyConnection, catalog: str, table: str, person: Person) -> str:
    """The SQL that says whether a row of a published table is of a person: it has an identifier that nobody else has, or is the residence of
    nobody else."""
    columns = con.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name = 'main' and table_name = ?",
        [catalog, table],
    ).fetchall()
    own = listed(person.own)
    conditions = [f"list_contains({own}, {key_in(name)})" for (name,) in columns if name in KINDS]
    conditions.append(names_person(person, [name for (name,) in columns]))
    home, members = {"residences": ("residence_id", "voters"), "households": ("household_id", "household_members")}.get(
        table, ("", "")
    )
    if home and person.voters:
        voters = f'"{catalog}".main.{members}'
        mine = f"list_contains({own}, {key_in('voter_id')})"
        conditions = [
            f"{home} in (select {home} from {voters} where {mine})"
            f" and {home} not in (select {home} from {voters} where not {mine} and {home} is not null)"
        ]
    return f"coalesce({' or '.join(f'({condition})' for condition in conditions) or 'false'}, false)"


def rewrite_warehouse(settings: Settings, person: Person, erased: Erased) -> tuple[int, int]:
    """Put a warehouse without the records of whoever was erased in the place of the one that is there. Returns how many records were taken out
    of raw, and of how many in quarantine the text was emptied. Nobody may have the warehouse open."""
    new = settings.warehouse.with_suffix(".new")
    remove_database(new)
    contracts = {contract.name: contract for contract in all_contracts() if contract.person_keys()}
    records = 0
    with duckdb.connect(str(new), config=limits(settings.limits, settings.scratch)) as con:
        con.execute(f"attach {text_literal(settings.warehouse)} as old (read_only)")
        make_own_tables(con)
        erased.prepare(con)
        emptied = _copy_quarantine(con, contracts, person, erased)
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'old' and (list_contains($schemas, schema_name) "
            "or schema_name = 'intermediate' and list_contains($of_dbt, table_name)) and ("  # a load that was stopped leaves tables of no delivery
            "schema_name not in ('raw', 'audit') or not contains(table_name, '__') "
            "or regexp_extract(table_name, '__([^_]+)$', 1) in (select delivery_id from old.meta.deliveries)) order by 1 desc, 2",
            {"schemas": list(KEPT_SCHEMAS), "of_dbt": list(KEPT_OF_DBT)},
        ).fetchall()
        places: dict[str, list[int]] = {}
        for schema, table in tables:
            contract = contracts.get(table.rsplit("__", 1)[0])
            if schema == "raw" and contract and "__" in table:
                places[table] = load.places_of(con, f'old.raw."{table}"', erased.is_theirs(contract))
            is_built = (
                table in BUILT if schema == "meta" else table not in KEPT_OF_IDENTITY if schema == "identity" else False
            )
            if not is_built and (schema, table) != ("raw", "quarantine"):
                _copy(con, schema, table, places.get(table, []) if schema in ("raw", "audit") else [], person)
        for table, theirs in places.items():
            if theirs:
                name, delivery = table.rsplit("__", 1)
                _count_anew(con, contracts[name], delivery, theirs)
                records += len(theirs)
        con.execute("detach old")
        con.execute("checkpoint")
    new.chmod(0o600)
    settings.warehouse.with_name(f"{settings.warehouse.name}.wal").unlink(missing_ok=True)
    os.replace(new, settings.warehouse)
    return records, emptied


def _copy(con: duckdb.DuckDBPyConnection, schema: str, table: str, places: list[int], person: Person) -> None:
    con.execute(f'create schema if not exists "{schema}"')
    source = f'select * from old."{schema}"."{table}"'
    if schema == "identity":
        columns = con.execute(
            "select column_name from duckdb_columns() where database_name = 'old' and schema_name = ? and table_name = ?",
            [schema, table],
        ).fetchall()
        source += f" where not {names_person(person, [name for (name,) in columns])}"
    if schema == "intermediate":
        source += f" where not list_contains({listed(person.own)}, {key_in('voter_id')})"
    if places:
        source = load.rows_but(f'old."{schema}"."{table}"', places)
    if has_table(con, table, schema):
        con.execute(f'insert into "{schema}"."{table}" by name {source}')
    else:
        con.execute(f'create table "{schema}"."{table}" as {source}')
        [(current,)] = con.execute("select current_database()").fetchall()
        copy_comments(con, [(schema, table)], "old", current)


def _copy_quarantine(
    con: duckdb.DuckDBPyConnection, contracts: dict[str, Contract], person: Person, erased: Erased
) -> int:
    held = con.execute(
        "select q.delivery_id, record_number, raw_line, contract from old.raw.quarantine q join old.meta.deliveries d using (delivery_id)"
        " where raw_line <> '' and list_contains(?, contract)",
        [sorted(contracts)],
    ).fetchall()
    theirs = [(d, n) for d, n, text, contract in held if is_of(text, contracts[contract], person, erased)]
    con.execute("create temp table emptied (delivery_id varchar, record_number bigint)")
    if theirs:
        con.executemany("insert into emptied values (?, ?)", theirs)
    con.execute(
        """
        insert into raw.quarantine by name
        select q.* replace (case when e.delivery_id is null then raw_line else '' end as raw_line)
        from old.raw.quarantine q left join emptied e on e.delivery_id = q.delivery_id and e.record_number = q.record_number
        """
    )
    return len(theirs)


def _count_anew(con: duckdb.DuckDBPyConnection, contract: Contract, delivery: str, places: list[int]) -> None:
    """Bring to a delivery's shorter table its counts, and where records are missing."""
    gaps = con.execute(
        "select rows_before, shift from raw.record_gaps where delivery_id = ? order by 1", [delivery]
    ).fetchall()
    missing = load.missing_of(gaps)
    con.execute("delete from raw.record_gaps where delivery_id = ?", [delivery])
    con.executemany(
        "insert into raw.record_gaps values (?, ?, ?)",
        [(delivery, *gap) for gap in load.gaps_of([*missing, *load.numbers_of(places, missing)])],
    )
    con.execute(
        "update meta.deliveries set rows_loaded = rows_loaded - $n, rows_erased = coalesce(rows_erased, 0) + $n where delivery_id = $id",
        {"n": len(places), "id": delivery},
    )
    columns = con.execute(
        "select column_name from raw.profiles where delivery_id = ? and value is null order by rowid", [delivery]
    ).fetchall()
    [(file_name,)] = con.execute("select file_name from meta.deliveries where delivery_id = ?", [delivery]).fetchall()
    con.execute("delete from raw.profiles where delivery_id = ? and column_name <> '_unknown'", [delivery])
    common = load.common_code(contract, delivery, Path(file_name).name)
    load.profile(
        con, contract, [name for (name,) in columns], delivery, common, load.raw_table(contract.name, delivery)
    )
