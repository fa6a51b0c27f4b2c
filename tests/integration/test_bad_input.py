"""Every kind of bad input that we know of, handed in for real: a clear answer, and nothing half loaded."""

from __future__ import annotations

import codecs
import io
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import pytest

from orchestration.ingestion import inbox, scopes
from orchestration.settings import ROOT
from tests import nc
from tests.conftest import PERSONAL, Desk, as_if_large

NAME = f"{PERSONAL}NAME"
HEADER, *RECORDS = nc.voters_text(nc.people(6, last_name=NAME)).splitlines(keepends=True)
WHOLE = HEADER + b"".join(RECORDS)
NOBODY = 65534  # an account that owns nothing
BEFORE = nc.voters_text([nc.voter(ncid="BNBEFORE", last_name=NAME)])


@pytest.fixture
def earlier(desk: Desk):
    """A desk with a delivery of last week, which has to stand after a refusal."""
    assert desk.hand_in("ncvoter_Statewide.txt", BEFORE, "2025-12-27").status == "loaded"
    yield desk
    assert desk.ids() == ["BNBEFORE"]


def refused(desk: Desk, name: str, content: bytes) -> str:
    outcome = desk.hand_in(name, content)
    assert (outcome.status, outcome.is_bad) == ("refused", True)
    assert desk.delivery(outcome)["status"] == "refused"
    assert desk.delivery(outcome)["reason"] == outcome.reason
    return outcome.reason


def quarantined(desk: Desk) -> list[tuple]:
    return desk.query("select file_name, record_number, line_number, reason from raw.quarantine order by 2")


def numbers(desk: Desk) -> list[tuple[int, str]]:
    return desk.query("select _record_number, ncid from raw.nc_voters order by 1")


def zipped(*members: tuple[str, bytes], **options) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **{"compression": zipfile.ZIP_DEFLATED, **options}) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


# Files that are no voter file at all


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", ["is empty", "fetch it again"], id="empty"),
        pytest.param(HEADER, ["a header and no records", "nothing was replaced", "Fetch it again"], id="header only"),
        pytest.param(HEADER.rstrip(), ["a header and no records"], id="header without line end"),
        pytest.param(WHOLE.replace(b"\t", b","), ["not separated by tabs", "66 commas", "Export"], id="commas"),
        pytest.param(WHOLE.replace(b"\t", b"|"), ["not separated by tabs", "66 pipes"], id="pipes"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1" + WHOLE, ["Excel workbook", "save it as CSV"], id="workbook"),
        pytest.param(WHOLE.decode("latin-1").encode("utf-16-le"), ["UTF-16", "iconv"], id="utf-16-le without BOM"),
        pytest.param(WHOLE.decode("latin-1").encode("utf-16-be"), ["UTF-16", "iconv"], id="utf-16-be without BOM"),
        pytest.param(WHOLE.replace(b"\r\n", b"\r"), ["carriage returns", "export it again"], id="lone CR line ends"),
        pytest.param(b'"' + WHOLE, ["its header has a quote", "export it again"], id="header with one quote more"),
        pytest.param(b"".join(RECORDS), ["fits no contract", "must hold the column names"], id="no header"),
        pytest.param(b"ZQXJ " * 300_000, ["does not end"], id="one endless line"),
        pytest.param(HEADER + b"".join(r[5:] for r in RECORDS), ["6 of 6 records", "66 columns"], id="all broken"),
        pytest.param(WHOLE.replace(b'"92"', b'"9"x'), ["6 of 6 records", "unquoted value"], id="all broken for DuckDB"),
        pytest.param(WHOLE.replace(b'"92"', b'""'), ["number in county_id", "replaces"], id="no county anywhere"),
    ],
)
def test_refused_whole(earlier: Desk, content: bytes, says: list[str]):
    reason = refused(earlier, "ncvoter_new.txt", content)
    assert [part for part in says if part not in reason] == []


def test_too_many_broken_records_refuse_a_large_file(earlier: Desk):
    rows = [*RECORDS] * 400
    broken = b"".join(r.replace(b"BN1", b"B\0N") for r in rows)
    reason = refused(earlier, "ncvoter_new.txt", HEADER + broken)
    assert "400 of 2,400 records cannot be read (NUL byte)" in reason


# Single records


def spoilt(change) -> bytes:
    return HEADER + b"".join([*RECORDS[:3], change(RECORDS[3]), *RECORDS[4:]])


def grow(record: bytes) -> bytes:
    return record.replace(NAME.encode(), NAME.encode() * (5_000_000 // len(NAME)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda r: r.replace(b"ADA", b"D\x92A"), "byte 0x92 is no latin-1 text", id="byte 0x92"),
        pytest.param(lambda r: r.replace(b"ADA", b"A\0A"), "NUL byte", id="NUL"),
        pytest.param(lambda r: r.replace(b'ADA"', b"ADA"), "quotes are broken", id="quote never closed"),
        pytest.param(lambda r: r.replace(b'"ADA', b"ADA"), "quotes are broken", id="quote never opened"),
        pytest.param(lambda r: r.replace(b"ADA", b'A"A'), "quotes are broken", id="quote inside"),
        pytest.param(lambda r: r.replace(b'"ADA"', b'"A"A'), "CSV reader: unquoted value", id="only DuckDB sees it"),
        pytest.param(lambda r: r.replace(b"ADA", b"A\nA"), "line break inside a record", id="lone LF"),
        pytest.param(lambda r: r.replace(b"ADA", b"A\rA"), "line break inside a record", id="lone CR"),
        pytest.param(lambda r: r[:-2] + b'\t""' * 3 + r[-2:], "70 columns where 67 are expected", id="70 columns"),
        pytest.param(lambda r: r[: r.rindex(b"\t")] + r[-2:], "66 columns where 67 are expected", id="66 columns"),
        pytest.param(lambda r: b"\r\n", "blank line", id="blank line"),
        pytest.param(grow, "longer than 1,000,000 bytes", id="5 MB line"),
    ],
)
def test_broken_record_goes_to_quarantine_alone(desk: Desk, change, reason: str):
    outcome = desk.hand_in("ncvoter_new.txt", spoilt(change))
    assert (outcome.status, outcome.is_bad) == ("loaded", False)
    assert (outcome.records_read, outcome.rows_loaded, outcome.rows_quarantined) == (6, 5, 1)
    ((file, record, line, found),) = quarantined(desk)
    assert (file, record, line) == ("ncvoter_new.txt", 4, 5)
    assert found.startswith(reason)
    assert numbers(desk) == [(n, f"BN{n}") for n in (1, 2, 3, 5, 6)]
    assert desk.delivery(outcome)["rows_quarantined"] == 1


@pytest.mark.parametrize("few", [scopes.FEW_GAPS, 1, 0], ids=["few gaps", "many gaps", "two connections"])
def test_line_and_record_numbers_behind_other_broken_records(desk: Desk, monkeypatch, few: int):
    """What DuckDB rejects is numbered as in the delivered file, though it reads a copy without the others."""
    monkeypatch.setattr(scopes, "FEW_GAPS", few)
    if not few:
        as_if_large(monkeypatch)
    two, four, five = (RECORDS[n] for n in (1, 3, 4))
    rows = [RECORDS[0], two.replace(b"ADA", b"A\nD\nA"), RECORDS[2], four.replace(b"ADA", b"\0")]
    rows += [five.replace(b'"ADA"', '"É"A'.encode("latin-1")), RECORDS[5]]
    assert desk.hand_in("ncvoter_new.txt", HEADER + b"".join(rows)).rows_quarantined == 3
    assert [(record, line) for _, record, line, _ in quarantined(desk)] == [(2, 3), (4, 7), (5, 8)]
    assert numbers(desk) == [(n, f"BN{n}") for n in (1, 3, 6)]
    ((raw,),) = desk.query("select raw_line from raw.quarantine where record_number = 5")
    assert raw == rows[4].decode("latin-1").rstrip()


@pytest.mark.parametrize("quote", ['"', ""])
@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (b'"92"\t"WA', "cut off inside a quoted field"),
        (b'"92"\t"WAKE"', "2 columns where 67 are expected, cut off"),
        (b"9", "1 columns where 67 are expected, cut off"),
        (b"\x1a", "1 columns where 67 are expected, cut off"),
    ],
)
def test_truncated_last_line(desk: Desk, quote: str, tail: bytes, reason: str):
    whole = nc.text(nc.people(3, last_name=NAME), nc.COLUMNS_67, quote=quote)
    outcome = desk.hand_in("ncvoter_new.txt", whole + tail)
    assert (outcome.records_read, outcome.rows_loaded) == (4, 3)
    assert quarantined(desk) == [("ncvoter_new.txt", 4, 5, reason)]


def test_last_line_without_its_end_is_whole(desk: Desk):
    outcome = desk.hand_in("ncvoter_new.txt", WHOLE.rstrip())
    assert (outcome.records_read, outcome.rows_loaded) == (6, 6)


def test_utf8_with_bom_is_read_as_utf8(desk: Desk):
    people = nc.voters_text([nc.voter(last_name="NUÑEZ", first_name="ÉLÉA")])
    outcome = desk.hand_in("ncvoter_new.txt", codecs.BOM_UTF8 + people.decode("latin-1").encode("utf-8"))
    assert outcome.rows_loaded == 1
    assert desk.query("select county_id, last_name, first_name from raw.nc_voters") == [("92", "NUÑEZ", "ÉLÉA")]


def test_broken_utf8_is_quarantined(desk: Desk):
    content = codecs.BOM_UTF8 + WHOLE.replace(b"BN2", b"B\xe92")
    assert desk.hand_in("ncvoter_new.txt", content).rows_quarantined == 1
    assert quarantined(desk) == [("ncvoter_new.txt", 2, 3, "bytes are no UTF-8 text")]


def test_latin1_accents_and_escapes(desk: Desk):
    rows = [nc.voter(last_name="NUÑEZ", first_name='JOE ""JJ""', res_street_address="1\tA")]
    desk.hand_in("ncvoter_new.txt", nc.voters_text(rows))
    row = desk.query("select last_name, first_name, res_street_address from raw.nc_voters")
    assert row == [("NUÑEZ", 'JOE "JJ"', "1\tA")]


# Zip files


def encrypted(content: bytes) -> bytes:
    """The same zip with the flag set that says so, in both its headers."""
    data = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(mark) + at
        flags = struct.unpack_from("<H", data, place)[0]
        struct.pack_into("<H", data, place, flags | 1)
    return bytes(data)


GOOD_ZIP = zipped(("ncvoter_Statewide.txt", WHOLE))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(
            zipped(("a.pdf", WHOLE), ("b.pdf", WHOLE)), ["holds 2 files", "Unpack it"], id="two other members"
        ),
        pytest.param(zipped(), ["holds 0 files"], id="no member"),
        pytest.param(zipped(("../x.txt", WHOLE)), ["leads out of its folder"], id="parent path"),
        pytest.param(zipped(("..\\x.txt", WHOLE)), ["leads out of its folder"], id="parent path with backslash"),
        pytest.param(zipped(("/etc/x.txt", WHOLE)), ["leads out of its folder"], id="absolute path"),
        pytest.param(zipped(("x.txt", bytes(60_000_000))), ["60,000,000 bytes", "unpack it yourself"], id="bomb"),
        pytest.param(encrypted(GOOD_ZIP), ["encrypted", "deliver the text file"], id="encrypted"),
        pytest.param(zipped(("x.exe", WHOLE)), ["ends in none of .txt"], id="other member"),
        pytest.param(zipped(("x.txt", WHOLE), compression=zipfile.ZIP_LZMA), ["packed in a way"], id="lzma"),
        pytest.param(GOOD_ZIP[:-30], ["no whole zip file", "fetch it again"], id="cut off"),
        pytest.param(GOOD_ZIP[:200] + bytes(20) + GOOD_ZIP[220:], ["no whole zip file"], id="bytes changed"),
        pytest.param(WHOLE, ["no whole zip file"], id="text named zip"),
        pytest.param(b"", ["no whole zip file"], id="empty"),
    ],
)
def test_bad_zip(earlier: Desk, tmp_path: Path, content: bytes, says: list[str]):
    reason = refused(earlier, "ncvoter_new.zip", content)
    assert [part for part in says if part not in reason] == []
    assert not list(tmp_path.rglob("x.txt"))


# Entries that are no file to be read


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda entry, out: entry.symlink_to(out), "it is a link", id="link out of the inbox"),
        pytest.param(lambda entry, out: entry.symlink_to("/nowhere/at/all"), "it is a link", id="dangling link"),
        pytest.param(lambda entry, out: entry.mkdir(), "it is a folder", id="folder"),
        pytest.param(lambda entry, out: os.mkfifo(entry), "no regular file", id="pipe"),
        pytest.param(lambda entry, out: entry.with_suffix(".doc").write_bytes(b"x"), "rename or remove", id="doc"),
        pytest.param(
            lambda entry, out: entry.with_suffix(".xlsx").write_bytes(b"x"), "save it as CSV UTF-8", id="workbook"
        ),
    ],
)
def test_no_regular_file(earlier: Desk, tmp_path: Path, make, says: str):
    outside = tmp_path / "outside.txt"
    outside.write_bytes(WHOLE)
    make(earlier.settings.inbox / "ncvoter_new.txt", outside)
    outcome = earlier.take_one()
    assert outcome.status == "refused"
    assert says in outcome.reason
    assert outside.read_bytes() == WHOLE


def test_unreadable_file():
    """As somebody who is not root, for whom every file is readable."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        entry = nc.deliver(data / "inbox", "ncvoter_new.txt", WHOLE)
        entry.chmod(0)
        if os.getuid() == 0:
            os.chown(data, NOBODY, NOBODY)
        code = f"""if True:
            import os, pathlib, tests.conftest
            desk = tests.conftest.Desk(pathlib.Path({folder!r}))
            if os.getuid() == 0:
                for folder in desk.settings.data_dir.rglob("*"):
                    os.chown(folder, {NOBODY}, {NOBODY})
                os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY})
            outcome = desk.take_one()
            print(outcome.status, outcome.reason)"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr == ""
    assert "refused it cannot be read (Permission denied); mend it with chmod u+r" in done.stdout


@pytest.mark.parametrize(
    "name",
    ["voters of 'Wake' \"92\".txt", "*.txt", "[a]?{b}.txt", "-rf $(x);.TXT", "a\nb.txt", "ñ%s.txt", "x" * 200 + ".txt"],
)
def test_strange_file_names(desk: Desk, name: str):
    """A name is text to us and a pattern to nobody: just this file is read."""
    desk.put("a.txt", nc.history_text([nc.vote()]))
    desk.put(name, WHOLE)
    assert {o.file_name: o.rows_loaded for o in desk.take()} == {"a.txt": 1, name: 6}
    assert desk.query("select file_name from meta.deliveries where contract = 'nc_voters'") == [(name,)]


def test_file_name_that_is_no_utf8(desk: Desk):
    outcome = desk.hand_in(os.fsdecode(b"w\xe9ke.txt"), WHOLE)
    assert (outcome.status, outcome.file_name) == ("loaded", "w\ufffdke.txt")


def test_data_directory_with_pattern_characters(tmp_path: Path):
    desk = Desk(tmp_path / "it's [a] *")
    assert desk.hand_in("ncvoter_new.txt", spoilt(lambda r: b"\r\n")).rows_loaded == 5


def test_half_written_files_are_left_alone(desk: Desk):
    desk.put("ncvoter_new.txt.part", WHOLE)
    desk.put(".ncvoter_new.txt.swp", WHOLE)
    assert desk.take() == []


# Files that change under our hands


@pytest.mark.parametrize("settled", [1.0, 0.0])
def test_file_still_growing(earlier: Desk, monkeypatch: pytest.MonkeyPatch, settled: float):
    """Seen before it is read, or at the latest once it was."""
    monkeypatch.setattr(inbox, "SETTLED_SECONDS", settled)
    entry = earlier.settings.inbox / "ncvoter_new.txt"
    entry.write_bytes(WHOLE)
    done = threading.Event()

    def append() -> None:
        with entry.open("ab", buffering=0) as file:
            while not done.wait(0.002):
                file.write(RECORDS[0])

    writer = threading.Thread(target=append)
    writer.start()
    time.sleep(0.02)
    try:
        outcome = earlier.take_one()
    finally:
        done.set()
        writer.join()
    assert (outcome.status, outcome.is_bad) == ("waiting", True)
    assert "still being written" in outcome.reason
    assert earlier.ids() == ["BNBEFORE"]


def test_file_that_grows_while_it_is_loaded(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    desk.hand_in("ncvoter_Statewide.txt", BEFORE, "2025-12-27")
    entry = desk.put("ncvoter_new.txt", WHOLE)
    settle = scopes.settle_scopes

    def late(con, contract):
        settle(con, contract)
        with entry.open("ab") as file:
            file.write(RECORDS[0])

    monkeypatch.setattr(scopes, "settle_scopes", late)
    assert desk.take_one().status == "waiting"
    assert desk.ids() == ["BNBEFORE"]
    monkeypatch.undo()
    assert desk.take_one().rows_loaded == 7


def test_file_taken_away_while_it_is_read(earlier: Desk, monkeypatch: pytest.MonkeyPatch):
    entry = earlier.put("ncvoter_new.txt", WHOLE)
    settle = scopes.settle_scopes
    monkeypatch.setattr(scopes, "settle_scopes", lambda *a: (settle(*a), entry.unlink()))
    earlier._check_outcome = lambda *_: None  # it is not in the inbox any more
    assert earlier.take_one().status == "waiting"


# What loads, for the gates to judge


def test_same_content_twice(desk: Desk):
    first = desk.hand_in("ncvoter_new.txt", WHOLE)
    second = desk.hand_in("another name.txt", WHOLE)
    assert (second.status, second.is_bad, second.delivery_id) == ("unchanged", False, first.delivery_id)
    assert "the same content came as ncvoter_new.txt on" in second.reason
    assert "nothing to do" in second.reason
    assert desk.query("select count(*) from meta.deliveries") == [(1,)]


def test_history_of_unknown_voters(desk: Desk):
    outcome = desk.hand_in("ncvhis_Statewide.txt", nc.history_text([nc.vote(ncid="BN404")]))
    assert (outcome.status, outcome.contract, outcome.rows_loaded) == ("loaded", "nc_vote_history", 1)
    assert desk.query("select count(*) from raw.nc_voters") == [(0,)]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([nc.voter(ncid="BN1"), nc.voter(ncid="BN1")], id="duplicate ncid"),
        pytest.param(nc.people(2, last_name=""), id="a column all null"),
        pytest.param(nc.people(2, county_id="92 "), id="padded county"),
    ],
)
def test_loads_for_the_gates_to_judge(desk: Desk, rows: list[dict]):
    outcome = desk.hand_in("ncvoter_new.txt", nc.voters_text(rows))
    assert (outcome.status, outcome.rows_loaded) == ("loaded", 2)
    assert desk.query("select count(*) from raw.nc_voters") == [(2,)]
