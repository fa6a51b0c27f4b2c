"""Marks planted in records come out of the real job nowhere but in the files that hold records."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.sample import write_sample
from orchestration.settings import ROOT, Settings
from orchestration.warehouse import Warehouse
from tests import nc, pipeline
from tests.conftest import PERSONAL

PHONE = "9197736154"
MARKED = {"last_name": f"{PERSONAL}MAN", "res_street_address": f"77  {PERSONAL} OAK ST", "full_phone_number": PHONE}
NEEDLES = {
    text.lower().encode(encoding)
    for text in (PERSONAL, PHONE, "919-773-6154", "(919) 773-6154")
    for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
}
HOLDS_RECORDS = ("inbox/", "archive/", "published/", "warehouse/groundgame.duckdb")


def marked_in(data: bytes) -> bool:
    return any(needle in data.lower() for needle in NEEDLES)


def spoilt(change) -> bytes:
    """One marked record, spoilt."""
    (record,) = nc.voters_text([nc.voter(**MARKED)]).split(b"\r\n")[1:2]
    broken = change(record)
    assert broken != record
    assert marked_in(broken)
    return broken + b"\r\n"


# What is in raw.quarantine for each: the reason begins so.
BROKEN = {
    "quotes are broken": spoilt(lambda r: r.replace(b'MAN"', b'"MAN"')),
    "68 columns": spoilt(lambda r: r + f'\t"{PERSONAL}"'.encode()),
    "NUL byte": spoilt(lambda r: r.replace(b"MAN", b"M\0N")),
    "byte 0x92": spoilt(lambda r: r.replace(b"MAN", b"\x92MAN")),
    "CSV reader": spoilt(lambda r: r.replace(b'MAN"', b'MAN"' + PERSONAL.encode())),
}


def deliver(settings: Settings) -> None:
    """A file that is loaded but for its broken records, and files that are refused for all kinds of reasons."""
    names, *good = nc.voters_text(nc.people(60, **MARKED)).splitlines(keepends=True)
    files = {
        "ncvoter_Statewide.txt": names + b"".join([*good, *BROKEN.values()]),
        "ncvhis_Statewide.txt": nc.history_text([nc.vote(ncid=f"BN{n}", pct_label=PERSONAL) for n in range(1, 40)]),
        "ncvoter1.txt": names + b"".join(good),  # of county 92
        "ncvoter_no_header.txt": b"".join(good),
        "ncvoter_joined_header.txt": names.rstrip() + b"\t" + b"".join(good),
        "ncvoter_renamed.txt": names.replace(b"ncid", b"id") + b"".join(good),
        "ncvoter_all_broken.txt": names + BROKEN["NUL byte"] * 9,
        "ncvoter_open_quote.txt": b'"' + names[:30] + b"\t" + good[0].replace(b'"', b"") + b"".join(good),
    }
    for name, content in files.items():
        nc.deliver(settings.inbox, name, content)


COMMAND = """
import sys
from orchestration.cli import main
sys.exit(main(sys.argv[1:]))
"""
LESS_THAN_ALLOWED = """
from orchestration import settings
settings.SMALLEST_MEMORY = 1 << 20  # so that a small file is too large for it
"""


@dataclass(frozen=True)
class Ran:
    """A data directory, everything around it that a run may write to, and what the runs printed."""

    settings: Settings
    around: Path
    out_of_memory: str
    first: str
    gate_failed: str


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Three runs: of all those files with too little memory, of the same with enough, and of a later file whose marked codes
    and dates close a gate. The folders are open to all when they begin, as a careless person makes them."""
    around = tmp_path_factory.mktemp("canary")
    settings = pipeline.settings_for(around / "data")
    folders = {name: around / name for name in ("HOME", "TMPDIR", "cwd")}
    for folder in folders.values():
        folder.mkdir()
    places = {
        "HOME": folders["HOME"],
        "TMPDIR": folders["TMPDIR"],
        "PYTHONPATH": ROOT,
        "GROUNDGAME_DATA": settings.data_dir,
    }

    def run(command: str = COMMAND, **environment: str) -> str:
        ended = subprocess.run(
            [sys.executable, "-c", command, "run"], cwd=folders["cwd"], umask=0,
            env=os.environ | {name: str(place) for name, place in places.items()} | environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180,
        )  # fmt: skip
        assert ended.returncode == 1, ended.stdout
        return ended.stdout

    deliver(settings)
    for path in (settings.data_dir, *settings.data_dir.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    out_of_memory = run(LESS_THAN_ALLOWED + COMMAND, GROUNDGAME_MEMORY="24MiB", GROUNDGAME_THREADS="1")
    first = run()
    for file in settings.inbox.iterdir():
        file.rename(around / "data" / "archive" / file.name)
    codes = ("status_cd", "party_cd", "precinct_abbrv", "zip_code")
    worse = nc.voters_text(nc.people(60, **MARKED | dict.fromkeys(codes, PERSONAL)))
    nc.deliver(settings.inbox, "ncvoter_Statewide.txt", worse, "2026-02-03")
    return Ran(settings, around, out_of_memory, first, run())


def test_the_marked_records_took_every_way(ran: Ran) -> None:
    """Else the other tests would have nothing to find."""
    assert "DuckDB's 24.0 MiB of memory are not enough" in ran.out_of_memory
    assert ran.first.count(" was refused: ") == 6, ran.first
    assert "gate raw failed" in ran.gate_failed
    with duckdb.connect(str(ran.settings.current), read_only=True) as con:
        assert con.execute("select count(*) from voters where phone is not null").fetchone() == (60,)
    with Warehouse(ran.settings).open() as con:
        reasons = [r for (r,) in con.execute("select reason from raw.quarantine order by record_number").fetchall()]
    assert [reason.startswith(expected) for reason, expected in zip(reasons, BROKEN, strict=True)] == [True] * len(
        BROKEN
    )
    assert all(marked_in(file.read_bytes()) for file in ran.settings.archive.glob("ncvoter*"))


def test_no_mark_was_printed(ran: Ran) -> None:
    assert not marked_in((ran.out_of_memory + ran.first + ran.gate_failed).encode())


def test_no_file_but_those_of_records_holds_a_mark(ran: Ran) -> None:
    files = [file for file in ran.around.rglob("*") if file.is_file()]
    names = {
        file: file.relative_to(ran.settings.data_dir).as_posix() if ran.settings.data_dir in file.parents else ""
        for file in files
    }
    others = [file for file in files if not names[file].startswith(HOLDS_RECORDS)]
    assert {
        ran.settings.dagster_home / "history" / "runs.db",
        ran.settings.warehouse.parent / "dbt" / "lineage_staging.json",
    } <= {*others}
    assert [file for file in others if marked_in(file.read_bytes())] == []


def test_no_mark_is_in_the_pipelines_own_tables(ran: Ran) -> None:
    with Warehouse(ran.settings).open() as con:
        kept = {
            t: con.execute(f"select * from meta.{t}").fetchall()
            for t in ("deliveries", "gate_results", "intakes", "builds")
        }
    with duckdb.connect(str(ran.settings.current), read_only=True) as con:
        kept |= {
            f"published {t}": con.execute(f"select * from {t}").fetchall()
            for t in ("deliveries", "gate_results", "segments")
        }
    assert [table for table, rows in kept.items() if not rows] == []
    assert [table for table, rows in kept.items() if marked_in(repr(rows).encode())] == []


def reachable(folder: Path, rights: Callable[[int], int]) -> Iterator[Path]:
    """What somebody with some of a mode's rights (4 to read, 2 to write, 1 to enter) can see or change below a folder."""
    for path in folder.iterdir():
        allowed = rights(path.stat().st_mode)
        if allowed & 6:
            yield path
        if path.is_dir() and allowed & 1:
            yield from reachable(path, rights)


def test_what_holds_records_is_for_its_owner_only_and_what_is_published_for_a_group(ran: Ran) -> None:
    data = ran.settings.data_dir
    write_sample(ran.settings.inbox, 1_000, pipeline.SEED)
    assert {path.name for path in data.iterdir()} >= {"inbox", "archive", "warehouse", "dagster", "logs", "truth"}
    assert list(reachable(data, lambda mode: mode & 7)) == []
    assert list(reachable(data, lambda mode: mode >> 3 & 2)) == []
    by_group = {path.relative_to(data).as_posix() for path in reachable(data, lambda mode: mode >> 3 & 5)}
    assert "published/current.duckdb" in by_group
    assert [path for path in by_group if path != "KIND" and not path.startswith("published")] == []
