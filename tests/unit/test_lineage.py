"""From which columns a query's columns come and by which its rows are chosen, by hand for small queries."""

from __future__ import annotations

import duckdb
import pytest

from orchestration import lineage
from orchestration.lineage import FILTER, MATCH, ROWS, VALUE, Values, read

TABLES = {
    "s.a": dict.fromkeys(("id", "x", "y"), "varchar"),
    "s.b": dict.fromkeys(("id", "z"), "varchar"),
}
ROWS_OF_A = {("s.a", ROWS): FILTER}
JOINED = {("s.a", "id"): MATCH, ("s.b", "id"): MATCH}


@pytest.mark.parametrize(
    ("sql", "column", "rows"),
    [
        ("select x as c from s.a", {("s.a", "x"): VALUE}, ROWS_OF_A),
        ("select upper(x) || y as c from s.a where id > '1'", {("s.a", "x"): VALUE, ("s.a", "y"): VALUE}, {("s.a", "id"): FILTER}),
        # An inner join chooses rows, an outer one only brings columns.
        ("select x as c from s.a join s.b using (id)", {("s.a", "x"): VALUE}, JOINED | {("s.b", ROWS): FILTER}),
        ("select x as c from s.a left join s.b using (id)", {("s.a", "x"): VALUE}, ROWS_OF_A),
        ("select z as c from s.a left join s.b using (id)", {("s.b", "z"): VALUE, ("s.b", ROWS): FILTER} | JOINED, ROWS_OF_A),
        ("select x as c from s.a full join s.b using (id)", {("s.a", "x"): VALUE}, JOINED | {("s.b", ROWS): FILTER}),
        ("select x as c from s.a anti join s.b using (id)", {("s.a", "x"): VALUE}, JOINED | {("s.b", ROWS): FILTER}),
        ("select x as c from s.a, s.b where a.id = b.id and z = '1'", {("s.a", "x"): VALUE}, JOINED | {("s.b", "z"): FILTER, ("s.b", ROWS): FILTER}),
        # What was filtered by stays so, however it is joined or filtered by in turn.
        (
            "with b as (select id from s.b where z = '1') select x as c from s.a where id in (select id from b)",
            {("s.a", "x"): VALUE},
            JOINED | {("s.b", "z"): FILTER, ("s.b", ROWS): FILTER},
        ),
        (
            "select x as c from s.a where exists (select 1 from s.b where b.id = a.id and z = '1')",
            {("s.a", "x"): VALUE},
            JOINED | {("s.b", "z"): FILTER, ("s.b", ROWS): FILTER},
        ),
        ("select (select max(z) from s.b) as c from s.a", {("s.b", "z"): VALUE, ("s.b", ROWS): FILTER}, ROWS_OF_A),
        ("select count(*) as c from s.a group by y having max(x) > '1'", {}, {("s.a", "y"): MATCH, ("s.a", "x"): FILTER}),
        ("select x as c from s.a qualify row_number() over (order by y) = 1", {("s.a", "x"): VALUE}, {("s.a", "y"): FILTER}),
        ("select x as c from s.a order by y limit 3", {("s.a", "x"): VALUE}, {("s.a", "y"): FILTER}),
        # Of an unpivoted column all is told that it may be made of.
        ("select c from (select x, y from s.a) unpivot (c for n in (x, y))", {("s.a", "x"): VALUE, ("s.a", "y"): VALUE} | ROWS_OF_A, {}),
        ("select x as c from s.a union all select z from s.b", {("s.a", "x"): VALUE, ("s.b", "z"): VALUE}, {("s.b", ROWS): FILTER}),
        ("with s as (select * from s.a) select id as c from s", {("s.a", "id"): VALUE}, ROWS_OF_A),
    ],
)  # fmt: skip
def test_origins(sql: str, column: dict, rows: dict) -> None:
    found = read(sql, TABLES)
    assert found is not None
    assert found["c"] == column
    assert found[ROWS] == ROWS_OF_A | rows


@pytest.mark.parametrize(
    "sql", ["select * from s.unknown", "select columns(*) from s.a", "select nothing from s.a", "select from where"]
)
def test_what_cannot_be_read_is_said(sql: str) -> None:
    assert read(sql, TABLES) is None


def test_what_was_read_is_kept_until_the_sql_or_its_tables_change(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = tmp_path / "model.sql"
    compiled.write_text("select a + b as c from main.t")
    with duckdb.connect() as con:
        con.execute("create table t (a int, b int)")

        def made_of() -> Values | None:
            monkeypatch.setattr(lineage, "_known", {})  # as another process
            lineages = lineage.ColumnLineage(con, tmp_path / "folder" / "kept-1")
            found = lineages.of(compiled, ["main.t"])
            lineages.keep()
            return found and {column: [(table, name) for table, name in pairs] for column, pairs in found.items()}

        assert made_of() == {"c": [("main.t", "a"), ("main.t", "b")]}
        with monkeypatch.context() as no_more:
            no_more.setattr(lineage, "read", None)
            assert made_of() == {"c": [("main.t", "a"), ("main.t", "b")]}
            con.execute("alter table t add column x int")
            with pytest.raises(TypeError):
                made_of()
        compiled.write_text("select a as c from main.t")
        assert made_of() == {"c": [("main.t", "a")]}
