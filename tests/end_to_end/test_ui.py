"""What the Dagster UI is told of tables, gates and sources."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import dagster as dg
import pytest

from orchestration import cli
from orchestration.definitions import build_definitions
from orchestration.sample import SAMPLE_AS_OF
from tests import pipeline


@pytest.fixture(scope="module")
def graph(refreshed):
    return build_definitions(refreshed.settings).resolve_asset_graph()


def told(settings, keys) -> dict[dg.AssetKey, dict]:
    """The metadata of assets' newest materialisations."""
    cli.prepare_dagster(settings)
    with dg.DagsterInstance.get() as instance:
        events = instance.get_latest_materialization_events(keys)
    assert {*events} == {*keys}
    return {key: event.asset_materialization.metadata for key, event in events.items()}


def source_renewed_at(settings) -> datetime:
    cli.prepare_dagster(settings)
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["inbox", "nc_voters"]))
    return datetime.fromtimestamp(event.timestamp, UTC)


def test_every_asset_tells_its_rows_and_every_table_its_columns(refreshed, graph) -> None:
    for key, metadata in told(refreshed.settings, graph.materializable_asset_keys).items():
        assert "dagster/row_count" in metadata, key
        if key.path[0] != "published":  # a file of many tables
            columns = metadata["dagster/column_schema"].value.columns
            assert [column.name for column in columns if not column.description] == [], key


def test_every_model_tells_where_its_columns_come_from(refreshed, graph) -> None:
    models = {
        key for key in graph.materializable_asset_keys if "dbt" in graph.get(key).kinds and graph.get(key).parent_keys
    }
    metadata_of = told(refreshed.settings, models)
    for key in models - {dg.AssetKey(["segments", "segments"])}:  # its figures count rows
        metadata = metadata_of[key]
        # Tables stay empty of which the campaign has no files, such as results, and before a second delivery.
        lineage = (
            metadata["dagster/column_lineage"].value.deps_by_column if metadata["dagster/row_count"].value else None
        )
        assert lineage is None or any(lineage.values()), key
    voters = metadata_of[dg.AssetKey(["marts", "voters"])]["dagster/column_lineage"].value.deps_by_column
    assert [(d.asset_key.path[-1], d.column_name) for d in voters["county_name"]] == [("counties", "county_name")]


def test_a_source_is_as_fresh_as_the_day_that_its_newest_file_shows(refreshed) -> None:
    assert source_renewed_at(refreshed.settings) == datetime.combine(SAMPLE_AS_OF, time(12), UTC)


def test_a_newer_file_renews_its_source_and_the_plots_show_what_a_person_looks_for(state) -> None:
    pipeline.deliver_sample(state, as_of=SAMPLE_AS_OF + timedelta(weeks=1))
    assert pipeline.run(state) == 0
    assert source_renewed_at(state) == datetime.combine(SAMPLE_AS_OF + timedelta(weeks=1), time(12), UTC)
    plots = {
        ("marts", "voters"): "party mix",
        ("marts", "vote_history"): "turnout by age in the last general election, of those registered by then",
        ("marts", "voter_changes"): "changes since the file before",
        ("identity", "people"): "records of a person",
        ("segments", "segments"): "voters",
        ("published", "current"): "rows by table",
    }
    raw_key = dg.AssetKey(["raw", "nc_voters"])
    metadata = told(state, [raw_key, *map(dg.AssetKey, plots)])
    raw = metadata[raw_key]
    assert [line.split("|")[1] for line in raw["rows per delivery, newest first"].value.splitlines()[2:]] == [
        str(SAMPLE_AS_OF + timedelta(weeks=1)),
        str(SAMPLE_AS_OF),
    ]
    assert raw["quarantined records by reason"].value == "no record was quarantined"
    assert "empty values against the delivery before" in raw
    for table, plot in plots.items():
        assert "█" in metadata[dg.AssetKey(table)][plot].value, table


def test_a_run_that_builds_nothing_tells_the_same_of_the_tables(state, graph) -> None:
    keys = [key for key in graph.materializable_asset_keys if "dbt" in graph.get(key).kinds]
    before = told(state, keys)
    assert pipeline.run(state) == 0
    assert told(state, keys) == before


def test_a_failed_gate_says_what_failed_and_what_to_do_and_a_run_of_any_origin_is_logged(state) -> None:
    """As the daemon runs it: without a config of our own."""
    pipeline.deliver_sample(state, voters=1_200, as_of=SAMPLE_AS_OF + timedelta(days=7))
    cli.prepare_dagster(state)
    job = build_definitions(state).resolve_job_def("refresh")
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    found = {e.asset_key.path[-1]: e for e in result.get_asset_check_evaluations()}
    failed = found["nc_voters"]
    assert failed.description.startswith("- **rows are as many as in the delivery before")
    assert failed.metadata["failed checks"].value >= 1
    assert "groundgame waive raw --reason" in failed.metadata["what to do"].value
    lines = [json.loads(line) for line in (state.logs / "groundgame.jsonl").read_text().splitlines()]
    mine = [line for line in lines if line["run"] == result.run_id]
    assert any(line["message"].startswith("gate raw: FAILED") for line in mine)
    assert [line["message"] for line in mine if line["level"] == "error"] == ["step failure", "run failure"]
