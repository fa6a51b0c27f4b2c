"""The machine's limits hold on every kind of connection, our own, dbt's and Great Expectations'; and none reaches outside
or can lift them (our own: test_warehouse.py)."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.dbt import Dbt, DbtFailed
from orchestration.settings import ROOT, Limits, Settings
from orchestration.warehouse import Warehouse, limits
from quality import gate
from quality.suites import no_rows
from tests import pipeline

LIMITS = Limits(memory=1 << 30, threads=1, spill=5 << 30)
HELD = {
    "memory_limit": "1.0 GiB",
    "block_allocator_memory": "768.0 MiB",
    "threads": "1",
    "max_temp_directory_size": "5.0 GiB",
}
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


def test_dbt_shares_the_file_that_is_open_though_the_disk_has_less_room_by_now(settings, tmp_path, monkeypatch):
    settings = replace(settings, limits=replace(LIMITS, spill=None))
    models = {"rows": "select 1 as n", "order_of": "select current_setting('preserve_insertion_order') as is_kept"}
    with Warehouse(settings).hold("a test", stays_open=True) as warehouse:
        with warehouse.open() as con:
            room = shutil.disk_usage(tmp_path)
            monkeypatch.setattr(shutil, "disk_usage", lambda _: room._replace(free=room.free // 8))
            dbt = of_models(settings, tmp_path / "project", **models)
            dbt.run(f"model.groundgame.{name}" for name in models)
            assert con.execute("select n, is_kept from main.rows, main.order_of").fetchall() == [(1, False)]
        with warehouse.open() as con:
            assert con.execute("select current_setting('preserve_insertion_order')").fetchall() == [(True,)]


def test_great_expectations_connection_has_the_limits(settings):
    with Warehouse(settings).hold("a test") as warehouse:
        checks = [
            no_rows(f"select 1 from duckdb_settings() where name = '{name}' and value <> '{value}'", name)
            for name, value in HELD.items()
        ]
        (alone,) = gate._validate(settings, warehouse.path, "raw", "a version", {"meta.deliveries": checks})
        with warehouse.open():
            (result,) = gate._validate(
                settings, warehouse.path, "raw", "a version", {"meta.deliveries": checks}, warehouse.config
            )
    assert result.check_count == alone.check_count == len(HELD)
    assert result.failed == alone.failed == ()


def of_models(settings: Settings, folder: Path, **models: str) -> Dbt:
    """The dbt project with its settings and macros, and these models instead of its own."""
    shutil.copytree(ROOT / "dbt_project", folder, ignore=shutil.ignore_patterns("models", "seeds", "target"))
    (folder / "models" / "segments" / "definitions").mkdir(parents=True)
    for name, sql in models.items():
        (folder / "models" / f"{name}.sql").write_text("{{ config(materialized='table') }} " + sql, encoding="utf-8")
    return Dbt(replace(settings, dbt_project_dir=folder))


OUTSIDE = {
    "read": "select content from read_text('/etc/hostname')",
    "list": "select file from glob('/etc/*')",
    "by_name": "select * from '/etc/hostname.csv'",
}


def test_no_model_reaches_outside(settings, tmp_path):
    dbt = of_models(settings, tmp_path / "project", inside="select 1 as n", **OUTSIDE)
    with Warehouse(settings).hold("a test") as warehouse:
        dbt.run(["model.groundgame.inside"])
        for name in OUTSIDE:
            with pytest.raises(DbtFailed, match="Permission Error"):
                dbt.run([f"model.groundgame.{name}"])
        with warehouse.open() as con:
            assert con.execute("select n from main.inside").fetchall() == [(1,)]


@pytest.mark.parametrize("statement", ["set enable_external_access = true", "set memory_limit = '9GB'"])
def test_no_model_lifts_a_limit(settings, tmp_path, statement: str):
    hook = '{{ config(pre_hook="' + statement + '") }} select 1 as n'
    with Warehouse(settings).hold("a test"), pytest.raises(DbtFailed, match="configuration has been locked"):
        of_models(settings, tmp_path / "project", lifting=hook).run(["model.groundgame.lifting"])


def test_a_model_may_follow_one_that_spilled_to_disk(settings, tmp_path):
    """dbt-duckdb would set its `settings` again for the second one, and DuckDB refuses to move the folder by then."""
    rows = "select md5(n::varchar) as a, md5((n + 1)::varchar) as b from range(1500000) r(n)"
    models = {
        "first": f"select count(*) as n from (select row_number() over (order by a, b) as place from ({rows})) where place % 2 = 0",
        "second": "select n from {{ ref('first') }}",
    }
    dbt = of_models(replace(settings, limits=replace(LIMITS, memory=64 << 20)), tmp_path / "project", **models)
    with Warehouse(settings).hold("a test") as warehouse:
        assert len(dbt.run(f"model.groundgame.{name}" for name in models)) == 2
        with warehouse.open() as con:
            assert con.execute("select n from main.second").fetchall() == [(750_000,)]


def test_no_check_of_great_expectations_reaches_outside_or_lifts_a_limit(settings):
    with Warehouse(settings).hold("a test") as warehouse:
        checks = [
            no_rows("select 1 from read_text('/etc/hostname')", "reads a file"),
            no_rows(
                "select 1 from duckdb_settings() where name = 'lock_configuration' and value <> 'true'", "is locked"
            ),
        ]
        (alone,) = gate._validate(settings, warehouse.path, "raw", "a version", {"meta.deliveries": checks})
        with warehouse.open():
            (result,) = gate._validate(
                settings, warehouse.path, "raw", "a version", {"meta.deliveries": checks}, warehouse.config
            )
    assert result.failed == alone.failed == ("reads a file: could not be checked",)


def test_there_are_no_more_threads_than_the_memory_is_enough_for(tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    assert [limits(Limits(memory=m << 20), tmp_path)["threads"] for m in (256, 1024, 1 << 20)] == [2, 8, 64]
    assert limits(Limits(memory=256 << 20, threads=16), tmp_path)["threads"] == 16
