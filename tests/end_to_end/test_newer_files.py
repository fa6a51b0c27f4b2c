"""A newer voter file brings the marts and the published file forward by the voters who changed, a newer export of donations by the
donations: the content is that of everything built from nothing."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.identity import stewards
from orchestration.publishing import forward, publish
from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from tests import pipeline

# The last day is of another year: people come of age by the year of the file.
DAYS = (SAMPLE_AS_OF, date(2026, 12, 19), date(2027, 1, 9))
COUNTY = "92"
OF_THE_WAY = frozenset({"person_id", "person_a", "person_b", "weight"})


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory) -> list[dict[str, Path]]:
    """The files of the state on each of the days, under names that say the day."""
    delivered = []
    for day in DAYS:
        folder = tmp_path_factory.mktemp("files")
        sample = write_sample(folder, pipeline.VOTERS, pipeline.SEED, day, campaign=day != DAYS[1])
        files = {
            name: (folder / f"{name}_Statewide.txt").rename(folder / f"{name}_Statewide_{day:%Y%m%d}.txt")
            for name in ("ncvoter", "ncvhis")
        }
        donations = [file for file in sample.campaign_files if "actblue_contributions" in file.name]
        delivered.append(files | {f"donations {n}": file for n, file in enumerate(donations)})
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


def with_fewer_votes(file: Path, folder: Path) -> Path:
    """A vote history less every fortieth record: some voters who did not change voted less often than before."""
    header, *records = file.read_bytes().split(b"\r\n")
    fewer = folder / file.name
    fewer.write_bytes(b"\r\n".join([header, *(record for n, record in enumerate(records) if record and n % 40), b""]))
    return fewer


def decided_of_two_who_stay(one: Path, other: Path) -> str:
    """What a steward said of two voters whose records are the same in both files: that they are one person."""
    both = sorted({*one.read_bytes().split(b"\r\n")[1:-1]} & {*other.read_bytes().split(b"\r\n")})[:2]
    a, b = (
        {"source": "nc_voters", "record_id": "NC-" + line.decode("latin-1").split("\t")[3].strip('"')} for line in both
    )
    return json.dumps({"at": "2026-12-18T00:00:00", "by": "a test", "decision": "confirm", "a": a, "b": b}) + "\n"


def content(settings: Settings) -> dict[str, list[tuple]]:
    """What is published, but for what is told of the runs: one of several had judged and counted earlier files, too, and knows who was
    there before and with whom. Nor are ids of people compared, since one of several kept the id of who was a donor before she was linked, nor
    the weights of pairs, which hang on how frequent names were when they were compared."""
    of_runs = ("gate_results", "deliveries", "person_records", "person_events", "match_rates", "family_relations")
    published = {
        table: rows for table, rows in pipeline.published_content(settings, OF_THE_WAY).items() if table not in of_runs
    }
    with duckdb.connect(str(settings.current), read_only=True) as con:
        at_home = con.execute(
            "select * exclude (person_id) from family_relations where lives_together order by all"
        ).fetchall()
    return {**published, "family_relations": at_home}


def records_read_from(settings: Settings, file: Path) -> int:
    """How many of the registrations stand as they were read from a file."""
    with Warehouse(settings).hold("a test") as warehouse, warehouse.open() as con:
        [(count,)] = con.execute(
            "select count(*) from intermediate.int_registrations join meta.deliveries using (delivery_id) where file_name = ?",
            [file.name],
        ).fetchall()
    return count


def has_persons_of_records(settings: Settings) -> None:
    """Every row's person is its record's, also where that has become another's."""
    with duckdb.connect(str(settings.current), read_only=True) as con:
        for table, record in (("voters", "voter_id"), ("vote_history", "voter_id"), ("donations", "donor_id")):
            [(rows, wrong, others)] = con.execute(
                f"""select count(*), count(*) filter (where own.person_id is distinct from r.person_id),
                    count(*) filter (where r.stage <> 'first')
                from {table} own left join person_records r on r.record_id = own.{record} and r.valid_to is null"""
            ).fetchall()
            assert rows > 0 == wrong, table
            assert others or table != "donations"


def published_otherwise(settings: Settings) -> set[str]:
    """The published tables that hold other rows than those in the warehouse of which they are copies, but for whose each row is."""
    with Warehouse(settings).hold("a test") as warehouse, warehouse.open() as con:
        con.execute(f"attach '{settings.current}' as current_version (read_only)")
        differing = set()
        for schema, table in publish.public_tables(con):
            names = con.execute(f"select column_name from (describe {schema}.{table})").fetchall()
            columns = ", ".join(name for (name,) in names)
            own, copied = (f"select {columns} from {place}.{table}" for place in (schema, "current_version.main"))
            if (
                schema != "meta"
                and con.execute(f"({own} except all {copied}) union all ({copied} except all {own}) limit 1").fetchall()
            ):
                differing.add(table)
        return differing


def built_at_once(folder: Path, *files: Path, decided: str = "") -> dict[str, list[tuple]]:
    settings = pipeline.settings_for(folder)
    deliver(settings, *files)
    stewards.file_of(settings).write_text(decided)
    assert pipeline.run(settings) == 0
    return content(settings)


def test_files_one_after_the_other_give_what_all_at_once_give(snapshots, tmp_path, capsys, monkeypatch) -> None:
    done: dict[str, set[str]] = {}

    def watch(way: str) -> None:
        of_forward = getattr(forward, way)

        def watched(con, table, *arguments) -> bool:
            is_done = of_forward(con, table, *arguments)
            done.setdefault(way, set()).update({table} if is_done else ())
            return is_done

        monkeypatch.setattr(forward, way, watched)

    watch("replace")
    watch("bring_forward")
    first, second, third = snapshots
    county = of_one_county(third["ncvoter"], tmp_path)
    step_by_step = pipeline.settings_for(tmp_path / "steps")
    newest = [file for name, file in third.items() if name.startswith("donations")]
    decided = decided_of_two_who_stay(first["ncvoter"], second["ncvoter"])
    history = with_fewer_votes(third["ncvhis"], tmp_path)
    steps = ([*first.values()], [second["ncvoter"]], [county, history, *newest])
    for step in steps:
        deliver(step_by_step, *step)
        if step is steps[1]:
            stewards.file_of(step_by_step).write_text(decided)
            with Warehouse(step_by_step).hold("a test") as warehouse, warehouse.open() as con:
                [(linked,)] = con.execute("select count_if(is_linked) from marts.donations").fetchall()
                con.execute(
                    "update marts.donations set fundraising_page = 'stands', voter_id = null, linked_by = null, is_linked = false"
                )
        assert pipeline.run(step_by_step) == 0
        assert published_otherwise(step_by_step) == set()
        has_persons_of_records(step_by_step)
        if step is steps[1]:
            with Warehouse(step_by_step).hold("a test") as warehouse, warehouse.open() as con:
                # Donations stand as they were, but for whom they lead to.
                [(others, found)] = con.execute(
                    "select count_if(fundraising_page <> 'stands'), count_if(is_linked) from marts.donations"
                ).fetchall()
                assert others == 0
                assert 0.9 * linked < found <= 1.1 * linked
                built = dict(con.execute("select step, built_at from meta.builds").fetchall())
                judged = dict(con.execute(
                    "select table_name, checked_at from meta.gate_results semi join meta.builds on step = gate and builds.data_version = gate_results.data_version"
                ).fetchall())  # fmt: skip
            # The ballots are made of the vote history alone, of which no new file came.
            assert built["intermediate.int_ballots"] < built["marts.voters"] == built["marts"]
            assert re.search(
                r"staging +passed +\d+ checks, \d+ tables had passed and have not changed", capsys.readouterr().out
            )
            assert judged["staging.stg_nc__vote_history"] < built["marts.voters"] < judged["marts.voters"]
    # In the published file, too, only the rows that differ were written.
    of_residences = {"residences", "households", "household_members", "family_relations"}
    assert done["replace"] == {"voters", "vote_history", *of_residences, "people", "person_records", "person_events"}
    assert done["bring_forward"] >= {"segment_members", "match_review"}
    # Most people's records never changed, and were not read again.
    assert records_read_from(step_by_step, first["ncvoter"]) > 0.5 * pipeline.VOTERS
    once = built_at_once(tmp_path / "once", *(file for step in steps for file in step), decided=decided)
    assert content(step_by_step) == once
    with duckdb.connect(str(step_by_step.current), read_only=True) as con:
        kinds = dict(con.execute("select change_type, count(*) from voter_changes group by 1").fetchall())
    assert kinds.keys() >= {"new", "moved"}
