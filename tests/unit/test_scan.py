"""The pass over a file's bytes, held against generated files: it counts every record, and finds the broken ones and no other."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import os
import threading
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.ingestion import scan as module
from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.scan import Beginning, scan_file, whole_file, write_without
from orchestration.ingestion.scan.delimited import Structure

NAMES = ("a", "b", "c", "d")
# Everything that latin-1 text can hold in a field: tabs and quotes too, but no line breaks and no control bytes.
LETTERS = [chr(b) for b in range(0x20, 0x100) if not 0x7F <= b < 0xA0] + ["\t", '"']
RECORDS = st.lists(st.lists(st.text(LETTERS, max_size=8), min_size=4, max_size=4), max_size=30)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def line(values: list[str], quoting: int = csv.QUOTE_ALL, end: str = "\r\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", quoting=quoting, lineterminator=end).writerow(values)
    return out.getvalue().encode("latin-1")


def scanned(folder: Path, content: bytes) -> module.Scan:
    file = folder / "file.txt"
    file.write_bytes(content)
    return scan_file(file, Beginning(file).header("\t"), "\t")


@QUICK
@given(
    RECORDS,
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\r\n", "\n"]),
    st.booleans(),
)
def test_whole_records_are_counted_and_none_is_broken(tmp_path, records, quoting, end, ended):
    content = line(list(NAMES), quoting, end) + b"".join(line(r, quoting, end) for r in records)
    if not ended and records:
        content = content.removesuffix(end.encode())
    found = scanned(tmp_path, content)
    assert (found.records, found.broken, tuple(found.header)) == (len(records), [], NAMES)
    assert found.sha256 == hashlib.sha256(content).hexdigest()


# A broken record by construction, of the four-column file above.
BREAKS = st.sampled_from(
    [
        b'"1"\t"2"\t"3"',
        b'"1"\t"2"\t"3"\t"4"\t"5"',
        b'"1"\t"2"\t"3"\t"4',
        b'"1"\t"2\x92"\t"3"\t"4"',
        b'"1"\t"2\0"\t"3"\t"4"',
        b'"1"\t"2\n"\t"3"\t"4"',
        b'"1"\t"2\r"\t"3"\t"4"',
        b"",
    ]
)
MIXED = st.lists(
    st.one_of(
        st.lists(st.text([c for c in LETTERS if c not in '\t"'], max_size=8), min_size=4, max_size=4).map(
            lambda v: (line(v), True)
        ),
        BREAKS.map(lambda b: (b + b"\r\n", False)),
    ),
    min_size=1,
    max_size=30,
)


@QUICK
@given(MIXED, st.integers(16, 90))
def test_just_the_broken_records_are_found_wherever_a_block_ends(tmp_path, mixed, chunk):
    content = line(list(NAMES)) + b"".join(record for record, _ in mixed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_file, "refuse_too_many", lambda broken, records: None)
        whole = scanned(tmp_path, content)
        patch.setattr(whole_file, "CHUNK", max(chunk, len(line(list(NAMES)))))
        pieces = scanned(tmp_path, content)
    assert whole.records == len(mixed)
    assert [b.record for b in whole.broken] == [n for n, (_, good) in enumerate(mixed, 1) if not good]
    assert (pieces.records, pieces.broken, pieces.sha256) == (whole.records, whole.broken, whole.sha256)
    for entry in whole.broken:
        record = mixed[entry.record - 1][0].removesuffix(b"\r\n")
        assert entry.raw.encode("latin-1") == record
        before = b"".join(r for r, _ in mixed[: entry.record - 1])
        assert entry.line == 2 + before.count(b"\n")
    target = tmp_path / "clean.txt"
    write_without(tmp_path / "file.txt", whole, target)
    assert target.read_bytes() == line(list(NAMES)) + b"".join(record for record, good in mixed if good)


@QUICK
@given(st.binary(max_size=3_000))
def test_no_bytes_bring_it_down(tmp_path, content):
    found = None
    with contextlib.suppress(Refused):
        found = scanned(tmp_path, content)
    assert found is None or 0 <= len(found.broken) <= found.records


@pytest.mark.parametrize(
    ("broken", "records", "refused"),
    [(1, 2, False), (2, 3, True), (100, 1_000, False), (101, 1_000, True), (101, 2_020, False), (102, 2_020, True)],
)
def test_a_file_is_refused_for_too_many_broken_records(broken: int, records: int, refused: bool):
    entries = [module.Broken(n, n + 1, "blank line", "") for n in range(broken)]
    if refused:
        with pytest.raises(Refused, match="too many"):
            module.refuse_too_many(entries, records)
    else:
        module.refuse_too_many(entries, records)


FIXED_RECORDS = st.lists(
    st.one_of(
        st.text([c for c in LETTERS if c != "\t"], min_size=9, max_size=9).map(lambda t: (t.encode("latin-1"), True)),
        st.sampled_from([b"", b"12345678", b"1234567890", b"1234\0678 ", b"1234\r678 ", b"12345678\x92"]).map(
            lambda b: (b, False)
        ),
    ),
    min_size=1,
    max_size=30,
)


@QUICK
@given(FIXED_RECORDS, st.sampled_from([b"\r\n", b"\n"]), st.integers(12, 60))
def test_records_of_fixed_widths_are_told_by_their_length(tmp_path, mixed, end, chunk):
    """Also where one is too long by what another lacks."""
    file = tmp_path / "file.txt"
    file.write_bytes(b"".join(record + end for record, _ in mixed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_file, "refuse_too_many", lambda broken, records: None)
        patch.setattr(whole_file, "CHUNK", chunk)
        found = module.Scan(line_end=end, quote="", has_header=False, header=["a", "b"], length=9)
        scan_file(file, found, "")
    assert found.records == len(mixed)
    assert [b.record for b in found.broken] == [n for n, (_, good) in enumerate(mixed, 1) if not good]


def test_records_that_quote_where_they_must_are_looked_into_once_a_kind(tmp_path, monkeypatch):
    """A second record of a kind costs nothing, a broken one of any kind is still found."""
    looked: list[bytes] = []
    reason = Structure._reason
    monkeypatch.setattr(Structure, "_reason", lambda *given: looked.append(given[1]) or reason(*given))
    good = [b'1\t"x\ty"\t3\t4', b"1\t2\t3\t4"] * 500
    found = scanned(tmp_path, b"a\tb\tc\td\r\n" + b"\r\n".join([*good, b'1\t"x\ty"\t3', b'1\t"x\ty\t3\t4']) + b"\r\n")
    assert (found.records, [b.record for b in found.broken]) == (1_002, [1_001, 1_002])
    assert len(looked) == 4


# Fields that people have typed: line breaks between quotes, in records that end in one or two bytes.
TYPED = st.lists(st.sampled_from(["a", "b", "\t", '"', " ", "\n", "\r\n", "\u00e9"]), max_size=12).map("".join)
TYPED_RECORDS = st.lists(
    st.one_of(
        st.lists(TYPED, min_size=4, max_size=4),
        st.sampled_from([b"1\t2", b'"1\n"\t"2"\t3', b'"1"x\t"2\n"\t3']),
    ),
    min_size=1,
    max_size=20,
)


@QUICK
@given(TYPED_RECORDS, st.sampled_from(["\r\n", "\n"]), st.integers(24, 200))
def test_line_breaks_between_quotes_belong_to_their_record(tmp_path, mixed, end, chunk):
    """Each record is counted once, in its line, wherever a block ends; what is broken spoils no other, and the text for the CSV reader has a
    line a record."""
    records = [r if isinstance(r, bytes) else line(r, csv.QUOTE_MINIMAL, end).removesuffix(end.encode()) for r in mixed]
    content = b"".join(record + end.encode() for record in [b"a\tb\tc\td", *records])
    file, target = tmp_path / "file.txt", tmp_path / "unbroken.txt"
    file.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_file, "refuse_too_many", lambda broken, records: None)
        patch.setattr(whole_file, "CHUNK", chunk)
        found = scan_file(file, Beginning(file).header("\t"), "\t", target)
    broken = [n for n, record in enumerate(mixed, 1) if isinstance(record, bytes)]
    assert (found.records, [b.record for b in found.broken]) == (len(mixed), broken)
    for entry in found.broken:
        assert entry.line == 2 + b"".join(r + b"\n" for r in records[: entry.record - 1]).replace(b"\r\n", b"\n").count(
            b"\n"
        )
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert target.read_bytes().count(end.encode()) == len(mixed) + 1


def test_a_quote_that_is_left_open_spoils_its_own_record_only(tmp_path):
    file, target = tmp_path / "file.txt", tmp_path / "unbroken.txt"
    file.write_bytes(b'a\tb\tc\td\r\n1\t"2\t3\t4\r\n1\t"2\r\n2"\t3\t4\r\n1\t2\t3\t4\r\n')
    found = scan_file(file, Beginning(file).header("\t"), "\t", target)
    assert (found.records, [(b.record, b.line, b.reason) for b in found.broken]) == (3, [(1, 2, "quotes are broken")])
    assert found.inner_breaks == [(2, 1)]


def test_a_file_is_compressed_whole_beside_what_else_is_done_with_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content := os.urandom(3 * module.CHUNK + 1))
    archiving = module.Archiving(tmp_path / "file", tmp_path / "copy.zst")
    archiving.finish()
    kept = (tmp_path / "copy.zst").read_bytes()
    assert zstandard.ZstdDecompressor().decompressobj().decompress(kept) == content
    assert (tmp_path / "copy.zst").stat().st_mode & 0o777 == 0o600


def test_a_copy_that_cannot_be_written_is_told_when_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a")
    failed = module.Archiving(tmp_path / "file", tmp_path / "nowhere" / "copy.zst")
    failed.stop()
    with pytest.raises(FileNotFoundError):
        failed.finish()


def test_a_copy_that_is_not_wanted_any_more_is_left_off(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless")

    def feed() -> None:
        with contextlib.suppress(BrokenPipeError), (tmp_path / "endless").open("wb", buffering=0) as out:
            while True:
                out.write(os.urandom(1 << 12))

    threading.Thread(target=feed, daemon=True).start()
    module.Archiving(tmp_path / "endless", tmp_path / "copy.zst").stop()
