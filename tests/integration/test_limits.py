"""The machine's limits hold on every kind of connection: our own, dbt's and Great Expectations'."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestration.dbt import Dbt
from orchestration.settings import Limits, Settings
from orchestration.warehouse import Warehouse
from quality import gate
from quality.suites import no_rows
from tests import pipeline

LIMITS = Limits(memory=1 << 30, threads=1, spill=5 << 30)
HELD = {"memory_limit": "1.0 GiB", "threads": "1", "max_temp_directory_size": "5.0 GiB"}
QUERY = f"select name, value from duckdb_settings() where name in {tuple(HELD)}"


@pytest.fixture
def settings(tmp_path) -> Settings:
    return replace(pipeline.settings_for(tmp_path), limits=LIMITS)


def test_our_own_connection_has_the_limits(settings):
    with Warehouse(settings).hold("a test") as warehouse, warehouse.open() as con:
        assert dict(con.execute(QUERY).fetchall()) == HELD


def test_dbts_connection_has_the_limits(settings):
    with Warehouse(settings).hold("a test"):
        shown = Dbt(settings)._invoke("show", "--inline", QUERY).result
    assert dict(map(tuple, shown.results[0].agate_table.rows)) == HELD


def test_great_expectations_connection_has_the_limits(settings):
    with Warehouse(settings).hold("a test") as warehouse:
        checks = [
            no_rows(f"select 1 from duckdb_settings() where name = '{name}' and value <> '{value}'", name)
            for name, value in HELD.items()
        ]
        (result,) = gate._validate(settings, warehouse.path, "raw", "a version", {"meta.deliveries": checks})
    assert result.check_count == len(HELD)
    assert result.failed == ()
