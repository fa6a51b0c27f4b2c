"""Write, audit, swap: the public tables into a new file, which takes the place of `current.duckdb` once its gate passed."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.settings import Settings
from quality import versions

PUBLIC_SCHEMAS = ("marts", "segments")  # their tables, never their views, and never raw or staging
PUBLIC_META = ("deliveries", "gate_results", "waivers")
KEPT_VERSIONS = 3


def candidate_path(settings: Settings) -> Path:
    """The file that is written and judged before it is published."""
    return settings.published / ".candidate.duckdb"


def public_tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """(schema, table) of all that is published, by name."""
    return con.execute(
        """
        select schema_name, table_name from duckdb_tables()
        where not internal and database_name = current_database()
          and (schema_name in (select unnest(?)) or (schema_name = 'meta' and table_name in (select unnest(?))))
        order by 2
        """,
        [list(PUBLIC_SCHEMAS), list(PUBLIC_META)],
    ).fetchall()


def write_candidate(settings: Settings, con: duckdb.DuckDBPyConnection) -> int:
    """Copy the public tables with their comments into a new file and make the analyst views; return the rows copied."""
    candidate = candidate_path(settings)
    _remove(candidate)
    con.execute(f"attach '{_quoted(candidate)}' as candidate")
    try:
        rows = 0
        for schema, table in public_tables(con):
            con.execute(f'create table candidate.main."{table}" as from "{schema}"."{table}"')
            [(copied,)] = con.execute(f'select count(*) from candidate.main."{table}"').fetchall()
            rows += copied
            _copy_comments(con, schema, table)
        _describe_publication(settings, con)
        con.execute("use candidate")
        con.execute((Path(__file__).parent / "analyst.sql").read_text(encoding="utf-8"))
        con.execute("use groundgame")
    except BaseException:
        with suppress(duckdb.Error):
            _detach(con)
        _remove(candidate)  # half of it is of no use, and the disk may be full of it
        raise
    _detach(con)
    return rows


def _detach(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("use groundgame")
    con.execute("detach candidate")


def swap(settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Put the judged candidate in the place of `current.duckdb` and keep the last three versions.

    Returns whether anything changed: a candidate of the version that is current is thrown away.
    """
    candidate = candidate_path(settings)
    version = versions.built_version(con, "published")
    if version == published_version(settings):
        _remove(candidate)
        return False
    con.execute(f"attach '{_quoted(candidate)}' as candidate")
    try:
        # They are in the copy already where this version was judged before and the swap did not come about.
        con.execute("delete from candidate.main.gate_results where gate = 'published' and data_version = ?", [version])
        con.execute(
            "insert into candidate.main.gate_results select * from meta.gate_results where gate = 'published' and data_version = ?",
            [version],
        )
    finally:
        con.execute("detach candidate")
    kept = settings.published / "versions"
    kept.mkdir(exist_ok=True)
    candidate.chmod(0o640)
    name = kept / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{version}.duckdb"
    os.link(candidate, name)
    os.replace(candidate, settings.current)
    for old in sorted(kept.glob("*.duckdb"))[:-KEPT_VERSIONS]:
        old.unlink()
    return True


def published_version(settings: Settings) -> str | None:
    """The data version of `current.duckdb`; None if nothing was published."""
    if not settings.current.exists():
        return None
    with duckdb.connect(str(settings.current), read_only=True) as con:
        [(version,)] = con.execute("select data_version from publication").fetchall()
    return version


def table_sizes(database: Path) -> list[tuple[str, int]]:
    """The tables of a published file with their rows, the largest first."""
    with duckdb.connect(str(database), read_only=True) as con:
        tables = con.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
        sizes = [(table, con.execute(f'select count(*) from main."{table}"').fetchall()[0][0]) for (table,) in tables]
    return sorted(sizes, key=lambda size: (-size[1], size[0]))


def _describe_publication(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    campaign = settings.campaign
    con.execute(
        """
        create table candidate.main.publication as
        select $version as data_version, $now::timestamp as published_at, $campaign as campaign, $election::date as election_date,
            $contest as contest
        """,
        {
            "version": versions.data_version(settings, con, "published"),
            "now": datetime.now(UTC).replace(tzinfo=None),
            "campaign": campaign.name,
            "election": campaign.election,
            "contest": campaign.contest,
        },
    )
    comments = {
        "data_version": "Hash of the deliveries and models that this file was made from.",
        "published_at": "When it was made, UTC. Differs from run to run.",
        "campaign": "Whose data this is.",
        "election_date": "The day on which ages are counted.",
        "contest": "The contest that the campaign is in.",
    }
    con.execute("comment on table candidate.main.publication is 'One row: which version of the data this file holds.'")
    for column, comment in comments.items():
        con.execute(f"comment on column candidate.main.publication.{column} is '{comment}'")


def _copy_comments(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    where = "database_name = current_database() and schema_name = ? and table_name = ?"
    [(comment,)] = con.execute(f"select comment from duckdb_tables() where {where}", [schema, table]).fetchall()
    if comment:
        con.execute(f"comment on table candidate.main.\"{table}\" is '{_quoted(comment)}'")
    for column, text in con.execute(
        f"select column_name, comment from duckdb_columns() where {where} and comment is not null",
        [schema, table],
    ).fetchall():
        con.execute(f'comment on column candidate.main."{table}"."{column}" is \'{_quoted(text)}\'')


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_name(f"{file.name}.wal").unlink(missing_ok=True)
