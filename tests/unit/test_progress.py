"""What long work says of how far it has come."""

from __future__ import annotations

import gzip
import re
import time

import pytest

from orchestration import progress
from orchestration.ingestion import inbox
from orchestration.warehouse import Warehouse
from tests import pipeline


@pytest.fixture
def said(monkeypatch) -> list[str]:
    monkeypatch.setattr(progress, "EVERY", 0.02)
    return []


def test_lines_come_while_the_work_lasts_and_no_longer(said) -> None:
    with progress.told(said.append, lambda seconds: f"{seconds:.0f}"):
        time.sleep(0.2)
    lines = len(said)
    assert lines > 1
    time.sleep(0.05)
    assert len(said) == lines


def test_work_that_fails_ends_the_lines_and_a_line_that_fails_does_not_end_the_work(said) -> None:
    with pytest.raises(KeyError), progress.told(said.append, lambda _: "at work"):
        raise KeyError
    with progress.told(said.append, lambda _: 1 / 0):
        time.sleep(0.05)
    assert said == []


def test_short_work_says_nothing() -> None:
    said: list[str] = []
    with progress.told(said.append, lambda _: "at work"):
        time.sleep(0.1)
    assert said == []


def test_what_is_left_follows_from_the_part_that_is_done() -> None:
    share = 0.0
    line = progress.by_share("ncvoter.txt", "loaded", lambda: share, lambda part: round(part * 1_000_000))
    assert line(10) == "ncvoter.txt: loaded, 10 s so far"
    share = 0.25
    assert line(20) == "ncvoter.txt: 250,000 rows loaded in 20 s, 25%, about 60 s left"
    assert line(200) == "ncvoter.txt: 250,000 rows loaded in 3 min, 25%, about 10 min left"


def test_what_is_left_of_a_step_follows_from_its_last_time_and_the_rows(tmp_path) -> None:
    with Warehouse(pipeline.settings_for(tmp_path)).hold("a test") as warehouse, warehouse.open() as con:
        deliver = (
            "insert into meta.deliveries by name select $1 as delivery_id, $1 as file_name, now() as received_at, "
            "$2 as records_read, $2 as rows_loaded, 0 as rows_quarantined, 0 as rows_suppressed, 'loaded' as status"
        )
        con.execute(deliver, ["first", 1_000])
        assert progress.by_pace(con, "marts")(10) == "marts: at work on what came of 1,000 rows, 10 s so far"
        progress.keep_pace(con, "marts", 20)
        con.execute(deliver, ["second", 2_000])
        line = progress.by_pace(con, "marts")
        assert line(15) == (
            "marts: at work on what came of 3,000 rows, 15 s so far, about 45 s left at the pace of the last time"
        )
        assert line(70).endswith("70 s so far, longer than at the pace of the last time (60 s)")


def test_unpacking_says_how_many_bytes_and_how_long_still(tmp_path, said, monkeypatch) -> None:
    file = tmp_path / "voters.txt.gz"
    file.write_bytes(gzip.compress(b"a line\n" * 500_000))
    slow = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda *a: (time.sleep(0.05), slow(*a))[1])
    with inbox.opened(file, tmp_path / "scratch", None, said.append):
        pass
    assert any(
        re.fullmatch(r"voters.txt.gz: \d+ of \d+ MB unpacked in \d+ s, about \d+ s left", line) for line in said
    ), said
