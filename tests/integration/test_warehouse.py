"""One opener at a time, and none that can reach outside the data directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import duckdb
import pytest

from orchestration.errors import StepStopped
from orchestration.warehouse import Warehouse, WarehouseBusy, close_room, settling
from tests import pipeline

HOLDER = """
import sys, time
from pathlib import Path
from orchestration.errors import StepStopped
from orchestration.warehouse import Warehouse
from tests import pipeline
with Warehouse(pipeline.settings_for(Path(sys.argv[1]))).hold("the other run"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_run_is_told_who_holds_the_warehouse_and_since_when(tmp_path, holder):
    said: list[str] = []
    with (
        pytest.raises(WarehouseBusy, match=r"held by the other run, process \d+, since .* UTC; waited 1 s"),
        Warehouse(pipeline.settings_for(tmp_path)).hold("a test", wait_seconds=1, say=said.append),
    ):
        pass
    assert len(said) == 1
    assert said[0].startswith(f"waiting: the warehouse is held by the other run, process {holder.pid}, since ")


def test_a_killed_holder_lets_go_at_once_and_its_leftovers_are_swept(tmp_path, holder):
    settings = pipeline.settings_for(tmp_path)
    (settings.scratch / "clean-1").write_bytes(b"of a killed run")
    os.mkfifo(settings.scratch / "clean-1-0")
    holder.send_signal(signal.SIGKILL)
    started = time.monotonic()
    with Warehouse(settings).hold("a test", wait_seconds=5):
        assert time.monotonic() - started < 4
        assert [*settings.scratch.iterdir()] == []


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_text('/etc/hostname')",
        "copy (select 1) to '/tmp/groundgame-outside.csv'",
        "attach '/tmp/groundgame-outside.duckdb'",
        "install httpfs from 'https://example.org'",
        "set enable_external_access = true",
        "set memory_limit = '1TB'",
        "set allowed_configs = ['memory_limit']",
    ],
)
def test_sql_cannot_reach_outside_or_lift_its_limits(tmp_path, statement: str):
    with Warehouse(pipeline.settings_for(tmp_path)).hold("a test") as warehouse, warehouse.open() as con:
        with pytest.raises(duckdb.Error):
            con.execute(statement)
        inside = tmp_path / "inbox" / "a.csv"
        con.execute(f"copy (select 1 as n) to '{inside}'")
        assert con.execute(f"select n from read_csv('{inside}')").fetchone() == (1,)


def test_the_file_is_the_owners_alone(tmp_path):
    with Warehouse(pipeline.settings_for(tmp_path)).hold("a test") as warehouse:
        assert warehouse.path.stat().st_mode & 0o777 == 0o600


def test_within_a_run_the_file_stays_open_until_it_is_wanted_in_another_way(tmp_path):
    with Warehouse(pipeline.settings_for(tmp_path)).hold("a test", stays_open=True) as warehouse:
        with warehouse.open() as con:
            con.execute(
                "attach ':memory:' as beside; create table beside.t (n integer); create temp table own (n integer)"
            )
        with warehouse.open() as con:
            assert con.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall() == [
                ("t",)
            ]
            assert con.execute("select current_setting('enable_progress_bar')").fetchone() == (True,)
        warehouse.let_go()
        with duckdb.connect(str(warehouse.path), read_only=True) as con:
            assert not con.execute("select 1 from duckdb_databases() where database_name = 'beside'").fetchall()
        with pytest.raises(StepStopped), warehouse.open() as con:
            con.execute("select error('of a record')")
        duckdb.connect(str(warehouse.path), read_only=True).close()  # what failed is let go of
        with warehouse.open():
            pass
    duckdb.connect(str(warehouse.path), read_only=True).close()


def test_what_was_written_is_moved_to_its_place_beside_what_is_read(tmp_path):
    settings = pipeline.settings_for(tmp_path)
    log = settings.warehouse.with_name(f"{settings.warehouse.name}.wal")
    held = Warehouse(settings).hold("a test", stays_open=True)
    with held as warehouse, warehouse.open() as con, warehouse.open() as other:
        con.execute("create table kept as select range as n from range(100000)")
        other.execute("begin transaction; create table written (n integer)")
        with settling(con):  # somebody is still writing
            assert con.execute("select count(*) from kept").fetchall() == [(100_000,)]
        assert log.exists()
        other.execute("commit")
        with settling(con):
            assert con.execute("select count(*) from kept").fetchall() == [(100_000,)]
        assert not log.exists() or not log.stat().st_size


def test_room_of_rows_that_are_gone_is_closed_where_it_is_much(tmp_path):
    with Warehouse(pipeline.settings_for(tmp_path)).hold("a test") as warehouse, warehouse.open() as con:
        con.execute("create table t as select n from range(500000) r(n)")

        def places_after(share: str) -> int:
            con.execute(f"delete from t where {share}; checkpoint")
            without = con.execute("select max(rowid) + 1 from t").fetchone()
            assert without == (500_000,)
            close_room(con, "t")
            return con.execute("select max(rowid) + 1 from t").fetchall()[0][0]

        assert places_after("n % 10 = 0") == 500_000
        assert places_after("n % 3 = 0") < 400_000
        assert con.execute("select count(*), sum(n) from t").fetchone() == (300_000, 74_999_999_997)
