"""A file larger than the memory that DuckDB may take goes through ingestion, staging and marts, and says how far it is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from orchestration.ingestion import stretches
from orchestration.sample import write_sample
from orchestration.settings import ROOT
from tests import pipeline

MEMORY = 128 << 20
TIMES = 400  # a sample of 1,000 voters: about 190 MB

# In a process of its own, so that the peak of memory is this work's. A small file first: by then all is imported and in use.
WORK = """
import json, resource, sys
from dataclasses import replace
from pathlib import Path
from orchestration import progress
from orchestration.dbt import Dbt
from orchestration.ingestion.ingest import ingest_inbox
from orchestration.settings import Limits
from orchestration.warehouse import Warehouse
from tests import pipeline

progress.EVERY = 0.2
settings = replace(pipeline.settings_for(Path(sys.argv[1])), limits=Limits(memory=int(sys.argv[2])))
said, peaks, dbt = [], [], Dbt(settings)
with Warehouse(settings).hold("a test") as warehouse:
    for file in map(Path, sys.argv[3:]):
        file.rename(settings.inbox / file.name)
        with warehouse.open() as con:
            (outcome,) = ingest_inbox(settings, con, say=lambda line, **_: said.append(line))
        dbt.run([*dbt.tables("staging"), *dbt.tables("marts")])
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10)
    with warehouse.open() as con:
        [(voters,)] = con.execute("select count(*) from marts.voters").fetchall()
print(json.dumps([outcome.rows_loaded, voters, said, peaks]))
"""


def select(stretch: stretches.Stretch) -> str:
    """Reads numbers, of which the first has a header."""
    columns = "columns = {'n': 'BIGINT'}, auto_detect = false"
    return f"select n from read_csv('{stretch.path}', header = {not stretch.begins}, {columns})"


def take(con: duckdb.DuckDBPyConnection, statement: str, _stretch: stretches.Stretch) -> list[tuple]:
    """Runs it, and has nothing to tell."""
    con.execute(statement)
    return []


def write_large(sample: Path, target: Path) -> None:
    """The voters of a sample again and again, each with an id of its own."""
    header, _, voters = sample.read_bytes().partition(b"\r\n")
    with target.open("wb") as file:
        file.write(header + b"\r\n")
        file.writelines(voters.replace(b'"ZZ', b'"ZZ%d-' % n) for n in range(TIMES))


def test_a_stretch_leaves_a_few_rows_to_its_commit_and_rows_stay_in_the_order_of_the_file(tmp_path: Path) -> None:
    records = 5 * stretches.ROW_GROUP // 2
    text = tmp_path / "text"
    text.write_text("n\n" + "".join(f"{n}\n" for n in range(records)), encoding="utf-8")

    with duckdb.connect(str(tmp_path / "rows.duckdb")) as con:
        stretches.fill(con, "t", select, take, text, (1, records), stretches.Reading(2))
        assert con.execute("select count(*) filter (n <> rowid), count(*) from t").fetchone() == (0, records)
        stored = "select sum(count)::bigint from pragma_storage_info('t') where segment_type = 'BIGINT' group by row_group_id order by row_group_id"
        assert con.execute(stored).fetchall()[:3] == [(122_880,), (2_048,), (122_880,)]


@pytest.mark.parametrize("is_linux", [True, False])
@pytest.mark.parametrize("believed", [1, 3, 4, 7, 50])
def test_a_text_has_other_records_than_it_was_believed_to_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, believed: int, is_linux: bool
) -> None:
    monkeypatch.setattr(stretches, "SYSTEM_MOVES", is_linux and stretches.SYSTEM_MOVES)
    monkeypatch.setattr(stretches, "ROW_GROUP", 1)
    text = tmp_path / "text"
    text.write_text("n\n1\n2\n3\n4", encoding="utf-8")
    with duckdb.connect() as con:
        assert stretches.fill(con, "t", select, take, text, (1, believed), stretches.Reading(3)) == []
        assert con.execute("from t").fetchall() == [(1,), (2,), (3,), (4,)]
    assert [*tmp_path.iterdir()] == [text]


@pytest.mark.parametrize("fault", ["before it reads", "while it reads"])
def test_a_reader_that_fails_leaves_no_pipe_and_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(stretches, "ROW_GROUP", 1)
    text = tmp_path / "text"
    text.write_text("n\n" + "1\n" * 1_000_000 + "no number\n" + "1\n" * 100_000, encoding="utf-8")

    def fails(con: duckdb.DuckDBPyConnection, statement: str, stretch: stretches.Stretch) -> list[tuple]:
        if stretch.begins and fault == "before it reads":
            raise duckdb.Error
        return take(con, statement, stretch)

    with duckdb.connect() as con, pytest.raises(duckdb.Error):
        stretches.fill(con, "t", select, fails, text, (1, 1_100_001), stretches.Reading(2))
    assert [*tmp_path.iterdir()] == [text]
    assert "_write" not in {thread.name.partition("(")[2].strip(")") for thread in threading.enumerate()}


def test_a_file_larger_than_memory(tmp_path: Path) -> None:
    settings = pipeline.settings_for(tmp_path / "data")
    settings.make_directories()
    small, _ = write_sample(tmp_path / "sample" / "inbox", 1_000, pipeline.SEED).files
    large = tmp_path / "ncvoter_Statewide_20270101.txt"
    write_large(small, large)
    size = large.stat().st_size
    assert size > 1.4 * MEMORY
    done = subprocess.run(
        [sys.executable, "-c", WORK, settings.data_dir, str(MEMORY), small, large],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows, voters, said, (before, after) = json.loads(done.stdout)
    assert rows == 1_000 * TIMES
    assert 0.8 * rows < voters < rows
    # Without the limit it takes four times as much. Beside DuckDB's, our own pass over the bytes has blocks of its own.
    assert after - before < 2 * MEMORY, f"{(after - before) / 1e6:.0f} MB for a file of {size / 1e6:.0f} MB"
    for doing in ("checked", "loaded"):
        line = rf"{large.name}: [\d,]+ rows {doing} in \d+ s, \d+%, about \d+ s left"
        assert any(re.fullmatch(line, words) for words in said), said
