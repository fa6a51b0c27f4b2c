"""The dbt project without data: it parses, every layer builds from empty sources, and its unit tests pass."""

from __future__ import annotations

from orchestration.dbt import LAYERS, Dbt
from orchestration.ingestion.ingest import prepare
from orchestration.warehouse import Warehouse
from tests import pipeline


def test_every_layer_builds_on_nothing_and_dbts_unit_tests_pass(tmp_path) -> None:
    settings = pipeline.settings_for(tmp_path)
    dbt = Dbt(settings)
    with Warehouse(settings).hold("a test") as warehouse:
        with warehouse.open() as con:
            prepare(con)
        for select in LAYERS.values():
            dbt.run(select)
        results = dbt.test("test_type:unit")
    assert len(results) >= 20
    assert [r.node.name for r in results if r.status != "pass"] == []
