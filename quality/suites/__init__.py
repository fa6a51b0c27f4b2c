"""One module a gate: `tables(settings)`, the tables that it judges, and `expectations(settings, con)`, its checks by table.

`con` reads the warehouse while the checks are written, for figures that they compare with. A check with
`severity="warning"` is reported and stops nothing. Great Expectations takes seconds to import, so the modules import it
only when the checks are asked for.
"""

from __future__ import annotations

from typing import Any

SHARED = 200  # people behind one e-mail address or number: a precinct's worth, where a household has a few


def no_rows(query: str, description: str, severity: str = "critical") -> Any:
    """A check that `query` finds nothing. `{batch}` in it stands for the judged table, which cannot be given an alias."""
    from quality.no_rows import ExpectNoRows

    if "{batch}" not in query:  # Great Expectations prints a warning for a query that never names its table
        query = f"select q.* from ({query}) q left join (select 1 as one from {{batch}} limit 0) on true"
    return ExpectNoRows(unexpected_rows_query=query, description=description, severity=severity)


def once(columns: str, description: str, where: str = "true") -> Any:
    """A check that no two rows, of those `where` something holds, have the same in `columns`. Numbers that stand for the values, which a few
    others may share, say first where to look: to group these takes two thirds of the work."""
    return no_rows(
        f"select 1 from {{batch}} where {where} and hash({columns}) in "
        f"(select hash({columns}) from {{batch}} where {where} group by 1 having count(*) > 1) group by {columns} having count(*) > 1",
        description,
    )


def is_missing(column: str, table: str) -> str:
    """SQL: whether what `column` has, or several columns, is not in the column of that name of `table`. By numbers of 64 bits that stand for the values, which take
    half the work to look for, and never say that something is there that is missing but once in many thousand million times."""
    return f"hash({column}) not in (select hash({column}) from {table})"


def shared(column: str, people: str, what: str, whose: str = "people", table: str = "{batch}") -> Any:
    """A check that no e-mail address or telephone number (`what`, in a column) is that of more than `SHARED` people, who are told apart by
    `people`. `whose` is the word for them. Numbers that stand for the values say first where to look, as in `once`."""
    filled = f"from {table} where {column} is not null"
    return no_rows(
        f"select 1 {filled} and hash({column}) in (select hash({column}) {filled} group by 1 having count(*) > {SHARED}) "
        f"group by {column} having count(distinct {people}) > {SHARED}",
        f"no {what} is that of more than {SHARED} {whose}",
        "warning",
    )


def linked(con: Any, mart: str, share: float, rows: str = "rows", who: str = "who is linked is a voter") -> list:
    """The checks of a mart whose people are linked to voters: that they are voters, and that this share of its rows is linked, below
    which somebody should look. `rows` and `who` are the words for it."""
    [(found, count)] = con.execute(f"select count_if(is_linked), count(*) from marts.{mart}").fetchall()
    return [
        no_rows(
            # The few who are linked are looked for among the voters, and not all voters made ready to be looked through.
            "select 1 from {batch} where is_linked = (voter_id is null) union all "
            "select 1 from (select voter_id from {batch} where voter_id is not null) linked anti join marts.voters using (voter_id)",
            who,
        ),
        no_rows(
            f"select 1 from (select count_if(is_linked) as n from {{batch}}) where n < {share} * {count}",
            f"a voter is known for {share:.0%} of the {rows}; {found:,} of {count:,}",
            "warning",
        ),
    ]
