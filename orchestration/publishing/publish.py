"""Write, audit, swap: the public tables into a new file, which takes the place of `current.duckdb` once its gate passed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from orchestration.publishing import forward, persons
from orchestration.publishing.copying import Copying, told_by
from orchestration.settings import Settings
from orchestration.warehouse import settling, text_literal
from quality import versions

PUBLIC_SCHEMAS = ("marts", "identity", "segments")  # their tables, never their views, and never raw or staging
PRIVATE = (
    "compared",
    "links",
    "identifiers",
    "made_anew",
)  # of identity: what was compared, and what the publishing asks
PUBLIC_META = ("deliveries", "gate_results", "waivers")
KEPT_VERSIONS = 3
_WHOSE = " of "  # in what is said of a copy, before whose its rows are
# By table the rows that a newer voter file has made anew where it was brought forward: by which column, which tables name them, and the condition
# that others meet.
_CHANGED, _TOUCHED = "intermediate.int_changed_records", "intermediate.int_touched_residences"
_MADE_ANEW = {
    "marts.voters": ("voter_id", (_CHANGED, "intermediate.int_outdated_voters"), "false"),
    "marts.vote_history": ("voter_id", (_CHANGED,), "false"),
    "marts.residences": ("residence_id", (_TOUCHED,), "false"),
    "marts.households": ("residence_id", (_TOUCHED,), "false"),
    "marts.household_members": ("residence_id", (_TOUCHED,), "false"),
    "marts.family_relations": ("residence_id", (_TOUCHED,), "not lives_together"),
    "identity.people": ("person_id", ("identity.made_anew",), "false"),
    "identity.person_records": ("person_id", ("identity.made_anew",), "false"),
    "identity.person_events": ("run", ("identity.made_anew",), "false"),
}


def candidate_path(settings: Settings) -> Path:
    """The file that is written and judged before it is published."""
    return settings.published / ".candidate.duckdb"


def public_tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """(schema, table) of all that is published, the largest first."""
    return con.execute(
        """
        select schema_name, table_name from duckdb_tables()
        where not internal and database_name = current_database()
          and (schema_name in (select unnest(?)) or (schema_name = 'meta' and table_name in (select unnest(?))))
          and table_name not in (select unnest(?))
        order by estimated_size desc, table_name
        """,
        [list(PUBLIC_SCHEMAS), list(PUBLIC_META), list(PRIVATE)],
    ).fetchall()


def write_candidate(settings: Settings, con: duckdb.DuckDBPyConnection, copying: Copying | None = None) -> int:
    """Write the public tables with their comments into a new file and make the analyst views; return the rows that it has.

    The file begins as a copy of `current.duckdb`, which `copying` may have made by now. Those tables of it stay that were copied from what
    stands in the warehouse now, and those that were copied from an earlier build are brought forward by the rows that differ.
    """
    candidate = candidate_path(settings)
    remove_database(candidate)
    people = persons.tables_of_people(con, PUBLIC_SCHEMAS)
    sources = _sources(con, people)
    copied = _copied(settings, con)
    kept = copied.keys() & sources.keys()
    standing = {table for table in kept if copied[table] == sources[table]}
    try:
        if kept:
            (copying or Copying(settings)).move(candidate)
        con.execute(f"attach {text_literal(candidate)} as candidate")
        _drop_all_but(con, kept)
        changed = [(s, t) for s, t in public_tables(con) if t not in standing]
        made_anew = _made_anew(con, copied)
        if made_anew:
            persons.find_renamed(con)

        def write(own: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
            source = f'"{schema}"."{table}"'
            rows_of = partial(persons.with_persons, table) if table in people else "select * from {}".format
            if table in kept and _built(copied[table]) == _built(sources[table]):
                persons.name_anew(own, table)
            elif table in made_anew and forward.replace(own, table, source, rows_of, made_anew[table]):
                if table in people:
                    persons.name_anew(own, table, of="voter_id in (from whose.renamed)")
            elif table not in kept or not forward.bring_forward(own, table, source, rows_of):
                own.execute(f'create or replace table candidate.main."{table}" as {rows_of(source)}')

        _write_side_by_side(con, changed, write)
        rows = sum(
            con.execute(f'select count(*) from candidate.main."{table}"').fetchall()[0][0]
            for _, table in public_tables(con)
        )
        copy_comments(con, changed, "groundgame", "candidate", "main")
        persons.describe(con, [table for table in people if table not in standing])
        _describe_publication(settings, con)
        con.execute("use candidate")
        make_analyst_views(con)
        con.execute("use groundgame")
    except BaseException:
        with suppress(duckdb.Error):
            _detach(con)
        remove_database(candidate)  # half of it is of no use, and the disk may be full of it
        raise
    with settling(con):  # which is much of the same work
        _detach(con)
    _keep_sources(settings, con, sources)
    return rows


def _write_side_by_side(
    con: duckdb.DuckDBPyConnection,
    tables: list[tuple[str, str]],
    write: Callable[[duckdb.DuckDBPyConnection, str, str], None],
) -> None:
    """Write the tables in their order, two at a time where DuckDB has threads for it: the end of each is written by one thread. Once one fails,
    or somebody stops the run, no further table is begun."""
    left = iter(tables)

    def write_some() -> None:
        with con.cursor() as own:
            for schema, table in left:
                write(own, schema, table)

    [(threads,)] = con.execute("select current_setting('threads')").fetchall()
    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write_some) for _ in range(min(2, threads))]
        try:
            for writer in as_completed(writers):
                writer.result()
        finally:
            deque(left, maxlen=0)


def _keep_sources(settings: Settings, con: duckdb.DuckDBPyConnection, sources: dict[str, str]) -> None:
    """Note of what the tables of the candidate are copies, beside what is known of the file that it may take the place of."""
    con.execute("begin transaction")
    con.execute("delete from meta.published_tables where file <> ?", [told_by(settings.current)])
    con.execute(
        "insert into meta.published_tables select unnest(?::varchar[]), unnest(?::varchar[]), ?",
        [[*sources], [*sources.values()], told_by(candidate_path(settings))],
    )
    con.execute("commit")


def _sources(con: duckdb.DuckDBPyConnection, people: list[str]) -> dict[str, str]:
    """For each public table that a step builds what its copy is made of: which build of it, whose its rows are if it is among `people`, and
    by which code it is copied. Those of the pipeline itself change with each run."""
    persons.prepare(con)
    code, whose = versions.code_version("orchestration/publishing"), persons.fingerprints(con, people)
    return {
        table: f"{build} {code}{_WHOSE}{whose.get(table, '')}"
        for schema, _, table, build in ((*step.partition("."), build) for step, build in versions.builds(con).items())
        if schema in PUBLIC_SCHEMAS and table not in PRIVATE
    }


def _made_anew(con: duckdb.DuckDBPyConnection, copied: dict[str, str]) -> dict[str, str]:
    """By table a query of the values whose rows were made anew, of those tables that were brought forward from the very build that was
    copied. Nothing else of them differs from the copy but whose the rows of a voter are."""
    if "person_records" not in copied:
        return {}
    code = versions.code_version("orchestration/publishing")
    found = con.execute("select step, followed, built_at from meta.builds").fetchall()
    followed = {step: f"{build} {code}" for step, build, _ in found}
    built_at = {step: at for step, _, at in found}
    queries = {}
    for source, (column, named_by, others) in _MADE_ANEW.items():
        table = source.partition(".")[2]
        are_of_one_build = len({built_at.get(step) for step in (source, *named_by)}) == 1
        if are_of_one_build and followed.get(source) == _built(copied.get(table, "")):
            parts = [f"select {column} from {name}" for name in named_by]
            parts += [f"select {column} from {name} where {others}" for name in (source, f"candidate.main.{table}")]
            queries[table] = " union all ".join(parts)
    return queries


def _built(source: str) -> str:
    """Of what a copy is made but for whose its rows are."""
    return source.partition(_WHOSE)[0]


def _copied(settings: Settings, con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The tables of `current.duckdb` with what each is a copy of. None where it is not the file that was swapped in last, as it was
    then: somebody may have written into it."""
    return dict(
        con.execute(
            "select table_name, source from meta.published_tables where file = ?", [told_by(settings.current)]
        ).fetchall()
    )


def _drop_all_but(con: duckdb.DuckDBPyConnection, kept: set[str]) -> None:
    """Drop the views and all other tables of the candidate, and free their room for what is written next."""
    con.execute("drop schema if exists candidate.analyst cascade")
    dropped = con.execute(
        "select table_name from duckdb_tables() where database_name = 'candidate' and table_name not in (select unnest(?::varchar[]))",
        [sorted(kept)],
    ).fetchall()
    for (table,) in dropped:
        con.execute(f'drop table candidate.main."{table}"')
    # The few blocks of those that change with each run are free for the next one: for them alone the whole copy is not written out now.
    if {table for (table,) in dropped} - {*PUBLIC_META, "publication"}:
        con.execute("checkpoint candidate")


def _detach(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("use groundgame")
    con.execute("detach candidate; detach database if exists whose")


def swap(settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Put the judged candidate in the place of `current.duckdb` and keep the last three versions.

    Returns whether anything changed: a candidate of the version that is current is thrown away.
    """
    candidate = candidate_path(settings)
    version = versions.built_version(con, "published")
    if version == published_version(settings):
        remove_database(candidate)
        return False
    written = told_by(candidate)
    con.execute(f"attach {text_literal(candidate)} as candidate")
    try:
        # They are in the copy already where this version was judged before and the swap did not come about.
        con.execute("delete from candidate.main.gate_results where gate = 'published' and data_version = ?", [version])
        con.execute(
            "insert into candidate.main.gate_results select * from meta.gate_results where gate = 'published' and data_version = ?",
            [version],
        )
    finally:
        con.execute("detach candidate")
    # Before the rename: of a run that is killed between the two nothing is known of the file that stands.
    con.execute("update meta.published_tables set file = ? where file = ?", [told_by(candidate), written])
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


def make_analyst_views(con: duckdb.DuckDBPyConnection) -> None:
    """Make the views of schema `analyst` in the database in use."""
    con.execute((Path(__file__).parent / "analyst.sql").read_text(encoding="utf-8"))


def copy_comments(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[tuple[str, str]],
    source: str,
    target: str,
    schema: str | None = None,
) -> None:
    """Give tables, told by schema and name, and their columns in the database `target` the comments that they have in `source`; there they
    are in `schema`, or in the schema of the same name. In one transaction: there are hundreds, and each by itself would be written out."""
    comments = con.execute(
        """
        with tables as (select unnest(?) as schema_name, unnest(?) as table_name)
        select schema_name, table_name, null, comment from duckdb_tables() join tables using (schema_name, table_name)
        where database_name = ? and comment is not null
        union all
        select schema_name, table_name, column_name, comment from duckdb_columns() join tables using (schema_name, table_name)
        where database_name = ? and comment is not null
        """,
        [[own for own, _ in tables], [table for _, table in tables], source, source],
    ).fetchall()
    con.execute("begin transaction")
    for own, table, column, comment in comments:
        name = f'"{target}"."{schema or own}"."{table}"'
        of = f'column {name}."{column}"' if column else f"table {name}"
        con.execute(f"comment on {of} is {text_literal(comment)}")
    con.execute("commit")


def remove_database(file: Path) -> None:
    """Remove a database file that may be there, with its write-ahead log."""
    file.unlink(missing_ok=True)
    file.with_name(f"{file.name}.wal").unlink(missing_ok=True)
