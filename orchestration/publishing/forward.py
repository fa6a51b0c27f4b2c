"""A table of the candidate brought to the rows that it should have now, by those that a model made anew or by those that differ."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from orchestration.warehouse import MOST_ROOM

# What a newer file changes of nearly every row, by the key of the table: where in the files the voter's record stands. Written over
# in place, and no difference.
_WRITTEN_OVER = {"voters": ("voter_id", ("delivery_id", "record_number", "as_of"))}


def replace(
    con: duckdb.DuckDBPyConnection, table: str, source: str, rows: Callable[[str], str], made_anew: str
) -> bool:
    """Put those rows that the query `rows(source)` makes of the table `source`, one of each of its rows, into the place of those of
    `candidate.main.<table>`, of which the query `made_anew` gives the value of its one column. No others are looked at. False where the
    columns are others, or it does not add up, or so much of the table would be the room of rows that are gone that it had better be written anew.
    """
    if not _has_the_columns(con, table, rows(source)):
        return False
    con.execute(f"create or replace temp table made_anew as select distinct * from ({made_anew})")
    [(key, *_)] = con.execute("describe made_anew").fetchall()
    con.execute(f'delete from candidate.main."{table}" where {key} in (from made_anew)')
    # They were put in last, so by their places DuckDB reads the end of the table alone.
    places = f"select rowid from {source} where {key} in (from made_anew)"
    con.execute(f'insert into candidate.main."{table}" {rows(f"(select * from {source} where rowid in ({places}))")}')
    [(closes,)] = con.execute(
        f"""
        select there.n = source.n and places <= {MOST_ROOM} * source.n
        from (select count(*) as n, coalesce(max(rowid) + 1, 0) as places from candidate.main."{table}") as there,
            (select count(*) as n from {source}) as source
        """
    ).fetchall()
    if closes:
        _write_over(con, table, source)
    return closes


def bring_forward(con: duckdb.DuckDBPyConnection, table: str, source: str, rows: Callable[[str], str]) -> bool:
    """Take the rows that `candidate.main.<table>` should not have out of it and put those in that it lacks, told by a hash of the row, so that
    it has those that the query `rows(source)` makes of the table `source`, one of each of its rows. False, with the table left as it is, where
    its columns are others, or where so much of it would be the room of rows that are gone that it had better be written anew.
    """
    if not _has_the_columns(con, table, rows(source)):
        return False
    columns = con.execute(f'select column_name from (describe candidate.main."{table}")').fetchall()
    _, written_over = _WRITTEN_OVER.get(table, ("", ()))
    told = "hash(" + ", ".join(f'"{name}"' for (name,) in columns if name not in written_over) + ")"
    con.execute(
        f'create or replace temp table here as select rowid as place, {told} as said from candidate.main."{table}"'
    )
    numbered = rows(f"(select *, rowid as place from {source})")
    con.execute(f"create or replace temp table wanted as select place, {told} as said from ({numbered})")
    # One join for both ways; each row is there once, or seldom more often, so that equal ones meet few others.
    con.execute("""
        create or replace temp table differing as
        select here.place as gone, wanted.place as lacking, coalesce(here.said, wanted.said) as said
        from here full join wanted using (said) where here.place is null or wanted.place is null
    """)
    # Of rows that are there more than once it may be another number that is wanted: then the sums do not close.
    sums = "select count(*) as n, coalesce(sum(said), 0) as said from"
    [(closes, differ)] = con.execute(
        f"""
        select here.n - gone.n + lacking.n = wanted.n and here.said - gone.said + lacking.said = wanted.said
            and places + lacking.n <= {MOST_ROOM} * wanted.n, lacking.n + gone.n
        from ({sums} here) as here, ({sums} wanted) as wanted,
            ({sums} differing where lacking is not null) as lacking, ({sums} differing where gone is not null) as gone,
            (select coalesce(max(rowid) + 1, 0) as places from candidate.main."{table}") as room
        """
    ).fetchall()
    if not closes:
        return False
    if differ:
        con.execute(f'delete from candidate.main."{table}" where rowid in (select gone from differing)')
        lacking = rows(f"(select * from {source} where rowid in (select lacking from differing))")
        con.execute(f'insert into candidate.main."{table}" {lacking}')
    _write_over(con, table, source)
    return True


def _has_the_columns(con: duckdb.DuckDBPyConnection, table: str, query: str) -> bool:
    of_both = (
        con.execute(f"select column_name, column_type from (describe {what})").fetchall()
        for what in (f'candidate.main."{table}"', query)
    )
    return next(of_both) == next(of_both)


def _write_over(con: duckdb.DuckDBPyConnection, table: str, source: str) -> None:
    """Bring those columns of a table that are written over to what they are in `source`."""
    if table not in _WRITTEN_OVER:
        return
    key, columns = _WRITTEN_OVER[table]
    con.execute(
        f"""
        update candidate.main."{table}" set {", ".join(f"{name} = now.{name}" for name in columns)}
        from (select {", ".join((key, *columns))} from {source}) as now
        where now.{key} = "{table}".{key}
            and ({", ".join(f'"{table}".{name}' for name in columns)}) is distinct from ({", ".join(f"now.{name}" for name in columns)})
        """
    )
