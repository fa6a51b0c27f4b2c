"""Which columns a model's columns come from, read from its compiled SQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import dagster as dg
import duckdb
from sqlglot import MappingSchema, exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

DIALECT = "duckdb"
_known: dict[str, dict[str, list[tuple[str, str]]] | None] = {}  # what this process has read


class ColumnLineage:
    """Reads lineages against the tables and views that stand in the warehouse now.

    Reading one takes up to half a second, so they are remembered in the file `kept` for as long as the SQL and the columns
    that it reads stay the same.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, keys: Mapping[str, dg.AssetKey], kept: Path):
        """`keys` maps schema.table to its asset."""
        self.keys = keys
        self.schema = MappingSchema(dialect=DIALECT)
        tables = con.execute(
            """
            select database_name, schema_name, table_name, list(column_name order by column_index), list(data_type order by column_index)
            from duckdb_columns() where not internal and not contains(table_name, '__raw') group by all order by all
            """
        ).fetchall()
        self.tables = {f"{row[1]}.{row[2]}": row for row in tables if f"{row[1]}.{row[2]}" in keys}
        for catalog, schema, table, columns, types in self.tables.values():
            known = dict(zip(columns, types, strict=True))
            self.schema.add_table(exp.table_(table, db=schema, catalog=catalog), known, dialect=DIALECT)
        self.kept = kept
        self.used: dict[str, dict[str, list[tuple[str, str]]] | None] = {}
        self.stored: dict[str, dict[str, list[tuple[str, str]]] | None] = {}
        with suppress(OSError, ValueError):  # the first time, or a run was stopped while it wrote
            self.stored = json.loads(kept.read_text(encoding="utf-8"))

    def of(self, compiled: Path, parents: Iterable[str]) -> dg.TableColumnLineage | None:
        """The lineage of a model by its compiled SQL and the tables that it reads; None where it cannot be read."""
        try:
            sql = compiled.read_text(encoding="utf-8")
        except OSError:  # a seed has none
            return None
        columns = [self.tables.get(table) for table in sorted(parents)]
        key = hashlib.sha256(f"{columns} {sql}".encode()).hexdigest()
        known = self.stored if key in self.stored else _known
        origins = self.used[key] = _known[key] = known[key] if key in known else self._read(sql)
        if origins is None:
            return None
        return dg.TableColumnLineage(
            {
                # Once for each asset: what is current and what was before are two tables of one.
                column: [
                    dg.TableColumnDep(asset_key=key, column_name=name)
                    for key, name in dict.fromkeys((self.keys[table], name) for table, name in found)
                ]
                for column, found in origins.items()
            }
        )

    def keep(self) -> None:
        """Remember the lineages that were asked for, and no others."""
        if self.used.keys() != self.stored.keys():
            self.kept.write_text(json.dumps(self.used), encoding="utf-8")

    def _read(self, sql: str) -> dict[str, list[tuple[str, str]]] | None:
        """For each column the (schema.table, column) pairs that it is made from."""
        try:
            query = qualify(parse_one(sql, dialect=DIALECT), schema=self.schema, dialect=DIALECT)
            scope = build_scope(query)
            return {
                # Trimmed selects are for showing; each is a copy of the query.
                column: self._origins(
                    lineage(column, query, self.schema, scope=scope, dialect=DIALECT, copy=False, trim_selects=False)
                )
                for column in query.named_selects
            }
        except SqlglotError:
            return None

    def _origins(self, node) -> list[tuple[str, str]]:
        found = {
            (f"{leaf.expression.db}.{leaf.expression.name}", leaf.name.split(".")[-1].strip('"'))
            for leaf in node.walk()
            if isinstance(leaf.expression, exp.Table)
        }
        return sorted(pair for pair in found if pair[0] in self.keys)
