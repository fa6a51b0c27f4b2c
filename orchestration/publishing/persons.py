"""Whose each published row is: `person_id` beside what a mart's rows say of their person."""

from __future__ import annotations

import duckdb

from orchestration.identity.tables import SCHEMA

# By what the rows of a mart name a record of a source, as `identity.person_records` has it.
_RECORDS = {
    "donations": ("actblue_contributions", "donor_id"),
    "contacts": ("van_list", "van_id"),
    "survey_responses": ("van_list", "van_id"),
    "activist_codes": ("van_list", "van_id"),
    "van_ids": ("van_list", "van_id"),
    "email_activity": ("mailchimp_audience", "email"),
    "web_activity": ("web_events", "coalesce(user_id, email)"),
    "social_engagement": ("app_members", "member_id"),
    "app_friends": ("app_members", "member_id"),
    "consumer_traits": ("l2_consumer", "consumer_id"),
    "subscriptions": (
        "mailchimp_audience",
        "case when identifier_kind = 'email' and voter_id is null then identifier end",
    ),  # what other sources say goes by `identity.identifiers`
}
_COMMENT = (
    "The person in people: the record''s own, else that of the row''s voter, of a consent else the one who has the address or number "
    "alone. Null where the row names nobody who is known."
)


def has_persons(table: str, columns: list[str]) -> bool:
    """Whether a mart or segment with these columns is of people and gains `person_id`."""
    return "person_id" not in columns and ("voter_id" in columns or table in _RECORDS)


def tables_of_people(con: duckdb.DuckDBPyConnection, schemas: tuple[str, ...]) -> list[str]:
    """The tables in some schemas of the warehouse that gain `person_id`."""
    found = con.execute(
        "select table_name, list(column_name) from duckdb_columns() where database_name = current_database() "
        "and schema_name in (select unnest(?)) group by table_name order by table_name",
        [[*schemas]],
    ).fetchall()
    return [table for table, columns in found if has_persons(table, columns)]


def describe(con: duckdb.DuckDBPyConnection, tables: list[str]) -> None:
    """Say in the candidate what `person_id` of these tables is."""
    found = con.execute(
        "select table_name from duckdb_columns() where database_name = 'candidate' and column_name = 'person_id' and table_name in (select unnest(?::varchar[]))",
        [tables],
    ).fetchall()
    if found:
        said = "; ".join(
            f"comment on column candidate.main.\"{table}\".person_id is '{_COMMENT}'" for (table,) in found
        )
        con.execute(f"begin transaction; {said}; commit")


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make what `fingerprints` and `with_persons` read, for all tables and for all connections to the database: in memory, as `whose`, the tables
    `persons_of_voters` (`voter_id`, `person_id`), of voters who are not the person that began with their record, and `persons_of_records` (`source`,
    `record_id`, `person_id`)."""
    con.execute("attach if not exists ':memory:' as whose")
    con.execute(f"create or replace table whose.persons_of_voters as {_of_voters(f'{SCHEMA}.person_records')}")
    con.execute(
        "create or replace table whose.persons_of_records as "
        f"select source, record_id, person_id from {SCHEMA}.person_records where valid_to is null and source in (select unnest(?))",
        [[source for source, _ in _RECORDS.values()]],
    )


def _of_voters(records: str) -> str:
    return f"""
        select record_id as voter_id, person_id from {records}
        where ends_with(source, '_voters') and person_id <> 'P-' || record_id
        qualify row_number() over (partition by record_id order by valid_to is null desc, valid_to desc, valid_from desc) = 1
    """


def find_renamed(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table `whose.renamed` of the voters (`voter_id`) who are another person now than in the candidate's `person_records`, which are
    still those that were published. `prepare` comes before."""
    con.execute(f"""
        create or replace table whose.renamed as
        with before as ({_of_voters("candidate.main.person_records")}), now as (from whose.persons_of_voters)
        select voter_id from (from before except from now) union select voter_id from (from now except from before)
    """)


def fingerprints(con: duckdb.DuckDBPyConnection, tables: list[str]) -> dict[str, str]:
    """For each of these tables what changes where the persons of its rows do: a copy with the same one still says whose they are."""
    [(voters,)] = con.execute(
        "select coalesce(bit_xor(hash(voter_id, person_id)), 0) from whose.persons_of_voters"
    ).fetchall()
    of_source = dict(
        con.execute(
            "select source, coalesce(bit_xor(hash(record_id, person_id)), 0) from whose.persons_of_records group by source"
        ).fetchall()
    )
    told_of = {table: f"{voters} {of_source.get(_RECORDS.get(table, ('', ''))[0], 0)}" for table in tables}
    if "subscriptions" in told_of:
        [(led,)] = con.execute(
            f"select coalesce(bit_xor(hash(identifier_kind, identifier, person_id)), 0) from {SCHEMA}.identifiers"
        ).fetchall()
        told_of["subscriptions"] += f" {led}"
    return told_of


def with_persons(table: str, rows: str) -> str:
    """SQL of the rows of a table with their `person_id`, which is asked last; `rows` is where they are. `prepare` comes before.

    A voter is nearly always the person who began with her record, whose id follows from hers; only the others are joined.
    """
    source, record = _RECORDS.get(table, (None, None))
    of_voter = "case when own.voter_id is not null then coalesce(others.person_id, 'P-' || own.voter_id) end"
    if source is None:
        return f"""
            select own.*, {of_voter} as person_id
            from {rows} as own left join whose.persons_of_voters as others on others.voter_id = own.voter_id
        """
    by_identifier = table == "subscriptions"
    # A condition on one side alone would have DuckDB hold each row against each other.
    joined = (
        f"left join {SCHEMA}.identifiers as led on led.identifier_kind = own.identifier_kind "
        "and led.identifier = case when own.voter_id is null then own.identifier end"
        if by_identifier
        else ""
    )
    return f"""
        select own.*, coalesce(records.person_id, {of_voter}{", led.person_id" if by_identifier else ""}) as person_id
        from (select *, {record} as of_record from {rows}) as own
        left join (
            select record_id, person_id from whose.persons_of_records where source = '{source}'
        ) as records on records.record_id = own.of_record
        left join whose.persons_of_voters as others on others.voter_id = own.voter_id
        {joined}
    """.replace("own.*", "own.* exclude (of_record)")


def name_anew(con: duckdb.DuckDBPyConnection, table: str, of: str = "true") -> None:
    """Write into a table of the candidate whose its rows are now, where these have become another's; `of` is a condition that all such rows meet."""
    rows = f'(select * exclude (person_id), rowid as place, person_id as person_before from candidate.main."{table}" where {of})'
    con.execute(f"""
        create or replace temp table renamed as
        select place, person_id from ({with_persons(table, rows)}) where person_id is distinct from person_before
    """)
    con.execute(
        f'update candidate.main."{table}" set person_id = renamed.person_id from renamed where place = "{table}".rowid'
    )
