"""The tables of schema `identity`: made, described, and said of what they are made."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.warehouse import has_table, text_literal

FILE = Path(__file__).with_name("tables.yaml")
SCHEMA = "identity"


@functools.cache
def described() -> dict[str, dict[str, Any]]:
    """What `tables.yaml` says: by table its `description` and `columns`, each with `type`, `about` and maybe `made_of`."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that are not there yet, those of before with their rows left as they are."""
    con.execute(f"create schema if not exists {SCHEMA}")
    for table in described():
        con.execute(f"create table if not exists {SCHEMA}.{table} ({_columns(table)})")


def is_empty(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table has no rows."""
    return not con.execute(f"select 1 from {SCHEMA}.{table} limit 1").fetchall()


def shaped(table: str, rows: str) -> str:
    """SQL of the query `rows` with the columns of a table, in their order and as their types."""
    columns = ", ".join(
        f"cast({name} as {column['type']}) as {name}" for name, column in described()[table]["columns"].items()
    )
    return f"select {columns} from ({rows})"


def find(con: duckdb.DuckDBPyConnection, table: str, rows: str, values: dict[str, object] | None = None) -> None:
    """Make the rows that are to be put into a table, told by the query `rows` with its columns by name, outside of the transaction in which `add`
    puts them in. To a table that has none yet they are the table, under another name until it counts, for which nothing is copied."""
    if is_empty(con, table):
        con.execute(f"create or replace table {_anew(table)} ({_columns(table)})")
        con.execute(f"insert into {_anew(table)} {shaped(table, rows)}", values)
    else:
        con.execute(f"create or replace temp table {table}_anew as {shaped(table, rows)}", values)


def add(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Put in what `find` has found; called within the transaction that writes all."""
    if has_table(con, f"{table}_anew", SCHEMA):
        con.execute(f"drop table {SCHEMA}.{table}")
        con.execute(f"alter table {_anew(table)} rename to {table}")
    else:
        con.execute(f"insert into {SCHEMA}.{table} from {table}_anew")


def _columns(table: str) -> str:
    return ", ".join(
        f"{name} {column['type']}{' using compression uncompressed' if column.get('unlike') else ''}"
        for name, column in described()[table]["columns"].items()
    )


def _anew(table: str) -> str:
    return f"{SCHEMA}.{table}_anew"


def drop(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Drop temp tables that are of no more use: a million records of each stage side by side are more memory than a run has."""
    for name in names:
        con.execute(f"drop table if exists temp.{name}")


def comment(con: duckdb.DuckDBPyConnection) -> None:
    """Write down in the database what the tables and columns are, from where the published file copies it."""
    for table, told in described().items():
        con.execute(f"comment on table {SCHEMA}.{table} is {text_literal(told['description'])}")
        for name, column in told["columns"].items():
            con.execute(f"comment on column {SCHEMA}.{table}.{name} is {text_literal(column['about'])}")
