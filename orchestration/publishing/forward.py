"""A table of the candidate brought to the rows that it should have now by those that differ, told by a hash of the row."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from orchestration.warehouse import MOST_ROOM

# What a newer file changes of nearly every row, by the key of the table: where in the files the voter's record stands. Written over
# in place, and no difference.
_WRITTEN_OVER = {"voters": ("voter_id", ("delivery_id", "record_number", "as_of"))}


def bring_forward(
    con: duckdb.DuckDBPyConnection, table: str, source: str, rows: Callable[[str], str], among: str = "true"
) -> bool:
    """Take the rows that `candidate.main.<table>` should not have out of it and put those in that it lacks, so that it has those that
    the query `rows(source)` makes of the table `source`, one of each of its rows. False, with the table left as it is, where its
    columns are others, or where so much of it would be the room of rows that are gone that it had better be written anew. Where it is known
    among which rows those that differ are, `among` says so, as a condition that `source` and the table understand; no others are looked at.
    """
    columns = con.execute(f'select column_name, column_type from (describe candidate.main."{table}")').fetchall()
    if columns != con.execute(f"select column_name, column_type from (describe {rows(source)})").fetchall():
        return False
    key, written_over = _WRITTEN_OVER.get(table, ("", ()))
    told = "hash(" + ", ".join(f'"{name}"' for name, _ in columns if name not in written_over) + ")"
    con.execute(
        f'create or replace temp table here as select rowid as place, {told} as said from candidate.main."{table}" where {among}'
    )
    numbered = rows(f"(select *, rowid as place from {source} where {among})")
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
            and every_one.n - gone.n + lacking.n = source.n and places + lacking.n <= {MOST_ROOM} * source.n, lacking.n + gone.n
        from ({sums} here) as here, ({sums} wanted) as wanted,
            ({sums} differing where lacking is not null) as lacking, ({sums} differing where gone is not null) as gone,
            (select count(*) as n, coalesce(max(rowid) + 1, 0) as places from candidate.main."{table}") as every_one,
            (select count(*) as n from {source}) as source
        """
    ).fetchall()
    if not closes:
        return False
    if differ:
        con.execute(f'delete from candidate.main."{table}" where rowid in (select gone from differing)')
        lacking = rows(f"(select * from {source} where rowid in (select lacking from differing))")
        con.execute(f'insert into candidate.main."{table}" {lacking}')
    if written_over:
        those = ", ".join((key, *written_over))
        con.execute(
            f"""
            update candidate.main."{table}" set {", ".join(f"{name} = now.{name}" for name in written_over)}
            from (select {those} from {source}) as now
            where now.{key} = "{table}".{key}
                and ({", ".join(f'"{table}".{name}' for name in written_over)})
                    is distinct from ({", ".join(f"now.{name}" for name in written_over)})
            """
        )
    return True
