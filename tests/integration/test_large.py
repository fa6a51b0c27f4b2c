"""A file larger than the memory that DuckDB may take goes through ingestion, staging and marts, and says how far it is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb

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
    query = "select n from read_csv($path, header = $header, columns = {'n': 'BIGINT'}, auto_detect = false)"
    values = {"path": str(text), "header": True}

    def take(con: duckdb.DuckDBPyConnection, statement: str, stretch: stretches.Stretch) -> list[tuple]:
        con.execute(statement, {"path": str(stretch.path), "header": not stretch.begins})
        return []

    with duckdb.connect(str(tmp_path / "rows.duckdb")) as con:
        stretches.fill(con, "t", query, values, take, text, (1, records), stretches.Reading(2))
        assert con.execute("select count(*) filter (n <> rowid), count(*) from t").fetchone() == (0, records)
        stored = "select sum(count)::bigint from pragma_storage_info('t') where segment_type = 'BIGINT' group by row_group_id order by row_group_id"
        assert con.execute(stored).fetchall()[:3] == [(122_880,), (2_048,), (122_880,)]


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
