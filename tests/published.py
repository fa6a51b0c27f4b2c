"""A published database with chosen voters, in the columns and types that the dbt project gives its marts."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import yaml
from msgspec import structs

from orchestration.settings import ROOT, Settings, read_campaign

SEGMENT = "everybody"


def settings_for(folder: Path, holdout_percent: float = 0) -> Settings:
    """A data directory of the repository's campaign, without a holdout unless said otherwise."""
    campaign = structs.replace(read_campaign(ROOT / "campaign.yaml"), holdout_percent=holdout_percent)
    settings = Settings(folder, campaign)
    settings.make_directories()
    return settings


def create(con: duckdb.DuckDBPyConnection, *marts: str) -> None:
    """Make marts without rows."""
    for mart in marts:
        con.execute(f"create or replace table {mart} ({_columns(mart)})")


@functools.cache
def _columns(mart: str) -> str:
    file = ROOT / f"dbt_project/models/marts/{mart}.yml"
    [model] = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["models"]
    return ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])


def voter(number: int, **other) -> dict:
    """A voter of North Carolina who lives alone at a house of their own, of Oak Street unless said otherwise."""
    values = {
        "voter_id": f"NC-ZZ{number}",
        "state_code": "NC",
        "state_voter_id": f"ZZ{number}",
        "county_fips": "37183",
        "precinct_code": "01-01",
        "first_name": "ANN",
        "last_name": f"LEE{number}",
        "age_years": 40,
        "party_code": "UNA",
        "registration_status": "active",
        "residence_address": f"{number} OAK ST",
        "residence_city": "RALEIGH",
        "zip5": "27601",
        "phone": f"919555{number:04}",
        "residence_id": f"NC-{number:016x}",
        **other,
    }
    return {"voter_id": f"{values['state_code']}-{values['state_voter_id']}", **values}


def consent(channel: str, value: str, voter_id: str | None = None, **other) -> dict:
    """A statement that counts now: somebody asked to be reached by an address or number, of which there is evidence."""
    return {
        "identifier_kind": "email" if "@" in value else "phone",
        "identifier": value,
        "channel": channel,
        "is_opted_in": True,
        "happened_at": "2026-01-03 10:00:00",
        "is_current": True,
        "source": "texting_opt_outs",
        "evidence": "JOIN",
        "voter_id": voter_id,
        **other,
    }


def subscribe(settings: Settings, consents: list[dict]) -> None:
    """Add the mart `subscriptions` to what is published."""
    with duckdb.connect(str(settings.current)) as con:
        create(con, "subscriptions")
        for row in consents:
            names = ", ".join(row)
            con.execute(f"insert into subscriptions ({names}) values ({', '.join('?' * len(row))})", [*row.values()])


def publish(settings: Settings, voters: list[dict], purposes: tuple[str, ...] = ("turnout", "persuasion")) -> None:
    """Write `current.duckdb`: the voters, all of them in the segment `everybody`, and a gate that passed. Who shares a residence is one
    household, unless more than ten do or a voter names a `household_id`."""
    settings.current.unlink(missing_ok=True)
    with duckdb.connect(str(settings.current)) as con:
        create(con, "voters", "residences", "households", "household_members", "van_ids")
        homes = {row["voter_id"]: row["household_id"] for row in voters if "household_id" in row}
        voters = [{name: value for name, value in row.items() if name != "household_id"} for row in voters]
        # A voter may say nothing of a column; all in one statement, since a test may want hundreds.
        names = {name: None for row in voters for name in row}
        rows = ", ".join(f"({', '.join('?' * len(names))})" for _ in voters)
        con.execute(
            f"insert into voters ({', '.join(names)}) values {rows}",
            [row.get(name) for row in voters for name in names],
        )
        con.execute(
            """
            insert into residences by name
            select residence_id, min(state_code) as state_code, min(county_fips) as county_fips, min(precinct_code) as precinct_code,
                min(split_part(residence_address, ' #', 1)) as residence_street,
                nullif(split_part(min(residence_address), ' #', 2), '') as residence_unit,
                min(residence_city) as residence_city, min(zip5) as zip5, count(*) as voter_count
            from voters where residence_id is not null group by 1
            """
        )
        con.execute(
            """
            insert into household_members by name
            select voter_id, residence_id, coalesce(map($voters::varchar[], $homes::varchar[])[voter_id], residence_id) as household_id from voters where residence_id is not null
            """,
            {"voters": [*homes], "homes": [*homes.values()]},
        )
        con.execute(
            """
            insert into households by name
            select household_id, any_value(residence_id) as residence_id,
                case when count(*) > 10 then 'group quarters' when count(*) > 1 then 'family' else 'one person' end as household_kind
            from household_members group by 1
            """
        )
        con.execute(
            "create table segments (segment_id varchar, name varchar, size bigint, rule varchar, purposes varchar[])"
        )
        con.execute(
            "insert into segments values (?, 'Everybody', ?, 'Who is here.', ?)", [SEGMENT, len(voters), [*purposes]]
        )
        con.execute(f"create table segment_members as select '{SEGMENT}' as segment_id, voter_id from voters")
        now = datetime(2026, 11, 25, 12, tzinfo=UTC).replace(tzinfo=None)
        con.execute("create table deliveries (delivery_id varchar)")
        con.execute("create table publication as select 'v1' as data_version, ?::timestamp as published_at", [now])
        con.execute(
            "create table gate_results (gate varchar, table_name varchar, data_version varchar, status varchar, checked_at timestamp)"
        )
        con.execute("insert into gate_results values ('published', 'main.voters', 'v1', 'passed', ?)", [now])
