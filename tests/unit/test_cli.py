"""What the command does around a run."""

from __future__ import annotations

import socket

import pytest

from orchestration.cli import prepare_dagster
from orchestration.settings import ROOT
from tests import pipeline


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


def test_dev_refuses_a_port_that_is_taken(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert pipeline.groundgame(pipeline.settings_for(tmp_path), "dev", "--port", str(port)) == 1
    assert f"something listens on 127.0.0.1:{port} already" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
