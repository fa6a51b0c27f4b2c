"""What the command does around a run."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys

import pytest

from orchestration.cli import prepare_dagster
from orchestration.settings import ROOT
from tests import pipeline


def test_a_count_waits_for_nothing_that_it_does_not_need():
    asked = "import sys; from orchestration import cli; from orchestration.exporting import count; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "duckdb" in done.stdout.split()
    assert not {*done.stdout.split()} & {"dagster", "dbt", "great_expectations", "numpy", "pandas", "pydantic"}


def test_a_dagster_yaml_of_ones_own_stands(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAGSTER_HOME", "")
    settings = pipeline.settings_for(tmp_path)
    own = settings.dagster_home / "dagster.yaml"
    prepare_dagster(settings)
    assert own.read_bytes() == (ROOT / "orchestration" / "dagster.yaml").read_bytes()
    own.write_text("storage: {}\n", encoding="utf-8")
    prepare_dagster(settings)
    assert own.read_text(encoding="utf-8") == "storage: {}\n"
    assert [file.name for file in settings.dagster_home.iterdir()] == ["dagster.yaml"]


@pytest.mark.parametrize("command", ["run", "status", "doctor", "prune", "dev"])
def test_a_storage_of_dagsters_that_cannot_be_reached_is_told_in_words(tmp_path, capsys, command: str):
    settings = pipeline.settings_for(tmp_path)
    (tmp_path / "KIND").write_text("real")
    (settings.dagster_home / "history" / "runs.db").mkdir(parents=True)
    assert pipeline.groundgame(settings, command) == 1
    told = capsys.readouterr().err
    assert told.startswith("groundgame: Dagster's storage cannot be reached: unable to open database file. ")
    assert f"{settings.dagster_home / 'dagster.yaml'} says where it is" in told


@pytest.mark.parametrize(
    ("storage", "why"),
    [
        ("{postgres: {postgres_url: x}}", "No module named 'dagster_postgres'"),
        ("{sqlite: {base_dir: x, folder: x}}", 'Received unexpected config entry "folder" at path root:storage:sqlite'),
        ("{", "line 2 is not valid YAML"),
    ],
)
def test_a_dagster_yaml_that_dagster_cannot_use_is_named(tmp_path, capsys, storage: str, why: str):
    if "dagster_postgres" in why and importlib.util.find_spec("dagster_postgres"):
        pytest.skip("it is installed here")
    settings = pipeline.settings_for(tmp_path)
    settings.make_directories()
    own = settings.dagster_home / "dagster.yaml"
    own.write_text(f"storage: {storage}\n", encoding="utf-8")
    assert pipeline.groundgame(settings, "status") == 1
    assert (
        capsys.readouterr().err
        == f"groundgame: Dagster cannot use {own}: {why}. OPERATING.md shows what goes into it\n"
    )


def test_dev_refuses_a_port_that_is_taken(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert pipeline.groundgame(pipeline.settings_for(tmp_path), "dev", "--port", str(port)) == 1
    assert f"something listens on 127.0.0.1:{port} already" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
