"""Goes over all of a file: the pass that hashes and counts, and the copies and records taken by what it found."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.scan.delimited import Structure
from orchestration.ingestion.scan.found import CHUNK, KEPT_BYTES, Scan, refuse_too_many
from orchestration.ingestion.scan.json_lines import Objects
from orchestration.ingestion.scan.line_breaks import LineBreaks

LONGEST_UNBROKEN = 64_000_000  # bytes without a line end after which a file is no text file


def scan_file(path: Path, scan: Scan, delimiter: str, unbroken: Path | None = None) -> Scan:
    """Go over the whole file once: fill `sha256`, `records`, `bytes_read` and `broken`.

    Where fields between quotes may hold line breaks, `unbroken` says where the same text is written with a `BREAK` for each, for
    whoever reads it afterwards.

    A record is what ends in the first line's end, so the count owes nothing to quoting or to any CSV reader.
    Each block of records is compared, structure bytes only, with what whole records would give; only a block that
    differs is looked at record by record.

    Raises:
        Refused: it is no text, or too many of its records are broken.
    """
    checker = (
        Objects(scan)
        if scan.json_lines
        else Structure(len(scan.header), scan, delimiter.encode(), unbroken is not None)
    )
    folds = LineBreaks(delimiter.encode(), scan.quote.encode()) if unbroken else None
    sha256 = hashlib.sha256()
    with (
        path.open("rb", buffering=0) as file,
        unbroken.open("wb") if unbroken else contextlib.nullcontext() as out,
    ):
        rest = b""
        first = scan.has_header
        while block := file.read(CHUNK):
            sha256.update(block)
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
    scan.sha256 = sha256.hexdigest()
    refuse_too_many(scan.broken, scan.records)
    return scan


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
