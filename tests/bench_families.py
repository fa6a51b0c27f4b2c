"""The part of `make bench-identity` on families: how well partners, parents and children of one address are told by the models of the
pipeline, beside surname and age gap alone, on the census of pseudopeople. Its adults are taken for voters, with names, year of birth, sex
and address; to whom they are related the census says."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.dbt import Dbt
from orchestration.warehouse import text_literal
from tests import pipeline

MODELS = ("intermediate.int_addresses", "marts.residences", "intermediate.int_home_pairs", "intermediate.int_kin")
# What the pipeline would have made of a voter file. There is nothing that such a file would have told before.
GIVEN = """
    create schema marts; create schema intermediate; create schema staging;
    create table intermediate.int_registrations as
    select
        'NC-' || record_id as voter_id, 'NC' as state_code, '37001' as county_fips, null as precinct_code,
        upper(first_name) as first_name, upper(middle_name) as middle_name, upper(last_name) as last_name,
        upper(address) as residence_address, upper(city) as residence_city, zip5, birth_year, sex_code,
        census_year + 2 - birth_year as age_years
    from people where census_year - birth_year >= 18;
    create table intermediate.int_registrations_before as from intermediate.int_registrations limit 0;
"""
VOTERS = """
    create table marts.voters as
    select registrations.*, addresses.residence_id, null as party_code, cast(null as date) as last_voted_date
    from intermediate.int_registrations as registrations
    left join intermediate.int_addresses as addresses
        on addresses.residence_address = registrations.residence_address
        and addresses.area = coalesce(registrations.zip5, registrations.residence_city, '')
"""
# The census says what everybody is to the reference person, and nothing of the others to each other.
TRUTH = """
    create table known as
    select 'NC-' || record_id as id, household, case
        when relationship = 'Reference person' then 'head'
        when relationship like '%spouse' or relationship like '%partner' then 'partner'
        when relationship in ('Biological child', 'Adopted child', 'Stepchild', 'Parent') then 'parent'
    end as role
    from people where 'NC-' || record_id in (select voter_id from marts.voters);
    create table truth as
    select least(a.id, b.id) as one_id, greatest(a.id, b.id) as other_id, b.role as relation
    from known as a join known as b using (household)
    where a.role = 'head' and b.role in ('partner', 'parent')
"""
OURS = "groundgame"
WAYS = {
    OURS: "select elder_id, younger_id, relation from intermediate.int_kin where chance >= 0.5",
    "surname and age gap": """
        select a.voter_id, b.voter_id, case when b.birth_year - a.birth_year <= 15 then 'partner'
            when b.birth_year - a.birth_year <= 45 then 'parent' end
        from marts.voters as a join marts.voters as b using (residence_id, last_name)
        where (a.birth_year, a.voter_id) < (b.birth_year, b.voter_id)
    """,
}


def measure(data: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Build the models on the census in the folder `data`; the figures of each relation by each way of telling it."""
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("attach ':memory:' as groundgame; use groundgame")
        con.execute(f"create table people as from read_parquet({text_literal(data / 'families.parquet')})")
        con.execute(GIVEN)
        took = {"CPU s": f"{build(con):.1f}"}
        con.execute(TRUTH)
        for relation, name in (("partner", "partners"), ("parent", "parent, child")):
            for way, query in WAYS.items():
                more = {"blocking recall": share_at_home(con, relation), **took} if way == OURS else {}
                yield name, {"by": way, **judge(con, relation, query), **more}


def build(con: duckdb.DuckDBPyConnection) -> float:
    """Build the pipeline's models from what is given, by the SQL that dbt compiles; return the CPU seconds that they took."""
    with tempfile.TemporaryDirectory() as folder:
        settings = pipeline.settings_for(Path(folder))
        settings.make_directories()
        compiled = Dbt(settings).compiled("staging", "marts")
    con.execute(
        "create table staging.street_words as from read_csv('dbt_project/seeds/street_words.csv', header = true)"
    )
    began = time.process_time()
    for table in MODELS:
        con.execute(f"create table {table} as {compiled['model.groundgame.' + table.partition('.')[2]]}")
        if table == MODELS[0]:
            con.execute(VOTERS)
    return time.process_time() - began


def share_at_home(con: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Of the true pairs, those whom the files have at one address: others nobody looks at."""
    [(share,)] = con.execute(
        """
        select avg(cast((one_id, other_id) in (
            select (least(elder_id, younger_id), greatest(elder_id, younger_id)) from intermediate.int_home_pairs
        ) as integer))
        from truth where relation = $relation
        """,
        {"relation": relation},
    ).fetchall()
    return f"{share:.4f}"


def judge(con: duckdb.DuckDBPyConnection, relation: str, query: str) -> dict[str, str]:
    """The figures of one way of telling a relation."""
    [(true, told, right)] = con.execute(
        f"""
        with told as (
            select distinct least(one, other) as one_id, greatest(one, other) as other_id
            from ({query}) as pairs(one, other, relation)
            join known as a on a.id = one join known as b on b.id = other
            where relation = $relation and ('head' in (a.role, b.role) or a.household <> b.household)
        )
        select (select count(*) from truth where relation = $relation), (select count(*) from told),
            (select count(*) from told join (select * from truth where relation = $relation) using (one_id, other_id))
        """,
        {"relation": relation},
    ).fetchall()
    return {
        "precision": f"{right / told:.4f}",
        "recall": f"{right / true:.4f}",
        "F1": f"{2 * right / (true + told):.4f}",
    }
