"""What the result of a table's checks hangs on: their words, and the builds and deliveries of all that they read. Where that is
the same as when the table passed, it would pass again."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property

import duckdb

from quality import versions

_TABLE = re.compile(r'\b"?(raw|meta|staging|intermediate|marts|segments|identity)"?\."?(\w+)"?')
# What ingestion writes of a delivery as it loads it.
_OF_DELIVERIES = {"raw.scopes", "raw.profiles", "raw.quarantine", "raw.record_gaps", "meta.deliveries"}


class Inputs:
    """Tells them as the warehouse stands now."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self._con = con
        self._code = f"{versions.code_version('quality')} {duckdb.__version__}"

    def of(self, table: str, checks: list) -> str | None:
        """A hash of what the checks of a table (schema.table) hang on; None where they read something of which nobody notes when
        it changed."""
        words = sorted(str(check.dict()) for check in checks)
        # The checks of a contract's records ask for its deliveries alone.
        contract = table.removeprefix("raw.") if table.startswith("raw.") else None
        read: dict[str, str | None] = {}
        todo = {table, *(f"{schema}.{name}" for text in words for schema, name in _TABLE.findall(text))}
        while todo:
            name = todo.pop()
            sql = self._views.get(name)
            read[name] = sql or self._build(name, contract)
            if sql:
                todo |= {f"{schema}.{other}" for schema, other in _TABLE.findall(sql)} - read.keys()
        if None in read.values():
            return None
        return hashlib.sha256(repr((self._code, words, sorted(read.items()))).encode()).hexdigest()[:16]

    def _build(self, name: str, contract: str | None) -> str | None:
        if name in _OF_DELIVERIES:
            return repr([row for row in self._deliveries.values() if contract in (None, row[0])]) + repr(
                [row for row in self._scopes if contract in (None, row[0])]
            )
        if name.startswith("raw."):
            delivery = self._deliveries.get(name.rpartition("__")[2])
            return repr(delivery) if delivery else None
        return self._builds.get(name)

    @cached_property
    def _views(self) -> dict[str, str]:
        return dict(
            self._con.execute(
                "select schema_name || '.' || view_name, sql from duckdb_views() where not internal"
            ).fetchall()
        )

    @cached_property
    def _builds(self) -> dict[str, str]:
        return {step: build for step, build in versions.builds(self._con).items() if "." in step}

    @cached_property
    def _deliveries(self) -> dict[str, tuple]:
        found = self._con.execute(
            "select contract, delivery_id, received_at, as_of, scope, records_read, rows_loaded from meta.deliveries "
            "where status <> 'refused' order by all"
        ).fetchall()
        return {row[1]: row for row in found}

    @cached_property
    def _scopes(self) -> list[tuple]:
        return self._con.execute("select * from raw.scopes order by all").fetchall()
