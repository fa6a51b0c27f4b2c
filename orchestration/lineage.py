"""Which columns the columns of a query come from, and by which its rows are chosen, read from its SQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
from sqlglot import MappingSchema, exp, parse_one
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, walk_in_scope

from orchestration import project_cache

DIALECT = "duckdb"
ROWS = "*"  # stands where a column would for the rows of a table: which there are, and how many

# What a column is to one that comes from it.
VALUE = "value"  # its value is made of it
FILTER = "filter"  # which rows there are depends on it
MATCH = "match"  # records were found to belong together by it: a key of a join, of a grouping, of an IN or EXISTS

Origins = dict[tuple[str, str], str]  # (schema.table, column or ROWS) to VALUE, FILTER or MATCH


Values = dict[str, list[tuple[str, str]]]  # for each column the (schema.table, column) pairs that its value is made of
_known: dict[str, Values | None] = {}  # what this process has read


class ColumnLineage:
    """Reads from what a model's columns are made, against the tables and views that stand in the warehouse now.

    Reading all of a layer takes seconds, so they are remembered in the file `kept` (`project_cache.py`) for as long as the SQL and the columns
    that it reads stay the same.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, kept: Path):
        self.tables = {
            table: dict(zip(columns, types, strict=True))
            for table, columns, types in con.execute(
                """
                select schema_name || '.' || table_name, list(column_name order by column_index), list(data_type order by column_index)
                from duckdb_columns() where not internal group by all
                """
            ).fetchall()
        }
        self.kept = kept
        self.used: dict[str, Values | None] = {}
        self.stored: dict[str, Values | None] = {}
        stored = project_cache.read(kept)
        if stored:
            self.stored = json.loads(stored)

    def of(self, compiled: Path, parents: Iterable[str]) -> Values | None:
        """What a model's columns are made of by its compiled SQL and the tables that it reads; None where it cannot be read."""
        try:
            sql = compiled.read_text(encoding="utf-8")
        except OSError:  # a seed has none
            return None
        key = hashlib.sha256(f"{[self.tables.get(table) for table in sorted(parents)]} {sql}".encode()).hexdigest()
        known = self.stored if key in self.stored else _known
        values = self.used[key] = _known[key] = known[key] if key in known else self._read(sql)
        return values

    def keep(self) -> None:
        """Remember the lineages that were asked for, beside those that were before."""
        if self.used.keys() - self.stored.keys():
            project_cache.keep(self.kept, json.dumps(self.stored | self.used).encode())

    def _read(self, sql: str) -> Values | None:
        origins = read(sql, self.tables)
        if origins is None:
            return None
        return {
            column: sorted(pair for pair, kind in found.items() if kind == VALUE)
            for column, found in origins.items()
            if column != ROWS
        }


def read(sql: str, tables: Mapping[str, Mapping[str, str]]) -> dict[str, Origins] | None:
    """The origins of each column of a query and, under `ROWS`, what chooses its rows; None where it cannot be read.

    `tables` has the columns and their types of each schema.table that the query reads. An outer join's condition counts for the
    columns that it brings, any other condition for the rows.
    """
    schema = MappingSchema(dialect=DIALECT)
    try:
        query = parse_one(sql, dialect=DIALECT)
        for table in query.find_all(exp.Table):
            table.set("catalog", None)
            known = tables.get(f"{table.db}.{table.name}")
            if known is not None:
                schema.add_table(table, dict(known), dialect=DIALECT)
        scope = build_scope(qualify(query, schema=schema, dialect=DIALECT, identify=False))
        if scope is None:
            return None
        columns, rows = _Reader().relation(scope)
    except SqlglotError:
        return None
    return {**dict(columns), ROWS: rows}


_Relation = tuple[list[tuple[str, Origins]], Origins]  # its columns in their order, and its rows


class _Reader:
    """Follows columns through the scopes of one query; each scope once."""

    def __init__(self) -> None:
        self.known: dict[int, _Relation] = {}

    def relation(self, scope: Scope) -> _Relation:
        """The origins of a query's columns, and of its rows."""
        if id(scope) not in self.known:
            self.known[id(scope)] = self._union(scope) if scope.set_operation_scopes else self._select(scope)
        return self.known[id(scope)]

    def _union(self, scope: Scope) -> _Relation:
        parts = [self.relation(part) for part in scope.set_operation_scopes]
        rows = _all(rows for _, rows in parts)
        return [(name, _all(columns[i][1] for columns, _ in parts)) for i, (name, _) in enumerate(parts[0][0])], rows

    def _select(self, scope: Scope) -> _Relation:
        query = scope.expression
        if not isinstance(query, exp.Select):  # unnest and the like, values: nobody says which column comes from which
            return [], self._of(query, scope)
        if any(item.is_star or item.find(exp.Columns) for item in query.expressions):
            raise OptimizeError("a star over a table whose columns nobody knows")
        brought = self._brought(scope)
        rows = _all(self._source_rows(scope, name) for name in _sources(scope) if name not in brought)
        for join in query.args.get("joins") or []:
            if join.alias_or_name not in brought and join.args.get("on"):
                rows = _all([rows, self._condition(join.args["on"], scope)])
        for part in ("where", "having", "qualify"):
            if query.args.get(part):
                rows = _all([rows, self._condition(query.args[part].this, scope)])
        if query.args.get("group"):
            rows = _all([rows, _as(MATCH, self._of(query.args["group"], scope))])
        distinct = query.args.get("distinct")
        if distinct and distinct.args.get("on"):
            rows = _all([rows, _as(MATCH, self._of(distinct, scope))])
        if query.args.get("limit") and query.args.get("order"):
            rows = _all([rows, _as(FILTER, self._of(query.args["order"], scope))])
        return [(item.alias_or_name, self._of(item, scope)) for item in query.expressions], rows

    def _brought(self, scope: Scope) -> dict[str, exp.Expression | None]:
        """The sources that an outer join adds columns from, which chooses no rows, and its condition."""
        joins = scope.expression.args.get("joins") or []
        return {join.alias_or_name: join.args.get("on") for join in joins if join.side == "LEFT"}

    def _source_rows(self, scope: Scope, name: str) -> Origins:
        source = _sources(scope)[name]
        if isinstance(source, exp.Table):
            return {(f"{source.db}.{source.name}", ROWS): FILTER}
        return _as(FILTER, self.relation(source)[1])

    def _column(self, column: exp.Column, scope: Scope) -> Origins:
        while column.table not in _sources(scope):
            if scope.parent is None:
                if column.table:
                    raise OptimizeError(f"nobody knows what {column.table} is")
                return {}  # the variable of a list's function
            scope = scope.parent
        source = _sources(scope)[column.table]
        if isinstance(source, exp.Table):
            found: Origins = {(f"{source.db}.{source.name}", column.name): VALUE}
        else:
            columns, rows = self.relation(source)
            known = dict(columns)  # a column that is none of them is made of them: an unpivoted one
            found = known[column.name] if column.name in known else _all([*known.values(), rows])
        brought = self._brought(scope) if isinstance(scope.expression, exp.Select) else {}
        if column.table not in brought:
            return found
        on = brought[column.table]
        condition = self._condition(on, scope, besides=column.table) if on else {}
        return _all([found, self._source_rows(scope, column.table), condition])

    def _of(self, expression: exp.Expression, scope: Scope) -> Origins:
        """The origins of a value."""
        found = [self._column(node, scope) for node in walk_in_scope(expression) if isinstance(node, exp.Column)]
        for inner in scope.subquery_scopes:
            if _within(inner.expression, expression):
                columns, rows = self.relation(inner)
                found += [*(origins for _, origins in columns), rows]
        return _all(found)

    def _condition(self, expression: exp.Expression, scope: Scope, besides: str | None = None) -> Origins:
        """The origins of a condition. Of the source `besides`, whose join it is, only the columns themselves are looked at."""
        found = []
        for part in _conjuncts(expression):
            if besides is None:
                origins = self._of(part, scope)
            else:
                columns = [node for node in walk_in_scope(part) if isinstance(node, exp.Column)]
                origins = _all(self._column(c, scope) for c in columns if c.table != besides)
                source = _sources(scope)[besides]
                own = [c.name for c in columns if c.table == besides]
                if isinstance(source, exp.Table):
                    origins = _all([origins, {(f"{source.db}.{source.name}", name): VALUE for name in own}])
                else:
                    origins = _all([origins, *(dict(self.relation(source)[0]).get(name, {}) for name in own)])
            found.append(_as(MATCH if _is_match(part) else FILTER, origins))
        return _all(found)


def _sources(scope: Scope) -> dict[str, exp.Table | Scope]:
    """What a query reads by the names that it has there; sqlglot leaves out what is only looked at by a semi or anti join."""
    found = {name: source for name, (_, source) in scope.selected_sources.items()}
    for read_as, source in scope.selected_sources.values():
        found |= {pivot.alias: source for pivot in read_as.args.get("pivots") or [] if pivot.alias}
    for name, source in found.items():
        if isinstance(source, exp.Table) and not source.db:  # an unpivoted one of the query's own, taken for a table
            found[name] = scope.cte_sources.get(source.name, source)
    joins = scope.expression.args.get("joins") or []
    looked_at = [join.alias_or_name for join in joins if join.kind in ("SEMI", "ANTI")]
    return found | {name: scope.sources[name] for name in looked_at if name in scope.sources}


def _all(parts) -> Origins:
    """Origins together; of a column that is several the one that says most."""
    found: Origins = {}
    for part in parts:
        for column, kind in part.items():
            if found.get(column) != VALUE and (kind != MATCH or column not in found):
                found[column] = kind
    return found


def _as(kind: str, origins: Origins) -> Origins:
    """The origins of what is looked at to filter or match: what filtered or matched before it stays that."""
    return {column: kind if before == VALUE else before for column, before in origins.items()}


def _conjuncts(expression: exp.Expression) -> Iterator[exp.Expression]:
    for part in expression.flatten() if isinstance(expression, exp.And) else [expression]:
        inner = part.unnest()
        if isinstance(inner, exp.And):
            yield from _conjuncts(inner)
        else:
            yield inner


def _is_match(condition: exp.Expression) -> bool:
    """Whether a condition says that records belong together: columns of two sources are equal, or IN or EXISTS a query."""
    if isinstance(condition, exp.Not):
        condition = condition.this.unnest()
    if isinstance(condition, (exp.EQ, exp.NullSafeEQ)):
        sides = [{c.table for c in side.find_all(exp.Column)} for side in (condition.left, condition.right)]
        return bool(sides[0] and sides[1] and sides[0] != sides[1])
    return isinstance(condition, exp.Exists) or (
        isinstance(condition, exp.In) and condition.args.get("query") is not None
    )


def _within(inner: exp.Expression, outer: exp.Expression) -> bool:
    node: exp.Expression | None = inner
    while node is not None and node is not outer:
        node = node.parent
    return node is not None
