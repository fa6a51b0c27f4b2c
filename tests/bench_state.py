"""The labelled sample state of `make bench-identity`, as records of people and as the tables that the step `identity` reads."""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from orchestration.sample.layouts import nc
from orchestration.sample.layouts.text import Sample
from orchestration.sample.life import State, build_state
from orchestration.sample.people import SAMPLE_AS_OF
from orchestration.sample.regions import REGIONS
from orchestration.sample.roster import roster
from orchestration.sample.snapshot import address_residences, take_snapshot
from orchestration.sample.turnout import hold_elections

RECORDS_OF_A_VOTER = 2.33  # so many records of all sources there are for each voter
# As which of the pipeline's sources those of the state are brought in.
CONTRACTS = {
    "donors": "actblue_contributions",
    "web": "web_events",
    "consumer": "l2_consumer",
    "shop": "actionnetwork_activists",
}


def state_of(records: int) -> State:
    """A state of about so many records, with what happens to its people."""
    return build_state(round(records / RECORDS_OF_A_VOTER), 7, REGIONS["NC"])


def records_of(state: State, as_of: date) -> pl.DataFrame:
    """The state's voter file of a day, with birth years alone, and four sources of which each knows something else of people. A
    quarter of the sources' records are of people who are in no voter file. Each record has its `person`."""
    sample = Sample(state, hold_elections(state), take_snapshot(state, as_of), address_residences(state))
    with tempfile.TemporaryDirectory() as folder:
        text = nc.write(Path(folder), sample)[0].read_bytes().decode("latin-1")
    persons = roster(sample, "everyone", 1.0).select("ncid", "person").drop_nulls()
    parts = [
        pl.read_csv(text.encode(), separator="\t", infer_schema=False)
        .join(persons, on="ncid", how="left")
        .select(
            pl.concat_str(pl.lit("v"), "ncid").alias("record_id"),
            pl.lit("voters").alias("source"),
            pl.coalesce(pl.col("person").cast(pl.String), "ncid").alias("person"),
            "first_name",
            "middle_name",
            "last_name",
            pl.col("name_suffix_lbl").alias("name_suffix"),
            pl.col("gender_code").alias("sex_code"),
            "birth_year",
            pl.col("res_street_address").alias("address"),
            pl.col("res_city_desc").alias("city"),
            pl.col("state_cd").alias("state_code"),
            pl.col("zip_code").alias("zip5"),
            pl.col("full_phone_number").alias("phone"),
        )
    ]
    home = ["address", "city", "state_code", "zip5"]
    for source, share, reached_by, columns in (
        ("donors", 0.15, None, ["middle_name", *home, "email", "phone"]),
        ("web", 0.15, "email", ["zip5", "email", "phone"]),
        ("consumer", 0.5, None, ["middle_name", "sex_code", "birth_year", *home]),
        ("shop", 0.2, "phone", [*home, "phone"]),
    ):
        known = (
            roster(sample, source, share, reached_by).filter("is_here").rename({"street": "address", "sex": "sex_code"})
        )
        parts.append(
            known.with_columns(pl.col("birth_date").dt.year().cast(pl.String).alias("birth_year")).select(
                pl.concat_str(pl.lit(source), "person").alias("record_id"),
                pl.lit(source).alias("source"),
                pl.col("person").cast(pl.String),
                "first_name",
                "last_name",
                *columns,
            )
        )
    return (
        pl.concat(parts, how="diagonal")
        .with_columns(
            house=pl.col("address").str.extract(r"^(\d+) "), street=pl.col("address").str.extract(r"^\d+ (.*)")
        )
        .with_columns(pl.col(pl.String).replace("", None))
    )


def bring_in(con: duckdb.DuckDBPyConnection, records: str, as_of: date) -> None:
    """Make the tables that `people.refresh` reads out of the relation `records`, as the marts of a run on these files would be."""
    con.execute(
        "create schema if not exists raw; create schema if not exists marts; create schema if not exists intermediate"
    )
    con.execute(f"""
        create or replace table raw.scopes as
        select unnest({["nc_voters", *CONTRACTS.values()]}) as contract, date '{as_of}' as as_of
    """)
    con.execute(f"""
        create or replace table marts.voters as
        select
            'NC-' || record_id[2:] as voter_id, 'NC' as state_code, first_name, middle_name, last_name, name_suffix, sex_code,
            cast(birth_year as integer) as birth_year, nullif(regexp_replace(address, ' +', ' ', 'g'), 'REMOVED') as residence_address,
            city as residence_city, zip5, phone, md5(concat_ws('|', address, zip5)) as residence_id, date '{as_of}' as as_of
        from {records} where source = 'voters'
    """)
    con.execute(
        "create or replace view intermediate.int_registrations as select *, cast(null as date) as birth_date from marts.voters"
    )
    con.execute("create or replace table intermediate.int_voter_emails (voter_id varchar, email varchar)")
    con.execute(
        "create or replace table marts.subscriptions (identifier_kind varchar, identifier varchar, channel varchar, "
        "is_opted_in boolean, is_current boolean, voter_id varchar)"
    )
    # A telephone leads to the voter who alone has it, if the names are the same, as the macro `exact_links` has it.
    con.execute(f"""
        create or replace table intermediate.int_person_records as
        select
            map_extract_value(map {CONTRACTS}, source) as source, record_id, given.first_name, middle_name, given.last_name,
            cast(null as varchar) as name_suffix, sex_code, cast(null as date) as birth_date, cast(birth_year as integer) as birth_year,
            address, city, state_code, zip5, given.phone, email, owners.voter_id,
            case when owners.voter_id is not null then 'phone' end as linked_by, date '{as_of}' as as_of
        from {records} as given
        left join (
            select phone, min(voter_id) as voter_id, min(first_name) as first_name, min(last_name) as last_name
            from marts.voters group by phone having count(*) = 1
        ) as owners
            on owners.phone = given.phone and owners.first_name = given.first_name and owners.last_name = given.last_name
        where source <> 'voters'
    """)


def taken_out(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make `table` (`record_id` as in the records brought in, `person_id`) of what the step has found."""
    con.execute(f"""
        create or replace table {table} as
        select case when ends_with(source, '_voters') then 'v' || record_id[4:] else record_id end as record_id, person_id
        from identity.person_records where valid_to is null
    """)


if __name__ == "__main__":
    records_of(state_of(int(sys.argv[1])), SAMPLE_AS_OF).write_parquet(sys.argv[2])
