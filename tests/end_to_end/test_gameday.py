"""The rehearsal of what goes wrong in the last week, as whoever runs it sees it."""

from __future__ import annotations

import re
import tempfile

import pytest

from orchestration.operating import gameday
from tests import pipeline


def test_game_day_holds_and_leaves_nothing_behind(
    tmp_path, tmp_path_factory, monkeypatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch = tmp_path_factory.mktemp("s")  # a socket lies there, whose path has to be short
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    own = pipeline.settings_for(tmp_path / "own")
    status = pipeline.groundgame(own, "gameday", "--voters", "2000")
    output, errors = capsys.readouterr()
    assert status == 0, output + errors
    assert "NOT" not in re.findall(r"^  (\w+)", output, re.MULTILINE), output
    for title in gameday.SCENES:
        assert re.search(
            rf"^{re.escape(title)}\n  tried   .+\n(  held    .+: .+\n)+  HELD in \d+\.\d s$", output, re.MULTILINE
        ), title
    assert "all held" in output.splitlines()[-2]
    assert not re.search(r"ZZ\d{5}", output)  # of a voter nothing is shown
    assert not own.data_dir.exists()
    assert list(scratch.glob("groundgame*")) == []
