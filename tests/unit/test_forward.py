"""Published tables brought forward by the rows that differ."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest

from orchestration.publishing import forward, persons


@pytest.fixture
def con(tmp_path):
    with duckdb.connect() as con:
        con.execute(f"attach '{tmp_path / 'candidate.duckdb'}' as candidate")
        yield con


def bring_forward(con, table: str, rows: str) -> bool:
    """To the rows of a query, which stand in a table of their own."""
    con.execute(f"create or replace table marts_table as {rows}")
    return forward.bring_forward(con, table, "marts_table", "select * from {}".format)


def published(con, table: str) -> list[tuple]:
    return con.execute(f'from candidate.main."{table}" order by all').fetchall()


def test_rows_that_differ_are_taken_out_and_put_in_and_the_others_stay(con) -> None:
    con.execute("create table candidate.main.t as select n, 'a' || n as name, [n] as many from range(100) r(n)")
    con.execute(
        "create table mart as select n, if(n = 7, null, 'a' || n) as name, if(n = 8, null, [n]) as many from range(3, 102) r(n)"
    )
    assert bring_forward(con, "t", "from mart")
    assert published(con, "t") == con.execute("from mart order by all").fetchall()
    assert con.execute("select rowid from candidate.main.t where n = 50").fetchall() == [(50,)]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (Counter(a=2, b=1, **{f"c{n}": 1 for n in range(50)}), Counter(a=1, b=2, **{f"c{n}": 1 for n in range(50)})),
        (Counter(a=3, b=1), Counter(a=1, b=3)),
        (Counter(a=1), Counter(a=2)),
        (Counter(a=2), Counter(a=1)),
    ],
)
def test_another_number_of_equal_rows_is_seen_and_the_table_left_alone(con, before, now) -> None:
    con.execute("create table candidate.main.t as select unnest(?) as name", [[*before.elements()]])
    con.execute("create table mart as select unnest(?) as name", [[*now.elements()]])
    assert not bring_forward(con, "t", "from mart")
    assert published(con, "t") == [(name,) for name in sorted(before.elements())]


def test_equal_rows_that_are_all_new_or_all_gone_are_counted(con) -> None:
    con.execute("create table candidate.main.t as select n // 2 as half from range(100) r(n)")
    con.execute("create table mart as select n // 2 as half from range(4, 104) r(n)")
    assert bring_forward(con, "t", "from mart")
    assert published(con, "t") == con.execute("from mart order by all").fetchall()


def test_rows_are_looked_at_among_those_that_may_differ_and_the_others_are_counted(con) -> None:
    con.execute("create table candidate.main.t as select n, 'a' || n as name from range(100) r(n)")
    con.execute("create table mart as select n, if(n < 50, 'b', 'a') || n as name from range(1, 100) r(n)")
    assert forward.bring_forward(con, "t", "mart", "select * from {}".format, "n < 10")
    assert published(con, "t") == [(n, f"{'b' if n < 10 else 'a'}{n}") for n in range(1, 100)]
    con.execute("delete from mart where n = 70")
    assert not forward.bring_forward(con, "t", "mart", "select * from {}".format, "n < 10")


def test_a_few_changed_rows_of_a_table_with_much_room_want_a_new_one(con) -> None:
    con.execute(
        "create table candidate.main.t as select n from range(1000) r(n); delete from candidate.main.t where n < 200"
    )
    con.execute("create table mart as select n + 1 as n from range(200, 1000) r(n)")
    assert not forward.bring_forward(con, "t", "mart", "select * from {}".format, "n not between 201 and 999")


def test_voters_who_are_another_person_than_in_what_was_published_are_found(con) -> None:
    con.execute("""
        create schema identity;
        create table identity.person_records as
        select 'nc_voters' as source, 'NC-' || n as record_id, 'P-NC-' || n as person_id, null::date as valid_from, null::date as valid_to from range(9) r(n);
        update identity.person_records set person_id = 'P-a' where record_id in ('NC-1', 'NC-2', 'NC-3');
        create table candidate.main.person_records as from identity.person_records;
        update identity.person_records set person_id = 'P-b' where record_id in ('NC-1', 'NC-8');
        update identity.person_records set person_id = 'P-NC-2' where record_id = 'NC-2';
    """)
    persons.prepare(con)
    persons.find_renamed(con)
    assert con.execute("from whose.renamed order by 1").fetchall() == [("NC-1",), ("NC-2",), ("NC-8",)]


def test_other_columns_and_too_much_room_want_a_new_table(con) -> None:
    con.execute("create table candidate.main.t as select n from range(100) r(n)")
    assert not bring_forward(con, "t", "select n, 1 as more from range(100) r(n)")
    assert not bring_forward(con, "t", "select n::integer as n from range(100) r(n)")
    assert not bring_forward(con, "t", "select n from range(30, 130) r(n)")
    assert published(con, "t") == [(n,) for n in range(100)]


def test_rows_that_are_gone_count_until_the_table_is_new(con) -> None:
    """Each time a tenth of it changes: not for ever, or it would be room of rows that are gone for the most part."""
    con.execute("create table candidate.main.t as select n from range(1000) r(n)")
    brought = [bring_forward(con, "t", f"select n from range({k}, {1000 + k}) r(n)") for k in (100, 200, 300)]
    assert brought == [True, True, False]


def test_where_a_record_stands_in_the_newer_file_is_written_over(con) -> None:
    rows = "select n as voter_id, 'v' || n as name, '{}' as delivery_id, n + {} as record_number, null::date as as_of from range({}, 100) r(n)"
    con.execute("create table candidate.main.voters as " + rows.format("first", 0, 0))
    later = rows.format("later", 5, 2)
    assert bring_forward(con, "voters", later)
    assert published(con, "voters") == con.execute(f"from ({later}) order by all").fetchall()
    assert con.execute("select rowid from candidate.main.voters where voter_id = 50").fetchall() == [(50,)]


def test_rows_that_have_become_another_persons_are_named_anew_in_place(con) -> None:
    con.execute("""
        create schema identity; create schema marts;
        create table identity.person_records as
        select 'nc_voters' as source, 'NC-' || n as record_id, 'P-NC-' || n as person_id, null::date as valid_from, null::date as valid_to from range(9) r(n)
        union all select 'actblue_contributions', 'D' || n, 'P-d' || n, null, null from range(9) r(n);
        create table marts.voters as select 'NC-' || n as voter_id, n as age_years from range(9) r(n);
        create table marts.donations as select 'D' || n as donor_id, case when n > 4 then 'NC-' || n end as voter_id from range(9) r(n);
    """)
    for step in range(2):
        persons.prepare(con)
        for table in ("voters", "donations"):
            rows = persons.with_persons(table, f"marts.{table}")
            if step:
                persons.name_anew(con, table)
                assert published(con, table) == con.execute(f"from ({rows}) order by all").fetchall()
            else:
                con.execute(f"create table candidate.main.{table} as {rows}")
        con.execute("update identity.person_records set person_id = 'P-NC-3' where record_id in ('NC-4', 'D7')")
    assert ("NC-4", 4, "P-NC-3") in published(con, "voters")
    assert ("D7", "NC-7", "P-NC-3") in published(con, "donations")
