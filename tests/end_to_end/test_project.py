"""The shape of the project: the asset graph and adding a segment."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import yaml
from msgspec import structs

from orchestration.definitions import build_definitions
from orchestration.ingestion.contracts import contracts_of
from orchestration.settings import ROOT
from tests import pipeline

SNAPSHOT = Path(__file__).with_name("asset_graph.json")
# The folder that an asset's key begins with, and the group that it is shown in: the steps in their order.
GROUPS = {
    "inbox": "0_inbox",
    "raw": "1_raw",
    "staging": "2_staging",
    "intermediate": "3_marts",
    "marts": "3_marts",
    "identity": "4_identity",
    "segments": "5_segments",
    "published": "6_published",
}


def test_the_asset_graph_is_the_one_on_record(tmp_path) -> None:
    """A change of the graph shows here; if it is meant, write the new one with the command in the message."""
    found = asset_graph(pipeline.settings_for(tmp_path))
    assert found == json.loads(SNAPSHOT.read_text()), (
        "the asset graph has changed; if that is meant: .venv/bin/python -m tests.end_to_end.test_project"
    )


def test_every_asset_says_what_it_is_and_whose(tmp_path) -> None:
    graph = build_definitions(pipeline.settings_for(tmp_path)).resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert "select " not in node.description, key
        assert node.owners, key
        assert node.kinds, key
        assert node.tags.get("pii") in ("yes", "no"), key
        assert node.group_name == GROUPS[key.path[0]], key


def test_tags_tell_personal_data_and_the_state(tmp_path) -> None:
    graph = build_definitions(pipeline.settings_for(tmp_path)).resolve_asset_graph()
    found = {key.to_user_string(): graph.get(key).tags for key in graph.get_all_asset_keys()}
    personal = {key for key, tags in found.items() if tags["pii"] == "yes"}
    assert {
        "raw/nc_voters",
        "staging/stg_nc__voters",
        "marts/voters",
        "segments/lapsed",
        "published/current",
    } <= personal
    assert not {"staging/counties", "marts/elections", "segments/segments"} & personal
    assert {key for key, tags in found.items() if tags.get("state") == "NC"} == {
        key for key in found if "/nc_" in key or "/stg_nc__" in key
    }


def test_every_job_schedule_and_sensor_says_what_it_does(tmp_path) -> None:
    definitions = build_definitions(pipeline.settings_for(tmp_path))
    jobs = [job for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")]
    for thing in [*jobs, *definitions.schedules, *definitions.sensors]:
        assert thing.description, thing.name


def test_a_source_is_due_by_the_cadence_of_its_contract(tmp_path) -> None:
    settings = pipeline.settings_for(tmp_path)
    graph = build_definitions(settings).resolve_asset_graph()
    due = {
        contract.name: (timedelta(days=contract.cadence_days + 2), timedelta(days=3 * contract.cadence_days))
        for contract in contracts_of(settings.campaign.states)
        if contract.cadence_days
    }
    found = {
        key.path[-1]: graph.get(key).freshness_policy for key in graph.get_all_asset_keys() if key.path[0] == "inbox"
    }
    assert due.keys() < found.keys()  # some come at no fixed times
    assert {
        name: (policy.warn_window.to_timedelta(), policy.fail_window.to_timedelta())
        for name, policy in found.items()
        if policy
    } == due


def test_every_run_that_opens_the_warehouse_takes_its_pool_of_one(tmp_path) -> None:
    """A pool by run: Dagster frees it with the run, however that ended (`test_turns.py`)."""
    definitions = build_definitions(pipeline.settings_for(tmp_path))
    steps = [node for name in ("refresh", "prune") for node in definitions.resolve_job_def(name).all_node_defs]
    pools = {step.name: step.pool for step in steps if isinstance(step, dg.OpDefinition)}
    assert {"raw", "marts", "identity", "published_gate", "remove_what_is_old"} < pools.keys()
    assert {*pools.values()} == {"warehouse"}
    dagster_yaml = yaml.safe_load((ROOT / "orchestration" / "dagster.yaml").read_text(encoding="utf-8"))
    assert dagster_yaml["concurrency"]["pools"] == {"default_limit": 1, "granularity": "run"}


def test_the_nightly_run_goes_by_the_campaigns_clock(tmp_path) -> None:
    settings = pipeline.settings_for(tmp_path)
    campaign = structs.replace(settings.campaign, schedule="30 2 * * 1-5")
    schedules = {s.name: s for s in build_definitions(replace(settings, campaign=campaign)).schedules}
    assert schedules["nightly_refresh"].cron_schedule == "30 2 * * 1-5"
    assert {s.default_status for s in schedules.values()} == {dg.DefaultScheduleStatus.RUNNING}


def test_a_segment_is_added_by_one_sql_file_and_its_yaml(state, tmp_path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    folder = project / "models" / "segments" / "definitions"
    # A name that sorts last, over a mart: the members table must still be built after it.
    (folder / "zz_seniors.sql").write_text("select voter_id from {{ ref('voters') }} where age_years >= 65\n")
    (folder / "zz_seniors.yml").write_text(
        "models:\n  - name: zz_seniors\n    description: Voters who are 65 or older on election day.\n"
        "    config:\n      meta: {name: Seniors, owner: data, purposes: [turnout]}\n"
        "    columns: [{name: voter_id, description: The voter., data_type: varchar, config: {meta: {pii: true}}}]\n"
    )
    settings = pipeline.settings_for(state.data_dir, project)
    result = refresh(settings)
    assert result.success, pipeline.failure_text(result)
    with duckdb.connect(str(settings.current), read_only=True) as con:
        size, rule = con.execute("select size, rule from segments where segment_id = 'zz_seniors'").fetchone()
        (members,) = con.execute("select count(*) from segment_members where segment_id = 'zz_seniors'").fetchone()
        (seniors,) = con.execute("select count(*) from voters where age_years >= 65").fetchone()
    assert size == members == seniors > 0
    assert rule.startswith("Voters who are 65 or older")


def refresh(settings):
    from orchestration.cli import prepare_dagster

    prepare_dagster(settings)
    with dg.DagsterInstance.get() as instance:
        return (
            build_definitions(settings)
            .resolve_job_def("refresh")
            .execute_in_process(instance=instance, raise_on_error=False)
        )


def asset_graph(settings) -> dict:
    definitions = build_definitions(settings)
    graph = definitions.resolve_asset_graph()
    return {
        "assets": {
            key.to_user_string(): {
                "after": sorted(k.to_user_string() for k in graph.get(key).parent_keys),
                "group": graph.get(key).group_name,
                "checks": sorted(c.name for c in graph.get_check_keys_for_assets({key})),
            }
            for key in sorted(graph.get_all_asset_keys(), key=str)
        },
        "jobs": sorted(job.name for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")),
        "schedules": sorted(s.name for s in definitions.schedules),
        "sensors": sorted(s.name for s in definitions.sensors),
    }


if __name__ == "__main__":
    import tempfile

    SNAPSHOT.write_text(json.dumps(asset_graph(pipeline.settings_for(Path(tempfile.mkdtemp()))), indent=1) + "\n")
