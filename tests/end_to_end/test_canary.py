"""Marks planted in records come out of the real job nowhere but in the files that hold records."""

from __future__ import annotations

import json
import os
import re
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
from tests import actblue, nc, pipeline, texting
from tests.conftest import PERSONAL

PHONE = "9197736154"
MARKED = {"last_name": f"{PERSONAL}MAN", "res_street_address": f"77  {PERSONAL} OAK ST", "full_phone_number": PHONE}
NEEDLES = {
    text.lower().encode(encoding)
    for text in (PERSONAL, PHONE, "919-773-6154", "(919) 773-6154")
    for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
}
HOLDS_RECORDS = ("inbox/", "archive/", "published/", "warehouse/groundgame.duckdb")


def holds_records(name: str) -> bool:
    """Whether a file of the data directory is there to hold records: of exports the lists are, their receipts not."""
    return name.startswith(HOLDS_RECORDS) or (name.startswith("exports/") and name.endswith((".csv", ".html")))


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


# Two thirds have been registered for long, and the rest of late, which makes them a segment.
GOOD = nc.people(40, **MARKED) + nc.people(60, **MARKED | {"registr_dt": "12/05/2025"})[40:]
DONOR = {"Donor First Name": "ADA", "Donor Last Name": f"{PERSONAL}MAN", "Donor Email": f"{PERSONAL}@example.org"}
DONOR |= {
    "Donor Addr1": f"77 {PERSONAL} OAK ST",
    "Donor Phone": PHONE,
    "Donor Occupation": PERSONAL,
    "Donor Employer": PERSONAL,
}


def deliver(settings: Settings) -> None:
    """Files that are loaded but for their broken records, and files that are refused for all kinds of reasons."""
    names, *good = nc.voters_text(GOOD).splitlines(keepends=True)
    files = {
        "ncvoter_Statewide.txt": names + b"".join([*good, *BROKEN.values()]),
        "ncvhis_Statewide.txt": nc.history_text([nc.vote(ncid=f"BN{n}", pct_label=PERSONAL) for n in range(1, 40)]),
        "actblue.csv": actblue.contributions(
            *(DONOR | {"Receipt ID": f"AB{n}", "Lineitem ID": f"{n}"} for n in range(12))
        ),
        "opt_outs.csv": texting.opt_outs({"Phone": PHONE, "Opted Out At": "2026-01-02 10:00:00", "Keyword": PERSONAL}),
        "ncvoter1.txt": names + b"".join(good),  # of county 92
        "ncvoter_no_header.txt": b"".join(good),
        "ncvoter_joined_header.txt": names.rstrip() + b"\t" + b"".join(good),
        "ncvoter_renamed.txt": names.replace(b"ncid", b"id") + b"".join(good),
        "ncvoter_all_broken.txt": names + BROKEN["NUL byte"] * 9,
        "ncvoter_open_quote.txt": b'"' + names[:30] + b"\t" + good[0].replace(b'"', b"") + b"".join(good),
    }
    for name, content in files.items():
        nc.deliver(settings.inbox, name, content)


# Commands one after the other in one process, each as a careless person's shell begins it: most of a small run is imports.
COMMANDS = """
import json, os, resource, sys
from orchestration import cli, settings
allowed, (_, hard) = settings.SMALLEST_MEMORY, resource.getrlimit(resource.RLIMIT_FSIZE)
for line in sys.stdin:
    arguments, memory, largest_file = json.loads(line)
    os.umask(0)
    os.environ.pop("GROUNDGAME_MEMORY", None)
    settings.SMALLEST_MEMORY = allowed
    if memory:
        os.environ["GROUNDGAME_MEMORY"] = memory
        settings.SMALLEST_MEMORY = 1 << 20  # so that a small file is too large for it
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file or hard, hard))
    print("ended with", cli.main(arguments), flush=True)
"""


@dataclass(frozen=True)
class Ran:
    """A data directory, everything around it that a run may write to, and what the commands printed."""

    settings: Settings
    around: Path
    printed: dict[str, str]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Runs of all those files with too little memory, on a disk that is full and with enough of both; lists and a decision made of what came
    of it; and a run of a later file whose marked codes and dates close a gate. The folders are open to all when they begin, as a careless
    person makes them."""
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
    process = subprocess.Popen(
        [sys.executable, "-c", COMMANDS], cwd=folders["cwd"], text=True, bufsize=1,
        env=os.environ | {name: str(place) for name, place in places.items()} | {"GROUNDGAME_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    printed: dict[str, str] = {}

    def command(
        what: str, *arguments: str, status: int = 0, memory: str | None = None, largest_file: int | None = None
    ) -> None:
        process.stdin.write(json.dumps([arguments, memory, largest_file]) + "\n")
        printed[what] = ""
        for line in process.stdout:
            printed[what] += line
            if line.startswith("ended with"):
                break
        assert line == f"ended with {status}\n", printed[what]

    deliver(settings)
    for path in (settings.data_dir, *settings.data_dir.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    command("out of memory", "run", status=1, memory="24MiB")
    command("disk full", "run", status=1, largest_file=5_600_000)  # DuckDB comes to it as it publishes
    command("first", "run", status=1)
    for channel in ("mail", "phone", "walk", "text"):
        command(channel, "export", "newly_registered", "--channel", channel, "--purpose", "turnout")
    command("verify", "verify", str(next(settings.exports.glob("*-phone-*.csv"))))
    command("count", "count", f"last_name = '{MARKED['last_name']}'")
    command("no count", "count", "cast(last_name as integer) > 3", status=1)  # DuckDB's own words quote one
    command("match", "match", "confirm", "NC-BN1", "NC-BN2")
    for file in settings.inbox.iterdir():
        file.rename(around / "data" / "archive" / file.name)
    codes = ("status_cd", "party_cd", "precinct_abbrv", "zip_code")
    worse = nc.voters_text(nc.people(60, **MARKED | dict.fromkeys(codes, PERSONAL)))
    nc.deliver(settings.inbox, "ncvoter_Statewide.txt", worse, "2026-02-03")
    command("gate failed", "run", status=1)
    process.communicate(timeout=60)
    return Ran(settings, around, printed)


def test_the_marked_records_took_every_way(ran: Ran) -> None:
    """Else the other tests would have nothing to find."""
    assert "DuckDB's 24.0 MiB of memory are not enough" in ran.printed["out of memory"]
    # Whichever needs more room first, DuckDB or Dagster's storage.
    assert re.search("the system lets no file grow further|disk I/O error", ran.printed["disk full"])
    assert ran.printed["first"].count(" was refused: ") == 6, ran.printed["first"]
    assert "gate raw failed" in ran.printed["gate failed"]
    with duckdb.connect(str(ran.settings.current), read_only=True) as con:
        assert con.execute("select count(*) from voters where phone is not null").fetchone() == (60,)
    with Warehouse(ran.settings).open() as con:
        reasons = [r for (r,) in con.execute("select reason from raw.quarantine order by record_number").fetchall()]
    assert [reason.startswith(expected) for reason, expected in zip(reasons, BROKEN, strict=True)] == [True] * len(
        BROKEN
    )
    assert all(marked_in(file.read_bytes()) for file in ran.settings.archive.glob("ncvoter*"))
    assert any(marked_in(list_.read_bytes()) for list_ in ran.settings.exports.glob("*.csv"))
    log = (ran.settings.logs / "groundgame.jsonl").read_text(encoding="utf-8")
    for said in ("identity: ", "gate raw: FAILED", "run failure"):
        assert f'"message": "{said}' in log, said
    stored = b"".join(file.read_bytes() for file in ran.settings.dagster_home.rglob("*") if file.is_file())
    for plot in (b"party mix", b"records of a person", b"quarantined records by reason", b"NUL byte"):
        assert plot in stored, plot


def test_no_mark_was_printed(ran: Ran) -> None:
    assert [what for what, printed in ran.printed.items() if marked_in(printed.encode())] == []


def test_no_file_but_those_of_records_holds_a_mark(ran: Ran) -> None:
    files = [file for file in ran.around.rglob("*") if file.is_file()]
    names = {
        file: file.relative_to(ran.settings.data_dir).as_posix() if ran.settings.data_dir in file.parents else ""
        for file in files
    }
    others = [file for file in files if not holds_records(names[file])]
    assert {
        ran.settings.dagster_home / "history" / "runs.db",
        ran.settings.warehouse.parent / "dbt" / "compiled" / "groundgame" / "models" / "marts" / "voters.sql",
        ran.settings.exports / "export_receipts.jsonl",
        ran.settings.decisions / "matches.jsonl",
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
    assert {path.name for path in data.iterdir()} >= {
        *(
            "inbox",
            "archive",
            "warehouse",
            "dagster",
            "logs",
            "exports",
            "suppressions",
            "decisions",
            "erasures",
            "truth",
        )
    }
    assert list(reachable(data, lambda mode: mode & 7)) == []
    assert list(reachable(data, lambda mode: mode >> 3 & 2)) == []
    by_group = {path.relative_to(data).as_posix() for path in reachable(data, lambda mode: mode >> 3 & 5)}
    assert "published/current.duckdb" in by_group
    assert [path for path in by_group if path != "KIND" and not path.startswith("published")] == []
