"""Gate `published`: the file that analysts are about to open holds the same rows as the warehouse, every column
described, nothing that is not public, and no aggregate of fewer than ten people."""

from __future__ import annotations

from quality.suites import no_rows

# The voter table stands for the whole file; the others are judged through queries.
TABLES = ("main.voters", "main.vote_history", "main.segment_members", "main.publication")
SMALLEST_CELL = 10


def tables(settings) -> tuple[str, ...]:
    """The tables that the gate judges."""
    return TABLES


def expectations(settings, con) -> dict[str, list]:
    """The checks by table."""
    from orchestration.publishing.publish import public_tables

    checks: dict[str, list] = {table: [] for table in TABLES}
    for schema, table in public_tables(con):
        [(rows,)] = con.execute(f'select count(*) from "{schema}"."{table}"').fetchall()
        home = f"main.{table}" if f"main.{table}" in TABLES else "main.publication"
        checks[home].append(
            no_rows(
                f'select 1 from (select count(*) as n from main."{table}") where n <> {rows}',
                f"{table} has its {rows:,} rows",
            )
        )
    checks["main.publication"] += [
        no_rows(
            "select table_name from duckdb_tables() where not internal and schema_name <> 'main'",
            "only public tables are there",
        ),
        no_rows(
            "select table_name from duckdb_tables() where not internal and comment is null",
            "every table is described",
        ),
        no_rows(
            "select column_name from duckdb_columns() where not internal and schema_name = 'main' and comment is null",
            "every column is described",
        ),
    ]
    for view in (
        "registration",
        "precinct_turnout",
        "voting_methods",
        "segment_counties",
        "precinct_context",
        "segment_traits",
    ):
        checks["main.publication"].append(
            no_rows(
                f"select 1 from analyst.{view} where people < {SMALLEST_CELL}",
                f"no cell of analyst.{view} is under {SMALLEST_CELL} people",
            )
        )
    return checks
