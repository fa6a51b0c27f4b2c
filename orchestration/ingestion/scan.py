"""The one pass over a delivery's bytes before any reader parses it: hash, compressed archive copy, a record
count of its own, and every record whose structure is broken."""

from __future__ import annotations

import codecs
import csv
import hashlib
import os
import queue
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import zstandard

from orchestration.ingestion.inbox import Refused

CHUNK = 1 << 19  # with a record's rest still below LONGEST_RECORD, so that a whole block need not be looked into
LONGEST_RECORD = 1_000_000  # bytes; real ones are under 2,000, and the CSV reader stops at 2,000,000
LONGEST_UNBROKEN = 64_000_000  # bytes without a line end after which a file is no text file
REFUSE_SHARE = 0.05  # a file with more broken records than this is refused whole ...
REFUSE_FROM = 100  # ... unless they are fewer than this, and no more than half
MOST_BROKEN = 100_000  # held in memory
KEPT_BYTES = 10_000  # of a broken record, for quarantine

csv.field_size_limit(LONGEST_RECORD)
_CONTROLS = bytes(range(0x80, 0xA0))  # no letters in latin-1: they betray Windows-1252 or UTF-8


@dataclass(frozen=True)
class Broken:
    """A record that is not loaded. `record` counts from 1 after the header, `line` as an editor counts."""

    record: int
    line: int
    reason: str
    raw: str
    lines: int = 1  # that it spans


@dataclass
class Scan:
    """What the pass found."""

    sha256: str = ""
    encoding: str = "latin-1"
    line_end: bytes = b"\r\n"
    header: list[str] = field(default_factory=list)
    records: int = 0
    broken: list[Broken] = field(default_factory=list)


def read_header(path: Path, delimiter: str) -> Scan:
    """Read a file's first line: its encoding, line end and column names.

    Raises:
        Refused: the file is empty, holds no line, or its first bytes are no delimited text of the contract's kind.
    """
    with path.open("rb") as file:
        start = file.read(CHUNK)
    if not start:
        raise Refused("it is empty; fetch it again")
    line, newline, _ = start.partition(b"\n")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in line[:200]:
        raise Refused("it is UTF-16 text; convert it first: iconv -f UTF-16 -t ISO-8859-1//TRANSLIT OLD > NEW")
    scan = Scan(encoding="utf-8" if start.startswith(codecs.BOM_UTF8) else "latin-1")
    if not newline and len(start) == CHUNK:
        raise Refused("its first line does not end; it is no text file with a header")
    scan.line_end = b"\r\n" if line.endswith(b"\r") else b"\n"
    text = line.removeprefix(codecs.BOM_UTF8).rstrip(b"\r").decode(scan.encoding, "replace")
    if delimiter not in text:
        others = {
            name: text.count(d) for d, name in ((",", "commas"), ("|", "pipes"), (";", "semicolons"), ("\t", "tabs"))
        }
        most = max(others, key=others.__getitem__)
        raise Refused(
            f"its header is not separated by {'tabs' if delimiter == chr(9) else repr(delimiter)}; "
            + (f"it has {others[most]} {most}" if others[most] else "it has no separator at all")
            + ". Export it again as the state ships it"
        )
    try:
        scan.header = next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        fault = "has carriage returns without line feeds" if "\r" in text else "has a quote that is never closed"
        raise Refused(f"its header {fault}; export it again as the state ships it") from None
    return scan


def scan_file(path: Path, scan: Scan, delimiter: str, copy: Path | None) -> Scan:
    """Go over the whole file once: fill `sha256`, `records` and `broken`, and write a compressed copy.

    A record is what ends in the header's line end, so the count owes nothing to quoting or to any CSV reader.
    Each block of records is compared, structure bytes only, with what whole records would give; only a block that
    differs is looked at record by record.

    Raises:
        Refused: it is no text, or too many of its records are broken.
    """
    checker = _Structure(len(scan.header), scan, delimiter.encode())
    with path.open("rb", buffering=0) as file, _Archiver(copy) as archiver:
        rest = b""
        first = True
        while block := file.read(CHUNK):
            archiver.write(block)
            block = rest + block
            if first:
                head, newline, block = block.partition(b"\n")
                if not newline:
                    block, rest = b"", head
                    continue
                first = False
            cut = block.rfind(scan.line_end) + len(scan.line_end)
            if cut < len(scan.line_end):
                rest = block
                if len(rest) > LONGEST_UNBROKEN:
                    raise Refused(f"it has no line end within {LONGEST_UNBROKEN:,} bytes; it is no text file")
                continue
            rest = block[cut:]
            checker.check(block[:cut])
        if rest and not first:
            checker.check(rest)
    scan.sha256 = archiver.sha256.hexdigest()
    refuse_too_many(scan.broken, scan.records)
    return scan


def refuse_too_many(broken: list[Broken], records: int) -> None:
    """Raise `Refused` if so many of a file's records are broken that the rest is no snapshot of anything."""
    if len(broken) > min(max(REFUSE_FROM, REFUSE_SHARE * records), records / 2):
        raise Refused(_too_many(broken, records))


def write_without(path: Path, scan: Scan, target: Path) -> None:
    """Copy the file to `target` without its broken records, for a reader that would stumble over them."""
    skip = iter([b.record for b in scan.broken])
    broken = next(skip, None)
    with path.open("rb", buffering=CHUNK) as source, target.open("wb", buffering=CHUNK) as out:
        for number, record in enumerate(_records(source, scan.line_end)):
            if number == broken:
                broken = next(skip, None)
            else:
                out.write(record)


def _records(source: BinaryIO, line_end: bytes):
    """The records of a file with their line ends, the header first (it ends at the first line feed)."""
    held = b""
    for number, line in enumerate(source):
        held += line
        if number == 0 or held.endswith(line_end):
            yield held
            held = b""
    if held:
        yield held


def _too_many(broken: list[Broken], records: int) -> str:
    reasons = sorted({b.reason for b in broken[:REFUSE_FROM]})
    return (
        f"{len(broken):,} of {records:,} records cannot be read ({'; '.join(reasons[:3])}), "
        "too many to load the rest. Fetch or export it again"
    )


class _Structure:
    """Tells whole records from broken ones by their structure bytes: delimiter, quotes, line ends, bytes no text has."""

    def __init__(self, width: int, scan: Scan, delimiter: bytes):
        self.width, self.scan, self.delimiter = width, scan, delimiter
        strange = _CONTROLS if scan.encoding == "latin-1" else b""
        kept = set(delimiter + b'"\r\n\0' + strange)
        self.drop = bytes(b for b in range(256) if b not in kept)
        self.quoted_record = delimiter.join([b'""'] * width)
        self.bare_record = delimiter * (width - 1)
        self.quoted = self.quoted_record + scan.line_end
        self.bare = self.bare_record + scan.line_end
        self.line = 2

    def check(self, block: bytes) -> None:
        """Count a block of whole records (the file's last may lack its line end) and note the broken ones."""
        scan = self.scan
        count = block.count(scan.line_end)
        structure = block.translate(None, self.drop)
        whole = count > 0 and structure in (self.quoted * count, self.bare * count)
        if whole and scan.encoding == "utf-8":
            whole = _decodes(block, "utf-8")
        if whole and len(block) < LONGEST_RECORD:
            scan.records += count
            self.line += count
            return
        pieces = block.split(scan.line_end)
        if not pieces[-1]:
            pieces.pop()
        for number, piece in enumerate(pieces):
            scan.records += 1
            cut_off = number == len(pieces) - 1 and not block.endswith(scan.line_end)
            reason = self._reason(piece, cut_off)
            if reason:
                raw = piece[:KEPT_BYTES].decode(scan.encoding, "backslashreplace")
                scan.broken.append(Broken(scan.records, self.line, reason, raw, 1 + piece.count(b"\n")))
                if len(scan.broken) > MOST_BROKEN:
                    raise Refused(_too_many(scan.broken, scan.records))
            self.line += 1 + piece.count(b"\n")

    def _reason(self, record: bytes, cut_off: bool) -> str | None:
        """Why a record (without its line end) is broken, or None."""
        if len(record) > LONGEST_RECORD:
            return f"longer than {LONGEST_RECORD:,} bytes"
        if not record:
            return "blank line"
        if record.translate(None, self.drop) in (self.quoted_record, self.bare_record) and (
            self.scan.encoding == "latin-1" or _decodes(record, "utf-8")
        ):
            return None  # as in a whole block, so that the verdict does not hang on a record's neighbours
        if b"\0" in record:
            return "NUL byte"
        if b"\n" in record or b"\r" in record:
            return "line break inside a record"
        if self.scan.encoding == "latin-1":
            strange = record.translate(None, bytes(set(range(256)) - set(_CONTROLS)))
            if strange:
                return f"byte 0x{strange[0]:02x} is no latin-1 text"
        elif not _decodes(record, "utf-8"):
            return "bytes are no UTF-8 text"
        try:
            text = record.decode(self.scan.encoding)
            width = len(next(csv.reader([text], delimiter=self.delimiter.decode(), strict=True)))
            if record.count(b'"') % 2:
                raise csv.Error
        except csv.Error:
            return "cut off inside a quoted field" if cut_off else "quotes are broken"
        if width != self.width:
            return f"{width} columns where {self.width} are expected" + (", cut off" if cut_off else "")
        return None


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


class _Archiver:
    """Hashes and compresses blocks on a thread of its own (both let go of the interpreter lock)."""

    def __init__(self, copy: Path | None):
        self.copy = copy
        self.sha256 = hashlib.sha256()
        self.blocks: queue.Queue[bytes | None] = queue.Queue(maxsize=8)
        self.failure: OSError | None = None
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> _Archiver:
        self.thread.start()
        return self

    def write(self, block: bytes) -> None:
        self.blocks.put(block)

    def __exit__(self, kind, error, trace) -> None:
        self.blocks.put(None)
        self.thread.join()
        if self.failure and not error:
            raise self.failure

    def _work(self) -> None:
        blocks = iter(self.blocks.get, None)
        try:
            if self.copy is None:
                for block in blocks:
                    self.sha256.update(block)
                return
            handle = os.open(self.copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with (
                open(handle, "wb") as target,
                zstandard.ZstdCompressor(level=1, threads=1).stream_writer(target) as out,
            ):
                for block in blocks:
                    self.sha256.update(block)
                    out.write(block)
        except OSError as error:  # a full disk: reported by the thread that feeds, which must not wait for us
            self.failure = error
            for _ in blocks:  # none are left where it was the last write that failed
                pass
