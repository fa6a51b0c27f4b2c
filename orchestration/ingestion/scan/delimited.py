"""Counts the records of separated fields or of fixed widths, and tells the broken ones by their structure bytes."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Sequence

from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.scan.found import KEPT_BYTES, LONGEST_RECORD, MOST_BROKEN, Broken, Scan, decodes, too_many
from orchestration.ingestion.scan.line_breaks import BREAK

MOST_SHAPES = 10_000  # of whole records, held in memory
CONTROLS = bytes(range(0x80, 0xA0))  # no letters in latin-1: they betray Windows-1252 or UTF-8

csv.field_size_limit(LONGEST_RECORD)


def fields_of(text: str, delimiter: str, quote: str) -> list[str]:
    """The fields of one line."""
    if quote:
        return next(csv.reader([text], delimiter=delimiter, quotechar=quote, strict=True), [])
    return next(csv.reader([text], delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True), [])


def cut(text: str, widths: Sequence[int]) -> list[str]:
    """The fields of one line of fixed widths."""
    if len(text) != sum(widths):
        return [text] if text else []
    ends = [*itertools.accumulate(widths)]
    return [text[end - width : end] for end, width in zip(ends, widths, strict=True)]


class Structure:
    """Tells whole records from broken ones by their structure bytes: delimiter, quotes, line ends, bytes no text has."""

    def __init__(self, width: int, scan: Scan, delimiter: bytes, folds: bool = False):
        self.width, self.scan, self.delimiter, self.folds = width, scan, delimiter, folds
        strange = CONTROLS if scan.encoding == "latin-1" else b""
        quote = scan.quote.encode()
        kept = set(delimiter + quote + b"\r\n\0" + strange)
        self.drop = bytes(b for b in range(256) if b not in kept)
        self.quoted_record = delimiter.join([quote * 2] * width)
        self.bare_record = delimiter * (width - 1)
        self.quoted = self.quoted_record + scan.line_end
        self.bare = self.bare_record + scan.line_end
        self.marks = bytes(b if b in kept else ord("x") for b in range(256))
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
            whole = decodes(block, "utf-8")
        if whole and len(block) < LONGEST_RECORD and not (self.folds and BREAK in block):
            scan.records += count
            self.line += count
            return
        pieces = block.split(scan.line_end)
        if not pieces[-1]:
            pieces.pop()
        # Files that quote where they must have few kinds of records, and each kind is looked into once. Of fixed widths the
        # length decides, which a kind does not have, and of one column whether there is any text.
        sound = (
            not scan.length
            and self.width > 1
            and len(block) < LONGEST_RECORD
            and (scan.encoding == "latin-1" or decodes(block, "utf-8"))
        )
        shapes = self._kinds(block).split(scan.line_end) if sound else [b""] * len(pieces)
        if sound and not (self.folds and BREAK in block) and self.whole_shapes.issuperset(shapes[: len(pieces)]):
            scan.records += len(pieces)
            self.line += len(pieces)
            return
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
                    raise Refused(too_many(scan.broken, scan.records))
            self.line += 1 + piece.count(b"\n")

    def _kinds(self, block: bytes) -> bytes:
        """A block without its text, but for a mark where there is some beside a quote: by that quotes are sound or broken."""
        quote = self.scan.quote.encode()
        if not quote:
            return block.translate(None, self.drop)
        marked = block.translate(self.marks).replace(b"x" + quote, b"y" + quote).replace(quote + b"x", quote + b"y")
        return marked.translate(None, b"x")

    def _reason(self, record: bytes, cut_off: bool) -> str | None:
        """Why a record (without its line end) is broken, or None."""
        if len(record) > LONGEST_RECORD:
            return f"longer than {LONGEST_RECORD:,} bytes"
        if not record:
            return "blank line"
        if self.scan.length and len(record) != self.scan.length and b"\n" not in record and b"\r" not in record:
            return f"{len(record)} bytes where {self.scan.length} are expected" + (", cut off" if cut_off else "")
        if record.translate(None, self.drop) in (self.quoted_record, self.bare_record) and (
            self.scan.encoding == "latin-1" or decodes(record, "utf-8")
        ):
            return None  # as in a whole block, so that the verdict does not hang on a record's neighbours
        if b"\0" in record:
            return "NUL byte"
        if b"\n" in record or b"\r" in record:
            return "line break inside a record"
        if self.scan.encoding == "latin-1":
            strange = record.translate(None, bytes(set(range(256)) - set(CONTROLS)))
            if strange:
                return f"byte 0x{strange[0]:02x} is no latin-1 text"
        elif not decodes(record, "utf-8"):
            return "bytes are no UTF-8 text"
        try:
            text = record.decode(self.scan.encoding)
            width = self.width if self.scan.length else len(fields_of(text, self.delimiter.decode(), self.scan.quote))
            if self.scan.quote and record.count(self.scan.quote.encode()) % 2:
                raise csv.Error
        except csv.Error:
            return "cut off inside a quoted field" if cut_off else "quotes are broken"
        if width != self.width:
            return f"{width} columns where {self.width} are expected" + (", cut off" if cut_off else "")
        return None
