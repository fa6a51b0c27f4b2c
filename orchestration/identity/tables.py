"""The tables of schema `identity`: made, described, and said of what they are made."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.warehouse import text_literal

FILE = Path(__file__).with_name("tables.yaml")
SCHEMA = "identity"


@functools.cache
def described() -> dict[str, dict[str, Any]]:
    """What `tables.yaml` says: by table its `description` and `columns`, each with `type`, `about` and maybe `made_of`."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that are not there yet, those of before with their rows left as they are."""
    con.execute(f"create schema if not exists {SCHEMA}")
    for table, told in described().items():
        columns = ", ".join(f"{name} {column['type']}" for name, column in told["columns"].items())
        con.execute(f"create table if not exists {SCHEMA}.{table} ({columns})")


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
