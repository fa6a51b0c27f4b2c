"""What columns may be used for is followed through every way that SQL has to reach one, and a model that uses what it may not
keeps dbt from building."""

from __future__ import annotations

import shutil

import pytest
import yaml

from orchestration.settings import ROOT, Settings
from orchestration.warehouse import Warehouse
from quality import policy
from tests import pipeline

# Ways to reach what the Federal Election Commission has of a person, by the name of a model marked for fundraising.
REACHES = {
    "by_join": "select voters.voter_id from {{ ref('voters') }} as voters join {{ ref('others_gifts') }} as gifts "
    "on gifts.last_name = voters.last_name and gifts.amount > 500",
    "by_semi_join": "select voter_id from {{ ref('voters') }} semi join {{ ref('others_gifts') }} using (last_name)",
    "by_in": "select voter_id from {{ ref('voters') }} where last_name in (select last_name from {{ ref('others_gifts') }})",
    "by_exists": "select voter_id from {{ ref('voters') }} as voters "
    "where not exists (select 1 from {{ ref('others_gifts') }} as gifts where gifts.last_name = voters.last_name)",
    "by_rename": "select surname as voter_id from (select last_name as surname from {{ ref('others_gifts') }})",
    "by_cte": "with a as (select * from {{ ref('others_gifts') }}), b as (select last_name as c from a) select c as voter_id from b",
    "by_case": "select case when gifts.amount > 500 then voters.voter_id end as voter_id from {{ ref('voters') }} as voters "
    "left join {{ ref('others_gifts') }} as gifts on gifts.last_name = voters.last_name",
    "by_aggregate": "select cast(count(*) as varchar) as voter_id from {{ ref('others_gifts') }}",
    "by_star": "select * from {{ ref('others_gifts') }}",
    "by_union": "select voter_id from {{ ref('voters') }} union all select last_name from {{ ref('others_gifts') }}",
    "by_window": "select voter_id from {{ ref('voters') }} left join {{ ref('others_gifts') }} as gifts using (last_name) "
    "qualify row_number() over (order by gifts.amount) < 9",
    "by_limit": "select voters.voter_id from {{ ref('voters') }} as voters left join {{ ref('others_gifts') }} as gifts "
    "on gifts.last_name = voters.last_name order by gifts.amount desc limit 9",
    "by_scalar": "select voter_id from {{ ref('voters') }} where age_years > (select avg(amount) from {{ ref('others_gifts') }})",
    "by_segment": "select voter_id from {{ ref('by_in_unmarked') }}",
}
# What stays clear of it beside it: the columns that an outer join brings, where they are not looked at.
CLEAR = "select voters.voter_id from {{ ref('voters') }} as voters left join {{ ref('others_gifts') }} as gifts using (last_name)"


@pytest.fixture(scope="module")
def breached(tmp_path_factory) -> Settings:
    """A project with models that use what they may not."""
    project = tmp_path_factory.mktemp("policy") / "dbt_project"
    shutil.copytree(ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))

    def add(folder: str, name: str, sql: str, columns: dict, **meta) -> None:
        (project / "models" / folder / f"{name}.sql").write_text(sql + "\n")
        described = [
            {"name": c, "data_type": kind, "description": "A column.", "config": {"meta": m}}
            for c, (kind, m) in columns.items()
        ]
        model = {"name": name, "description": "A model.", "config": {"meta": meta}, "columns": described}
        (project / "models" / folder / f"{name}.yml").write_text(yaml.safe_dump({"models": [model]}))

    (project / "models/staging/fec_test").mkdir()
    source = {"name": "fec_test", "schema": "raw", "tables": [{"name": "fec_test", "config": {"meta": {}}}]}
    (project / "models/staging/fec_test/_sources.yml").write_text(yaml.safe_dump({"sources": [source]}))
    fec = {"pii": True, "source": "fec_test"}
    gifts = "select last_name, amount, race from {{ source('fec_test', 'fec_test') }}"
    columns = {
        "last_name": ("varchar", fec),
        "amount": ("varchar", fec),
        "race": ("varchar", fec | {"sensitive": True}),
    }
    add("staging/fec_test", "stg_fec_test__gifts", gifts, columns)
    columns = {
        "last_name": ("varchar", {"source": "fec_test"}),
        "amount": ("varchar", fec | {"source": "actblue_contributions"}),
    }
    add(
        "staging/fec_test",
        "stg_fec_test__amiss",
        "select last_name, amount from {{ source('fec_test', 'fec_test') }}",
        columns,
    )
    gifts = "select last_name, cast(amount as integer) as amount from {{ ref('stg_fec_test__gifts') }}"
    add("marts", "others_gifts", gifts, {"last_name": ("varchar", {"pii": True}), "amount": ("integer", {"pii": True})})

    voter = {"voter_id": ("varchar", {"pii": True})}
    for name, sql in REACHES.items():
        columns = {"voter_id": voter["voter_id"], "last_name": voter["voter_id"], "amount": voter["voter_id"]}
        add(
            "intermediate" if name != "by_segment" else "segments/definitions",
            name,
            sql,
            columns if name == "by_star" else voter,
            purposes=["fundraising"],
        )
    segments = "segments/definitions"
    add(segments, "by_in_unmarked", REACHES["by_in"], voter, purposes=["analysis"])
    add(segments, "clear", CLEAR, voter, purposes=["fundraising"])
    add(segments, "says_nothing", "select voter_id from {{ ref('voters') }}", voter)
    add(segments, "says_something_else", "select voter_id from {{ ref('voters') }}", voter, purposes=["fun"])
    by_race = "select voter_id from {{ ref('voters') }} semi join {{ ref('stg_fec_test__gifts') }} as g on g.race = voters.sex_code"
    add(segments, "by_race", by_race, voter, purposes=["analysis"])
    of_race = "select race, last_name, count(*) as n from {{ ref('stg_fec_test__gifts') }} group by all"
    columns = {
        "race": ("varchar", {"pii": True}),
        "last_name": ("varchar", {"pii": False}),
        "n": ("bigint", {"pii": False, "purposes": ["analysis", "turnout"]}),
    }
    add("marts", "of_race", of_race, columns)
    settings = pipeline.settings_for(project.parent / "data", project)
    settings.make_directories()
    return settings


@pytest.fixture(scope="module")
def problems(breached) -> dict[str, str]:
    """What is told of each of its models."""
    found: dict[str, str] = {}
    for problem in policy.of(breached).problems:
        table = problem.split()[0].rstrip(":").split(".")[1]
        found[table] = found.get(table, "") + problem + "\n"
    return found


@pytest.mark.parametrize("name", REACHES)
def test_no_way_leads_from_fundraising_to_the_fec(problems, name: str) -> None:
    told = problems[name]
    assert f"{name} is marked for fundraising and may not be: " in told
    way = told.partition("may not be: ")[2].partition(", which is not for")[0].split(" <- ")
    assert way[0].split(".")[1] == name or way[0].startswith(f"rows of intermediate.{name}")
    assert "staging.stg_fec_test__gifts" in way[-1]
    assert any("marts.others_gifts" in step for step in way)
    assert "52 U.S.C. 30111(a)(4)" in told
    assert f"{name}.yml" in told


def test_the_way_names_each_column(problems) -> None:
    way = (
        "segments.by_segment.voter_id <- segments.by_in_unmarked.voter_id <- rows of segments.by_in_unmarked <- "
        "marts.others_gifts.last_name (joined by it) <- staging.stg_fec_test__gifts.last_name, which is not for fundraising; reports to the Federal Election Commission"
    )
    assert way in problems["by_segment"]


def test_a_segment_reaches_nothing_sensitive(problems) -> None:
    assert "segments.by_race reaches what is sensitive, as no segment may: " in problems["by_race"]
    assert "<- staging.stg_fec_test__gifts.race (joined by it)" in problems["by_race"]


def test_what_a_mart_says_of_its_columns_is_what_they_inherit(problems) -> None:
    told = problems["of_race"].splitlines()
    assert [line.partition(" [")[0].split(": say")[0] for line in told] == [
        "marts.of_race.race is made of staging.stg_fec_test__gifts.race, which is sensitive",
        "marts.of_race.last_name is made of staging.stg_fec_test__gifts.last_name, which is personal",
        told[2].partition(" [")[0],
    ]
    assert told[2].startswith(
        "marts.of_race.n says `purposes: turnout` and may not: marts.of_race.n <- rows of marts.of_race <- "
    )


def test_a_segment_says_a_purpose_that_there_is(problems) -> None:
    assert "a segment says for which `purposes` it is" in problems["says_nothing"]
    assert "nobody knows the purpose fun" in problems["says_something_else"]


def test_a_source_is_the_one_that_is_read(problems) -> None:
    assert (
        "stg_fec_test__amiss.amount says `source: actblue_contributions` and is made of fec_test"
        in problems["stg_fec_test__amiss"]
    )
    assert "stg_fec_test__amiss.last_name does not say whether it is `pii`" in problems["stg_fec_test__amiss"]


def test_nothing_else_is_told(problems) -> None:
    wrong = {
        "by_race",
        "segment_members",
        "segments",
        "of_race",
        "says_nothing",
        "says_something_else",
        "stg_fec_test__amiss",
    }
    assert {*problems} == {*REACHES, *wrong}


def test_nothing_is_built_and_a_project_that_stands_is_not_read_again(breached, problems, monkeypatch) -> None:
    def fail(*_) -> None:
        raise AssertionError("the project was read again")

    monkeypatch.setattr(policy, "register", fail)
    policy._known.clear()
    result = pipeline.materialize(breached, "staging")
    assert not result.success
    told = pipeline.failure_text(result)
    assert "nothing was built and all tables stand" in told
    assert "segments.by_segment is marked for fundraising" in told
    with Warehouse(breached).hold("a test") as warehouse, warehouse.open() as con:
        assert con.execute("select count(*) from duckdb_tables() where schema_name = 'staging'").fetchall() == [(0,)]
