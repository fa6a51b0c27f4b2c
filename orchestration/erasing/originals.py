"""Originals in the archive, without the records of people who were erased.

An original keeps its name, the hash of what was delivered: so the same file handed in again is known as that delivery. What is rewritten
is text, whatever it was packed in. Taken in again from the archive it is another content, and a delivery of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import duckdb
import zstandard

from orchestration.erasing.person import Person
from orchestration.erasing.register import Erased
from orchestration.ingestion import inbox, load
from orchestration.ingestion.contracts import Contract, all_contracts
from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.recognise import recognise
from orchestration.ingestion.scan import Broken, Scan, scan_file, write_without
from orchestration.settings import Settings
from orchestration.warehouse import limits

BLOCK = 1 << 24
LONGEST_NEEDLE = 1_000


def rewrite(text: Path, scan: Scan, numbers: Iterable[int], target: Path) -> None:
    """Write a scanned text compressed to `target`, for its owner only, without the records of these numbers."""
    without = replace(scan, broken=[Broken(number, 0, "", "") for number in sorted(numbers)])
    shorter = target.with_name(f"{target.name}-shorter")
    try:
        write_without(text, without, shorter)
        part = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(part, "wb") as out, shorter.open("rb") as source:
            zstandard.ZstdCompressor(level=1).copy_stream(source, out)
            out.flush()
            os.fsync(out.fileno())
    finally:
        shorter.unlink(missing_ok=True)


def is_shorter(original: Path) -> bool:
    """Whether an original was rewritten: its text is not the one whose hash it is named by."""
    if not original.name.endswith(".txt.zst"):
        return False
    with original.open("rb") as stream, zstandard.ZstdDecompressor().stream_reader(stream) as text:
        return hashlib.file_digest(text, "sha256").hexdigest() != original.name.split(".")[0]


def clean(settings: Settings, con: duckdb.DuckDBPyConnection, person: Person, erased: Erased) -> int:
    """Take the records of whoever was erased out of the originals that have an identifier of `person` somewhere; return how many were
    rewritten, or removed where they can be read no more."""
    contracts = {contract.name: contract for contract in all_contracts() if contract.person_keys()}
    deliveries = con.execute(
        "select sha256, file_name, contract from meta.deliveries where sha256 is not null order by 1"
    ).fetchall()
    touched = 0
    for sha256, file_name, name in deliveries:
        for original in sorted(settings.archive.glob(f"{sha256}.*")) if name in contracts else ():
            if is_in(original, needles(person)):
                touched += _clean(settings, original, Path(file_name).name, contracts[name], person, erased)
    return touched


def _clean(
    settings: Settings, original: Path, delivered: str, contract: Contract, person: Person, erased: Erased
) -> bool:
    folder = settings.scratch / "original"
    folder.mkdir(parents=True, exist_ok=True)
    entry = folder / inbox.name_of(original, delivered)
    unbroken, whole, shorter = (settings.scratch / f"{name}-{os.getpid()}" for name in ("unbroken", "whole", "shorter"))
    try:
        inbox.put(original, entry)
        with inbox.opened(entry, settings.scratch) as file:
            match, scan = recognise(file.path, file.name, (contract,))
            has_breaks = match.form.line_breaks
            scan_file(file.path, scan, match.form.delimiter, unbroken if has_breaks else None)
            text = unbroken if has_breaks else file.path
            write_without(text, scan, whole)
            with duckdb.connect(config=limits(settings.limits, settings.scratch)) as con:
                con.execute("create schema raw")
                table = load.raw_table(contract.name, "original")
                broken = scan.broken + load.create_table(con, match, scan, whole, table)
                erased.prepare(con)
                places = load.take_out(con, table, erased.is_theirs(contract))
            numbers = {*load.numbers_of(places, [b.record for b in broken])}
            numbers |= {b.record for b in broken if is_of(b.raw, contract, person, erased)}
            if not numbers:
                return False
            rewrite(text, scan, numbers, shorter)
    except Refused:  # it was taken in when its contract was another
        original.unlink()
        return True
    finally:
        for file_left in (entry, unbroken, whole):
            file_left.unlink(missing_ok=True)
    os.replace(shorter, original.with_name(f"{original.name.split('.')[0]}.txt.zst"))
    if not original.name.endswith(".txt.zst"):
        original.unlink()
    return True


def is_of(text: str, contract: Contract, person: Person, erased: Erased) -> bool:
    """Whether the text of a record that could not be read is of a person: by an identifier, or by first and last name."""
    upper = text.upper()
    named = any(name in upper for name in person.first_names) and any(name in upper for name in person.last_names)
    return named or erased.is_named(contract, text)


def needles(person: Person) -> set[bytes]:
    """What a file that has a record of a person has somewhere: an identifier, in small letters and in either kind of text."""
    texts = {*person.written} | {key.partition(":")[2] for key in person.keys}
    texts |= {key.removeprefix("voter:")[2:] for key in person.keys if key.startswith("voter:")}  # without the state
    texts |= {number[-4:] for number in (key.partition(":")[2] for key in person.keys if key.startswith("phone:"))}
    return {text.lower().encode(encoding) for text in texts if text for encoding in ("utf-8", "utf-16-le", "utf-16-be")}


def is_in(file: Path, wanted: set[bytes]) -> bool:
    """Whether one of these byte strings stands in a file, unpacked, in small or capital letters; a file that cannot be unpacked is looked
    at as it is."""
    with suppress(
        OSError, EOFError, zlib.error, zipfile.BadZipFile, zstandard.ZstdError, NotImplementedError, RuntimeError
    ):
        return any(_stands_in(stream, wanted) for stream in _unpacked(file))
    with file.open("rb") as stream:
        return _stands_in(stream, wanted)


def _unpacked(file: Path) -> Iterator[BinaryIO]:
    kind = file.suffix.lower()
    if kind == ".zip":
        with zipfile.ZipFile(file) as zipped:
            for member in zipped.infolist():
                with zipped.open(member) as stream:
                    yield stream  # type: ignore[misc]
        return
    with file.open("rb") as stream:
        if kind == ".zst":
            yield zstandard.ZstdDecompressor().stream_reader(stream)
        elif kind == ".gz":
            yield gzip.GzipFile(fileobj=stream)  # type: ignore[misc]
        else:
            yield stream


def _stands_in(stream: BinaryIO, wanted: set[bytes]) -> bool:
    rest = b""
    while block := stream.read(BLOCK):
        text = rest + block.lower()
        if any(needle in text for needle in wanted):
            return True
        rest = text[-LONGEST_NEEDLE:]
    return False
