"""Published tables brought forward by the rows that differ or were made anew."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest

from orchestration.publishing import forward, persons, publish
from quality import versions


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


def replace(con, made_anew: str) -> bool:
    return forward.replace(con, "t", "mart", "select * from {}".format, made_anew)


def test_rows_that_were_made_anew_take_the_place_of_those_of_before_and_no_others_are_looked_at(con) -> None:
    con.execute("create table candidate.main.t as select n, k from range(100) r(n), range(2) s(k)")
    con.execute(
        "create table mart as select n, k + 7 as k from range(1, 102) r(n), range(3) s(k) where n <> 50 and (k < 2 or n = 9)"
    )
    changed = "select 'n' as n where false union all select unnest(['0', '5', '9', '50', '100', '101', '9', null])"
    assert replace(con, f"select n::bigint as n from ({changed})")
    assert published(con, "t") == sorted(
        [(n, k) for n in range(1, 100) for k in range(2) if n not in (5, 9, 50)]
        + [(n, k + 7) for n in (5, 9, 100, 101) for k in range(3 if n == 9 else 2)]
    )


def test_which_rows_were_made_anew_is_told_of_tables_that_were_brought_forward_from_what_was_copied(con) -> None:
    con.execute("""
        create schema meta; create schema marts; create schema intermediate;
        create table meta.builds as
        select * from (values ('marts.residences', 'old', 2), ('marts.households', 'older', 2), ('marts.family_relations', 'old', 2), ('marts.voters', 'old', 2),
            ('intermediate.int_touched_residences', null, 2), ('intermediate.int_changed_records', null, 2),
            ('intermediate.int_outdated_voters', null, 1)) as builds(step, followed, built_at);
        create table intermediate.int_touched_residences as select 1 as residence_id;
        create table marts.residences as select n as residence_id from range(9) r(n);
        create table marts.family_relations as select 2 as residence_id, false as lives_together union all select 3, true;
        create table candidate.main.residences as from marts.residences;
        create table candidate.main.family_relations as select 4 as residence_id, false as lives_together union all select 5, true;
    """)
    code = versions.code_version("orchestration/publishing")
    copied = {table: f"old {code} of whom" for table in ("residences", "households", "family_relations", "voters")}
    assert publish._made_anew(con, copied) == {}  # a version without people
    told = publish._made_anew(con, copied | {"person_records": f"old {code} of whom"})
    assert {table: sorted(con.execute(query).fetchall()) for table, query in told.items()} == {
        "residences": [(1,)], "family_relations": [(1,), (2,), (4,)],
    }  # fmt: skip


def test_rows_that_do_not_add_up_want_a_new_table(con) -> None:
    con.execute("create table candidate.main.t as select n from range(100) r(n)")
    con.execute("create table mart as select n from range(1, 100) r(n)")
    assert not replace(con, "select 5 as n")
    assert replace(con, "select 0 as n")


def test_much_room_of_rows_that_were_made_anew_wants_a_new_table(con) -> None:
    con.execute("create table candidate.main.t as select n from range(1000) r(n)")
    con.execute("create table mart as select n from range(1000) r(n)")
    assert [replace(con, f"select unnest(range({k}, {k + 100})) as n") for k in (0, 100, 200)] == [True, True, False]


def test_other_columns_of_what_was_made_anew_want_a_new_table(con) -> None:
    con.execute("create table candidate.main.t as select n from range(100) r(n)")
    con.execute("create table mart as select n::integer as n from range(100) r(n)")
    assert not replace(con, "select 5 as n")
    assert published(con, "t") == [(n,) for n in range(100)]


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
    con.execute("create or replace table marts_table as " + rows.format("latest", 6, 1))
    assert forward.replace(con, "voters", "marts_table", "select * from {}".format, "select 1 as voter_id")
    assert published(con, "voters") == con.execute("from marts_table order by all").fetchall()


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
    con.execute("update identity.person_records set person_id = 'P-NC-3' where record_id in ('NC-5', 'NC-6')")
    persons.prepare(con)
    persons.name_anew(con, "voters", of="voter_id in ('NC-5')")
    assert [row for row in published(con, "voters") if row[2] == "P-NC-3"] == [
        (f"NC-{n}", n, "P-NC-3") for n in (3, 4, 5)
    ]
    assert ("D7", "NC-7", "P-NC-3") in published(con, "donations")
