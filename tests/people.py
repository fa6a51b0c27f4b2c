"""Builder of the tables of which `people.refresh` makes people, a record at a time."""

from __future__ import annotations

from pathlib import Path

import duckdb

VOTER = "voter_id, state_code, first_name, middle_name, last_name, name_suffix, sex_code, birth_year, residence_address, residence_city, zip5, phone, residence_id"
RECORD = "source, record_id, first_name, middle_name, last_name, name_suffix, sex_code, address, city, state_code, zip5, phone, email, voter_id, linked_by"


def empty(database: Path | str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A database with the tables of which people are made, as far as they are asked for, without rows."""
    con = duckdb.connect(str(database))
    texts = {"birth_year": "integer"}
    columns = ", ".join(f"{name} {texts.get(name, 'varchar')}" for name in VOTER.split(", "))
    con.execute("create schema marts; create schema intermediate; create schema raw")
    con.execute(f"create table marts.voters ({columns}, as_of date)")
    con.execute(
        "create table marts.subscriptions (identifier_kind varchar, identifier varchar, channel varchar, is_opted_in boolean, is_current boolean, voter_id varchar)"
    )
    con.execute(
        "create view intermediate.int_registrations as select *, make_date(birth_year, 5, 6) as birth_date from marts.voters"
    )
    con.execute("create table intermediate.int_voter_emails (voter_id varchar, email varchar)")
    columns = ", ".join(f"{name} varchar" for name in RECORD.split(", "))
    con.execute(f"create table intermediate.int_person_records ({columns}, birth_date date, as_of date)")
    con.execute("create table raw.scopes (contract varchar, as_of date)")
    con.execute("insert into raw.scopes values ('van_list', '2026-01-31')")
    return con


def vote(con, number: int, first: str, last: str, **more) -> None:
    row = {
        "voter_id": f"NC-{number}",
        "state_code": "NC",
        "first_name": first,
        "last_name": last,
        "as_of": "2026-01-31",
        **more,
    }
    _insert(con, "marts.voters", row)


def record(con, source: str, record_id: str, first: str | None, last: str | None, **more) -> None:
    row = {
        "source": source,
        "record_id": record_id,
        "first_name": first,
        "last_name": last,
        "as_of": "2026-01-15",
        **more,
    }
    _insert(con, "intermediate.int_person_records", row)


def _insert(con, table: str, row: dict) -> None:
    con.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", [*row.values()])


def whose(con) -> dict[str, str]:
    """The person of each record."""
    return dict(
        con.execute("select record_id, person_id from identity.person_records where valid_to is null").fetchall()
    )
