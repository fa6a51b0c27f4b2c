"""The labelled sample state of `make bench-identity`, as records of people and as the tables that the step `identity` reads."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from orchestration.sample.layouts.nc_voters import VoterRows
from orchestration.sample.layouts.text import SLICE, Sample, digits
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
    return pl.concat(_parts(state, as_of), how="diagonal")


def write_records(records: int, file: Path) -> None:
    """Write a state of about so many records as Parquet, part by part, since those of millions at once take more memory than
    resolving them."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        parts = []
        for place, part in enumerate(_parts(state_of(records), SAMPLE_AS_OF)):
            parts.append(Path(folder) / f"{place}.parquet")
            part.write_parquet(parts[-1])
        pl.concat([pl.scan_parquet(part) for part in parts], how="diagonal").sink_parquet(file)


def _parts(state: State, as_of: date) -> Iterator[pl.DataFrame]:
    # No records tell of votes: without elections there are none to be drawn.
    votes = hold_elections(replace(state, region=replace(state.region, elections=())))
    sample = Sample(state, votes, take_snapshot(state, as_of), address_residences(state))
    rows, people = VoterRows(state, sample.snapshot, sample.addresses), state.people
    for start in range(0, sample.snapshot.rows, SLICE):
        end = min(start + SLICE, sample.snapshot.rows)
        who = sample.snapshot.who[start:end]
        is_first = pl.Series(people.original[who] == who)
        yield _with_house(
            rows.make(start, end).select(
                pl.concat_str(pl.lit("v"), "ncid").alias("record_id"),
                pl.lit("voters").alias("source"),
                pl.when(is_first).then(digits(who)).otherwise("ncid").alias("person"),
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
        )
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
        yield _with_house(
            known.with_columns(pl.col("birth_date").dt.year().cast(pl.String).alias("birth_year")).select(
                pl.concat_str(pl.lit(source), "person").alias("record_id"),
                pl.lit(source).alias("source"),
                pl.col("person").cast(pl.String),
                "first_name",
                "last_name",
                *columns,
            )
        )


def _with_house(records: pl.DataFrame) -> pl.DataFrame:
    """With what Splink is to compare of an address, and null for what is empty."""
    if "address" in records.columns:
        records = records.with_columns(
            house=pl.col("address").str.extract(r"^(\d+) "), street=pl.col("address").str.extract(r"^\d+ (.*)")
        )
    return records.with_columns(pl.col(pl.String).replace("", None))


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
    write_records(int(sys.argv[1]), Path(sys.argv[2]))
