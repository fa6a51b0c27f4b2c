"""A newer voter file brings the marts forward by the voters who changed: the content is that of everything built from
nothing."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from tests import pipeline

# The last day is of another year: people come of age by the year of the file.
DAYS = (SAMPLE_AS_OF, date(2026, 12, 19), date(2027, 1, 9))
COUNTY = "92"


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory) -> list[dict[str, Path]]:
    """The files of the state on each of the days, under names that say the day."""
    delivered = []
    for day in DAYS:
        folder = tmp_path_factory.mktemp("files")
        write_sample(folder, pipeline.VOTERS, pipeline.SEED, day)
        delivered.append(
            {
                name: (folder / f"{name}_Statewide.txt").rename(folder / f"{name}_Statewide_{day:%Y%m%d}.txt")
                for name in ("ncvoter", "ncvhis")
            }
        )
    return delivered


def deliver(settings: Settings, *files: Path) -> None:
    settings.make_directories()
    for file in files:
        shutil.copy2(file, settings.inbox)


def of_one_county(file: Path, folder: Path) -> Path:
    """The records of one county from a statewide voter file, under the name that the state gives such a file."""
    header, *records = file.read_bytes().split(b"\r\n")
    mine = [record for record in records if record.startswith(f'"{COUNTY}"\t'.encode())]
    county = folder / f"ncvoter{COUNTY}_{DAYS[2]:%Y%m%d}.txt"
    county.write_bytes(b"\r\n".join([header, *mine, b""]))
    return county


def content(settings: Settings) -> dict[str, list[tuple]]:
    """What is published, but for what is told of the runs: one of several had judged and counted earlier files, too, and knows who was
    there before and with whom."""
    of_runs = ("gate_results", "deliveries", "person_records", "person_events", "match_rates", "family_relations")
    published = {table: rows for table, rows in pipeline.published_content(settings).items() if table not in of_runs}
    with duckdb.connect(str(settings.current), read_only=True) as con:
        at_home = con.execute("select * from family_relations where lives_together order by all").fetchall()
    return {**published, "family_relations": at_home}


def records_read_from(settings: Settings, file: Path) -> int:
    """How many of the registrations stand as they were read from a file."""
    with Warehouse(settings).hold("a test") as warehouse, warehouse.open() as con:
        [(count,)] = con.execute(
            "select count(*) from intermediate.int_registrations join meta.deliveries using (delivery_id) where file_name = ?",
            [file.name],
        ).fetchall()
    return count


def built_at_once(folder: Path, *files: Path) -> dict[str, list[tuple]]:
    settings = pipeline.settings_for(folder)
    deliver(settings, *files)
    assert pipeline.run(settings) == 0
    return content(settings)


def test_files_one_after_the_other_give_what_all_at_once_give(snapshots, tmp_path, capsys) -> None:
    first, second, third = snapshots
    county = of_one_county(third["ncvoter"], tmp_path)
    step_by_step = pipeline.settings_for(tmp_path / "steps")
    steps = ([*first.values()], [second["ncvoter"]], [county, third["ncvhis"]])
    for step in steps:
        deliver(step_by_step, *step)
        assert pipeline.run(step_by_step) == 0
        if step is steps[1]:
            with Warehouse(step_by_step).hold("a test") as warehouse, warehouse.open() as con:
                built = dict(con.execute("select step, built_at from meta.builds").fetchall())
                judged = dict(con.execute(
                    "select table_name, checked_at from meta.gate_results semi join meta.builds on step = gate and builds.data_version = gate_results.data_version"
                ).fetchall())  # fmt: skip
            # The ballots are made of the vote history alone, of which no new file came.
            assert built["intermediate.int_ballots"] < built["marts.voters"] == built["marts"]
            assert re.search(
                r"staging +passed +\d+ checks, 1 tables had passed and have not changed", capsys.readouterr().out
            )
            assert judged["staging.stg_nc__vote_history"] < built["marts.voters"] < judged["marts.voters"]
    # Most people's records never changed, and were not read again.
    assert records_read_from(step_by_step, first["ncvoter"]) > 0.5 * pipeline.VOTERS
    assert content(step_by_step) == built_at_once(tmp_path / "once", *(file for step in steps for file in step))
    with duckdb.connect(str(step_by_step.current), read_only=True) as con:
        kinds = dict(con.execute("select change_type, count(*) from voter_changes group by 1").fetchall())
    assert kinds.keys() >= {"new", "moved"}
