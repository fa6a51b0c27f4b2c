"""Whether a run is of the whole job: what a person asked for, in the shell or in the UI."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.groups import ALONE_TAG, is_of_all
from quality import STEPS

EVERY_STEP = frozenset(dg.AssetKey([step, "some"]) for step in STEPS)
MARTS = frozenset({dg.AssetKey(["marts", "voters"]), dg.AssetKey(["intermediate", "int_kin"])})
GATE = frozenset({dg.AssetCheckKey(dg.AssetKey(["marts", "voters"]), "marts_gate")})


@pytest.mark.parametrize(
    ("asked", "of_all"),
    [
        ({}, True),  # the job, its rest from a step on, or one taken up again after a failure
        ({"asset_selection": EVERY_STEP}, True),  # Materialize all
        ({"asset_selection": EVERY_STEP, "asset_check_selection": GATE}, True),
        ({"asset_selection": MARTS}, False),  # Materialize selected
        ({"asset_selection": frozenset(), "asset_check_selection": GATE}, False),  # Execute, of a gate
        ({"asset_check_selection": frozenset()}, True),  # the Launchpad names no checks by themselves
        ({"tags": {ALONE_TAG: "marts"}}, False),  # groundgame run --only marts
    ],
)
def test_a_run_is_of_all_unless_a_part_was_chosen(asked: dict, of_all: bool) -> None:
    assert is_of_all(dg.DagsterRun(job_name="refresh", **asked)) is of_all
