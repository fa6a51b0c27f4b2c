"""Which columns a model's columns come from, read from its compiled SQL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import duckdb
from sqlglot import MappingSchema, exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

DIALECT = "duckdb"


class ColumnLineage:
    """Reads lineages against the tables and views that stand in the warehouse now."""

    def __init__(self, con: duckdb.DuckDBPyConnection, keys: Mapping[str, dg.AssetKey]):
        """`keys` maps schema.table to its asset."""
        self.keys = keys
        self.schema = MappingSchema(dialect=DIALECT)
        for catalog, schema, table, columns in con.execute(
            """
            select database_name, schema_name, table_name, map_from_entries(list((column_name, data_type)))
            from duckdb_columns() where not internal and not contains(table_name, '__raw') group by all
            """
        ).fetchall():
            if f"{schema}.{table}" in keys:
                self.schema.add_table(exp.table_(table, db=schema, catalog=catalog), columns, dialect=DIALECT)

    def of(self, compiled: Path) -> dg.TableColumnLineage | None:
        """The lineage of a model by its compiled SQL; None where it cannot be read."""
        try:
            query = qualify(
                parse_one(compiled.read_text(encoding="utf-8"), dialect=DIALECT), schema=self.schema, dialect=DIALECT
            )
            scope = build_scope(query)
            return dg.TableColumnLineage(
                {
                    column: self._origins(lineage(column, query, self.schema, scope=scope, dialect=DIALECT, copy=False))
                    for column in query.named_selects
                }
            )
        except (SqlglotError, OSError):
            return None

    def _origins(self, node) -> list[dg.TableColumnDep]:
        found = {
            (f"{leaf.expression.db}.{leaf.expression.name}", leaf.name.split(".")[-1].strip('"'))
            for leaf in node.walk()
            if isinstance(leaf.expression, exp.Table)
        }
        return [
            dg.TableColumnDep(asset_key=self.keys[table], column_name=column)
            for table, column in sorted(found)
            if table in self.keys
        ]
