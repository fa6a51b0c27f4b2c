"""The one pass over a delivery's bytes before any reader parses it: hash, compressed archive copy, a record
count of its own, and every record whose structure is broken."""

from __future__ import annotations

import codecs
import contextlib
import csv
import hashlib
import itertools
import json
import os
import queue
import re
import threading
from collections.abc import Sequence
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
MOST_SHAPES = 10_000  # of whole records, held in memory
KEPT_BYTES = 10_000  # of a broken record, for quarantine
LONGEST_FIELD = 1 << 16  # bytes of one with line breaks in it; a longer one is a quote that was left open
BREAK = b"\v"  # stands for a line break within a field, as in spreadsheets' own text

SEPARATORS = {",": "commas", "|": "pipes", ";": "semicolons", "\t": "tabs"}
FIRST_RECORDS = 100  # looked at to tell what a file without a header holds
ENOUGH_RUNS = 1_000  # of letters beyond ASCII, to tell an encoding

WORKBOOKS = (b"\xd0\xcf\x11\xe0", b"PK\x03\x04")  # how .xls and .xlsx begin
DEEPEST = 8  # dots in the name of a place in an object
_KEY = r"[A-Za-z_$][\w$ -]{0,60}"  # what a key looks like that is no person's

csv.field_size_limit(LONGEST_RECORD)
_CONTROLS = bytes(range(0x80, 0xA0))  # no letters in latin-1: they betray Windows-1252 or UTF-8


class Unreadable(Refused):
    """A first line that has the delimiter and cannot be split by it."""


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
    quote: str = '"'  # empty where quotes are letters like any other
    has_header: bool = True
    length: int | None = None  # of a record in bytes, where fields have widths
    json_lines: bool = False
    has_bom: bool = False  # of JSON lines; its reader would take it for a part of the first record
    header: list[str] = field(default_factory=list)  # what the fields of a record are, whether or not the file says it
    records: int = 0
    bytes_read: int = 0
    broken: list[Broken] = field(default_factory=list)
    inner_breaks: list[tuple[int, int]] = field(
        default_factory=list
    )  # records with line breaks in fields, and how many


class Beginning:
    """The first bytes of a file, read once, and what they are in one way of writing or another."""

    def __init__(self, path: Path):
        """Raises `Refused`: the file is empty, holds no line, or its first bytes are no text."""
        with path.open("rb") as file:
            start = file.read(CHUNK)
        if not start:
            raise Refused("it is empty; fetch it again")
        line, newline, _ = start.partition(b"\n")
        if start.startswith(WORKBOOKS):
            raise Refused("it is an Excel workbook, whatever its name; open it and save it as CSV UTF-8")
        if b"\0" in line[:200]:
            raise Refused(
                "it is UTF-16 text without the two bytes at its beginning that say so; convert it first: iconv -f UTF-16LE -t UTF-8 OLD > NEW"
            )
        if not newline and len(start) == CHUNK:
            raise Refused("its first line does not end; it is no text file with a header")
        self.encoding = "utf-8" if start.startswith(codecs.BOM_UTF8) else "latin-1"
        self.line_end = b"\r\n" if line.endswith(b"\r") else b"\n"
        start = start.removeprefix(codecs.BOM_UTF8)
        # Where it goes on, what is behind the last line end is no whole record.
        lines = start.split(self.line_end, FIRST_RECORDS)[: FIRST_RECORDS if len(start) < CHUNK else -1]
        self.lines = [line.decode(self.encoding, "replace") for line in lines]
        self.first_line = start.partition(b"\n")[0].rstrip(b"\r").decode(self.encoding, "replace")
        self._records: dict[tuple, list[list[str]]] = {}

    def is_json(self) -> bool:
        """Whether it begins as JSON does, or most of its first lines do."""
        lines = [line.lstrip() for line in self.lines if line.strip()]
        begun = sum(line.startswith("{") for line in lines)
        return bool(re.match(r"\s*(\{|\[\s*\{)", "".join(lines[:2]))) or 2 * begun > len(lines)

    def objects(self) -> tuple[Scan, list[list[str]]]:
        """As JSON lines: in `header` where values stand in the first objects (`properties.topic`), and of each object its values
        there as text. A place whose name may be a person's, such as an address, is left out.

        Raises:
            Refused: it is JSON of another kind.
        """
        lines = [line for line in self.lines if line.strip()]
        objects = [found for line in lines if isinstance(found := _parsed(line), dict)]
        if 2 * len(objects) < len(lines):
            way = "jq -c '.[]' OLD > NEW" if self.first_line.lstrip().startswith("[") else "jq -c . OLD > NEW"
            raise Refused(
                f"it is JSON of another kind, or not whole: {len(objects)} of its first {len(lines)} lines are objects. JSON lines "
                f"have an object on each line: {way}"
            )
        values = [_values(found) for found in objects]
        header = [*dict.fromkeys(place for found in values for place in found)]
        scan = Scan(encoding="utf-8", line_end=b"\n", quote="", has_header=False, json_lines=True, header=header)
        scan.has_bom = self.encoding == "utf-8"
        return scan, [[found.get(place, "") for place in header] for found in values]

    def scan(self, quote: str, **about) -> Scan:
        """A scan of the file that is still to be made."""
        return Scan(encoding=self.encoding, line_end=self.line_end, quote=quote, **about)

    def header(self, delimiter: str, quote: str = '"') -> Scan:
        """With the column names in the first line.

        Raises:
            Refused: it is not delimited so.
        """
        if delimiter not in self.first_line:
            raise Refused(not_separated(self.first_line, delimiter))
        try:
            return self.scan(quote, header=_fields(self.first_line, delimiter, quote))
        except csv.Error:
            fault = (
                "has carriage returns without line feeds"
                if "\r" in self.first_line
                else "has a quote that is never closed"
            )
            raise Unreadable(f"its header {fault}; export it again as the state ships it") from None

    def records(self, delimiter: str, quote: str, widths: Sequence[int] = ()) -> list[list[str]]:
        """The first lines that can be read as fields: separated, or of such widths (a record of another length is then one
        field)."""
        way = (delimiter, quote, tuple(widths))
        if way not in self._records:
            records = []
            for line in self.lines:
                with contextlib.suppress(csv.Error):
                    records.append(_cut(line, widths) if widths else _fields(line, delimiter, quote))
            self._records[way] = [record for record in records if record]
        return self._records[way]


def _parsed(line: str) -> object:
    """A line as JSON, or None."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _values(found: dict) -> dict[str, str]:
    """The values in an object as text, by where they stand."""
    values: dict[str, str] = {}
    rest = [("", found)]
    while rest:
        above, here = rest.pop()
        for key, value in here.items():
            place = above + key
            if not re.fullmatch(_KEY, key):
                continue
            if isinstance(value, dict) and place.count(".") < DEEPEST:
                rest.append((f"{place}.", value))
            else:
                values[place] = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return values


def not_separated(text: str, delimiter: str) -> str:
    """What to say of a header that has another delimiter than its contract's."""
    found = {name: text.count(d) for d, name in SEPARATORS.items()}
    most = max(found, key=found.__getitem__)
    return (
        f"its header is not separated by {SEPARATORS.get(delimiter, repr(delimiter))}; "
        + (f"it has {found[most]} {most}" if found[most] else "it has no separator at all")
        + ". Export it again as the state ships it"
    )


def told_encoding(path: Path, most: int | None = None) -> str:
    """`utf-8` or `latin-1`, by what most letters beyond ASCII are, in the whole file or its first bytes: in latin-1 they
    hardly ever look like UTF-8."""
    good = bad = 0
    with path.open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            return "utf-8"
        file.seek(0)
        while (most is None or file.tell() < most) and (block := file.read(CHUNK)) and good + bad < ENOUGH_RUNS:
            if not block.isascii():
                for run in re.findall(rb"[\x80-\xff]+", block):
                    good, bad = (good + 1, bad) if _decodes(run, "utf-8") else (good, bad + 1)
    return "utf-8" if good > bad else "latin-1"


def _fields(text: str, delimiter: str, quote: str) -> list[str]:
    """The fields of one line."""
    if quote:
        return next(csv.reader([text], delimiter=delimiter, quotechar=quote, strict=True), [])
    return next(csv.reader([text], delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True), [])


def _cut(text: str, widths: Sequence[int]) -> list[str]:
    """The fields of one line of fixed widths."""
    if len(text) != sum(widths):
        return [text] if text else []
    ends = [*itertools.accumulate(widths)]
    return [text[end - width : end] for end, width in zip(ends, widths, strict=True)]


def scan_file(path: Path, scan: Scan, delimiter: str, copy: Path | None, unbroken: Path | None = None) -> Scan:
    """Go over the whole file once: fill `sha256`, `records`, `bytes_read` and `broken`, and write a compressed copy.

    Where fields between quotes may hold line breaks, `unbroken` says where the same text is written with a `BREAK` for each, for
    whoever reads it afterwards.

    A record is what ends in the first line's end, so the count owes nothing to quoting or to any CSV reader.
    Each block of records is compared, structure bytes only, with what whole records would give; only a block that
    differs is looked at record by record.

    Raises:
        Refused: it is no text, or too many of its records are broken.
    """
    checker = (
        _Objects(scan)
        if scan.json_lines
        else _Structure(len(scan.header), scan, delimiter.encode(), unbroken is not None)
    )
    folds = _LineBreaks(delimiter.encode(), scan.quote.encode()) if unbroken else None
    with (
        path.open("rb", buffering=0) as file,
        _Archiver(copy) as archiver,
        unbroken.open("wb") if unbroken else contextlib.nullcontext() as out,
    ):
        rest = b""
        first = scan.has_header
        while block := file.read(CHUNK):
            archiver.write(block)
            scan.bytes_read += len(block)
            block = rest + block
            if first:
                head, newline, block = block.partition(b"\n")
                if not newline:
                    block, rest = b"", head
                    continue
                first = False
                if out:
                    out.write(head + newline)
            block, end = folds.fold(block) if folds else (block, len(block))
            cut = block.rfind(scan.line_end, 0, end) + len(scan.line_end)
            if cut < len(scan.line_end):
                rest = block
                if len(rest) > LONGEST_UNBROKEN:
                    raise Refused(f"it has no line end within {LONGEST_UNBROKEN:,} bytes; it is no text file")
                continue
            rest = block[cut:]
            if out:
                out.write(block[:cut])
            checker.check(block[:cut])
        if rest and not first:
            if out:
                out.write(rest)
            checker.check(rest)
    scan.sha256 = archiver.sha256.hexdigest()
    refuse_too_many(scan.broken, scan.records)
    return scan


def refuse_too_many(broken: list[Broken], records: int) -> None:
    """Raise `Refused` if so many of a file's records are broken that the rest is no snapshot of anything."""
    if len(broken) > min(max(REFUSE_FROM, REFUSE_SHARE * records), records / 2):
        raise Refused(_too_many(broken, records))


def write_without(path: Path, scan: Scan, target: Path) -> None:
    """Copy the file to `target` without its broken records (of JSON lines also without a BOM), for a reader that would stumble
    over them."""
    skip = iter([b.record for b in scan.broken])
    broken = next(skip, None)
    with path.open("rb", buffering=CHUNK) as source, target.open("wb", buffering=CHUNK) as out:
        source.seek(len(codecs.BOM_UTF8) if scan.has_bom else 0)
        for number, record in enumerate(_records(source, scan), 0 if scan.has_header else 1):
            if number == broken:
                broken = next(skip, None)
            else:
                out.write(record)


def records_at(path: Path, scan: Scan, numbers: Sequence[int]) -> list[str]:
    """The text of these records of a file without a header, in order from 1, each without its line end and cut off where long."""
    wanted = iter(numbers)
    number, texts = next(wanted, None), []
    with path.open("rb", buffering=CHUNK) as source:
        for found, record in enumerate(_records(source, scan), 1):
            if found == number:
                texts.append(record.rstrip(b"\r\n")[:KEPT_BYTES].decode(scan.encoding, "backslashreplace"))
                number = next(wanted, None)
            if number is None:
                break
    return texts


def _records(source: BinaryIO, scan: Scan):
    """The records of a file with their line ends, a header first (it ends at the first line feed)."""
    held = b""
    is_header = scan.has_header
    for line in source:
        held += line
        if is_header or held.endswith(scan.line_end):
            yield held
            held, is_header = b"", False
    if held:
        yield held


def _too_many(broken: list[Broken], records: int) -> str:
    reasons = sorted({b.reason for b in broken[:REFUSE_FROM]})
    return (
        f"{len(broken):,} of {records:,} records cannot be read ({'; '.join(reasons[:3])}), "
        "too many to load the rest. Fetch or export it again"
    )


class _LineBreaks:
    """Finds the line breaks in fields between quotes. A field begins and ends beside a delimiter or a line's end; what does not is
    left as it is, so an open quote spoils no more than its own record."""

    def __init__(self, delimiter: bytes, quote: bytes):
        self.quote, self.others = quote, bytes({*range(256)} - {*quote, *b"\n"})
        d, q = re.escape(delimiter), re.escape(quote)
        begin, end = b"(?<![^\\n%s])%s" % (d, q), b"%s(?=[\\r\\n%s]|\\Z)" % (q, d)
        text, line = (b"[^%s%s]*+(?:%s[^%s%s]*+)*+" % (more, q, q * 2, more, q) for more in (b"", b"\\r\\n"))
        broken = begin + line + b"[\\r\\n]" + text + end
        # What lies before such a field: no quotes, fields without line breaks, and quotes that begin no field.
        before = b"(?:[^%s]++|%s|(?!%s)%s)*+" % (q, begin + line + end, broken, q)
        self.broken = re.compile(b"(%s)(%s)?" % (before, broken))  # it matches always, so nothing is tried twice
        self.open = re.compile(begin + text + b"\\Z")

    def fold(self, block: bytes) -> tuple[bytes, int]:
        """A block that begins with a record, with a `BREAK` for each line break within a field that ends in it; and where the field begins
        that may go on behind the block's end, else the end."""
        # The line in which such a field begins has an odd number of quotes, and most blocks have none.
        if self.quote not in block.translate(None, self.others).replace(self.quote * 2, b""):
            return block, len(block)
        block = self.broken.sub(self._on_one_line, block)
        found = self.open.search(block, max(0, len(block) - LONGEST_FIELD))
        return block, found.start() if found else len(block)

    @staticmethod
    def _on_one_line(found: re.Match[bytes]) -> bytes:
        before, field = found.groups(b"")
        return before + (field if len(field) > LONGEST_FIELD else re.sub(b"\r\n|\r|\n", BREAK, field))


class _Structure:
    """Tells whole records from broken ones by their structure bytes: delimiter, quotes, line ends, bytes no text has."""

    def __init__(self, width: int, scan: Scan, delimiter: bytes, folds: bool = False):
        self.width, self.scan, self.delimiter, self.folds = width, scan, delimiter, folds
        strange = _CONTROLS if scan.encoding == "latin-1" else b""
        quote = scan.quote.encode()
        kept = set(delimiter + quote + b"\r\n\0" + strange)
        self.drop = bytes(b for b in range(256) if b not in kept)
        self.quoted_record = delimiter.join([quote * 2] * width)
        self.bare_record = delimiter * (width - 1)
        self.quoted = self.quoted_record + scan.line_end
        self.bare = self.bare_record + scan.line_end
        self.run = re.compile(b"[" + re.escape(self.drop) + b"]+")
        self.whole_shapes: set[bytes] = set()
        self.line = 2 if scan.has_header else 1

    def check(self, block: bytes) -> None:
        """Count a block of whole records (the file's last may lack its line end) and note the broken ones."""
        scan = self.scan
        count = block.count(scan.line_end)
        structure = block.translate(None, self.drop)
        whole = count > 0 and structure in (self.quoted * count, self.bare * count)
        if whole and scan.length:  # there are as many line ends as records; each has to stand in its place
            whole = block[scan.length :: scan.length + len(scan.line_end)] == scan.line_end[:1] * count
        if whole and scan.encoding == "utf-8":
            whole = _decodes(block, "utf-8")
        if whole and len(block) < LONGEST_RECORD and not (self.folds and BREAK in block):
            scan.records += count
            self.line += count
            return
        pieces = block.split(scan.line_end)
        if not pieces[-1]:
            pieces.pop()
        # Files that quote where they must have few kinds of records, and each kind is looked into once. Of fixed widths the
        # length decides, which a kind does not have.
        sound = (
            not scan.length and len(block) < LONGEST_RECORD and (scan.encoding == "latin-1" or _decodes(block, "utf-8"))
        )
        shapes = self.run.sub(b"x", block).split(scan.line_end) if sound else [b""] * len(pieces)
        for number, (piece, shape) in enumerate(zip(pieces, shapes, strict=False)):
            scan.records += 1
            breaks = piece.count(BREAK) if self.folds else 0
            if breaks:
                scan.inner_breaks.append((scan.records, breaks))
                self.line += breaks
            if shape in self.whole_shapes:
                self.line += 1
                continue
            cut_off = number == len(pieces) - 1 and not block.endswith(scan.line_end)
            reason = self._reason(piece, cut_off)
            if not reason and sound and len(self.whole_shapes) < MOST_SHAPES:
                self.whole_shapes.add(shape)
            if reason:
                raw = piece[:KEPT_BYTES].decode(scan.encoding, "backslashreplace")
                scan.broken.append(Broken(scan.records, self.line - breaks, reason, raw, 1 + piece.count(b"\n")))
                if len(scan.broken) > MOST_BROKEN:
                    raise Refused(_too_many(scan.broken, scan.records))
            self.line += 1 + piece.count(b"\n")

    def _reason(self, record: bytes, cut_off: bool) -> str | None:
        """Why a record (without its line end) is broken, or None."""
        if len(record) > LONGEST_RECORD:
            return f"longer than {LONGEST_RECORD:,} bytes"
        if not record:
            return "blank line"
        if self.scan.length and len(record) != self.scan.length and b"\n" not in record and b"\r" not in record:
            return f"{len(record)} bytes where {self.scan.length} are expected" + (", cut off" if cut_off else "")
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
            width = self.width if self.scan.length else len(_fields(text, self.delimiter.decode(), self.scan.quote))
            if self.scan.quote and record.count(self.scan.quote.encode()) % 2:
                raise csv.Error
        except csv.Error:
            return "cut off inside a quoted field" if cut_off else "quotes are broken"
        if width != self.width:
            return f"{width} columns where {self.width} are expected" + (", cut off" if cut_off else "")
        return None


class _Objects:
    """Tells lines that may be a JSON object, by how they begin and end and by bytes that none has, from those that are none. What
    lies between is judged by who reads them."""

    def __init__(self, scan: Scan):
        self.scan = scan

    def check(self, block: bytes) -> None:
        """Count a block of whole lines (the file's last may lack its end) and note the broken ones."""
        scan = self.scan
        if not scan.records and scan.has_bom:
            block = block.removeprefix(codecs.BOM_UTF8)
        count = block.count(b"\n")
        end = b"\r\n" if block.endswith(b"}\r\n") else b"\n"
        whole = (
            len(block) < LONGEST_RECORD
            and block.startswith(b"{")
            and block.endswith(b"}" + end)
            and block.count(b"}" + end + b"{") == count - 1
            and block.count(b"\r") == (count if end == b"\r\n" else 0)
            and not any(strange in block for strange in _NO_JSON)
            and _decodes(block, "utf-8")
        )
        if whole:
            scan.records += count
            return
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for line in lines:
            scan.records += 1
            reason = _no_object(line.strip(b" \t\r"))
            if reason:
                raw = line.rstrip(b"\r")[:KEPT_BYTES].decode("utf-8", "backslashreplace")
                scan.broken.append(Broken(scan.records, scan.records, reason, raw))
                if len(scan.broken) > MOST_BROKEN:
                    raise Refused(_too_many(scan.broken, scan.records))


# No text has a NUL, also not in the way in which JSON may write one, and a BOM stands at the beginning only.
_NO_JSON = (b"\0", b"\\u0000", codecs.BOM_UTF8)


def _no_object(line: bytes) -> str | None:
    """Why a line cannot be a JSON object, or None."""
    if len(line) > LONGEST_RECORD:
        return f"longer than {LONGEST_RECORD:,} bytes"
    if not line:
        return "blank line"
    if b"\0" in line or re.search(rb"(?<!\\)(\\\\)*\\u0000", line):
        return "NUL"
    if line.startswith(codecs.BOM_UTF8):
        return "BOM within the file"
    if not _decodes(line, "utf-8"):
        return "bytes are no UTF-8 text"
    if b"\r" in line:
        return "line break inside a record"
    if line.startswith(b"["):
        return "an array where an object is due"
    if not line.startswith(b"{"):
        return "no JSON object"
    if not line.endswith(b"}"):
        return "JSON object that does not end"
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
