"""Materialising one step alone: the guard refuses what a whole run would not have reached."""

from __future__ import annotations

from datetime import timedelta

from orchestration.sample import SAMPLE_AS_OF
from orchestration.warehouse import Warehouse
from tests import nc, pipeline


def test_marts_alone_after_a_passed_gate(state) -> None:
    assert pipeline.materialize(state, "marts", "intermediate").success


def test_marts_alone_after_a_failed_staging_gate_is_refused(tmp_path) -> None:
    settings = pipeline.settings_for(tmp_path / "data")
    without_id = [person | {"ncid": ""} for person in nc.people(10)]
    nc.deliver(settings.inbox, "ncvoter_Statewide.txt", nc.voters_text(nc.people(40) + without_id))
    assert pipeline.run(settings) == 1
    result = pipeline.materialize(settings, "marts", "intermediate")
    assert not result.success
    text = pipeline.failure_text(result)
    assert "`marts` may not run: gate `staging` failed" in text
    assert "make run" in text


def test_a_missing_result_is_refused(state) -> None:
    with Warehouse(state).hold("a test") as warehouse, warehouse.open() as con:
        con.execute("delete from meta.gate_results where gate = 'staging'")
    result = pipeline.materialize(state, "marts", "intermediate")
    assert "gate `staging` has no result for this data" in pipeline.failure_text(result)


def test_a_stale_result_is_refused(state) -> None:
    pipeline.deliver_sample(state, as_of=SAMPLE_AS_OF + timedelta(days=7))
    assert pipeline.materialize(state, "raw").success
    result = pipeline.materialize(state, "marts", "intermediate")
    assert "the tables of `staging` are stale" in pipeline.failure_text(result)


def test_half_built_tables_are_refused(state) -> None:
    with Warehouse(state).hold("a test") as warehouse, warehouse.open() as con:
        con.execute("delete from meta.builds where step = 'identity'")
    result = pipeline.materialize(state, "segments")
    assert "the tables of `identity` are missing or half built" in pipeline.failure_text(result)


def test_publishing_alone_after_a_failed_gate_leaves_the_current_version(state) -> None:
    before = state.current.stat().st_ino
    with Warehouse(state).hold("a test") as warehouse, warehouse.open() as con:
        con.execute(
            "update meta.gate_results set status = 'failed', failed_checks = ['a check: 3'] where gate = 'segments'"
        )
    result = pipeline.materialize(state, "published")
    assert "gate `segments` failed" in pipeline.failure_text(result)
    assert state.current.stat().st_ino == before
