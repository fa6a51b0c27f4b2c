"""What the campaign wrote itself: lists in `exports/` that name a person are removed, lines of `suppressions/` and `decisions/`
are taken out."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration import files
from orchestration.erasing.person import Person, key_of_record
from orchestration.erasing.register import normal, voter_key
from orchestration.exporting import formats, receipts
from orchestration.identity import stewards
from orchestration.settings import Settings

BECAUSE = "removed here, since somebody on it was erased"


def cells_of(settings: Settings, person: Person) -> tuple[set[str], set[tuple[str, ...]]]:
    """What a list has in a cell if a person is on it; and what it has in several cells of a row, where it is hashed."""
    plain = {*person.written} | {key.partition(":")[2] for key in person.own}
    together: set[tuple[str, ...]] = set()
    numbers = {key.partition(":")[2] for key in person.own if key.startswith("phone:")}
    for number in numbers:
        plain |= {hashlib.sha256(f"{prefix}{number}".encode()).hexdigest() for prefix in ("1", "+1")}
    for address in (key.partition(":")[2] for key in person.own if key.startswith("email:")):
        plain.add(hashlib.sha256(address.encode()).hexdigest())
    if not settings.current.exists() or not person.voters:
        return plain, together
    with duckdb.connect(str(settings.current), read_only=True) as con:
        names = [
            column.cell()
            for form in (formats.META, formats.GOOGLE)
            for column in form.columns
            if column.header in _NAMES
        ]
        rows = con.execute(
            f"select voters.voter_id, voters.residence_id, household_id, {', '.join(names)} from voters left join household_members using (voter_id)"
            f" where list_contains($voters, {voter_key('voters.voter_id')})",
            {"voters": person.voters},
        ).fetchall()
    for row in rows:
        plain |= {value for value in row[:3] if value}
        together |= {pair for pair in (row[3:5], row[5:7]) if None not in pair}
    return plain, together


_NAMES = ("fn", "ln", "First Name", "Last Name")


def naming(settings: Settings, person: Person) -> list[str]:
    """The names of the files of lists, and of the lists of people not to be contacted, that name a person."""
    plain, together = cells_of(settings, person)
    lists = [file.name for file in settings.exports.glob("*.csv") if _names(file, plain, together)]
    for file in settings.suppressions.glob("*.csv"):
        lines = file.read_text(encoding="utf-8").splitlines()
        lists += [file.name] if any(_is_of(line, person.own) for line in lines) else []
    return sorted(lists)


def decided(settings: Settings, person: Person) -> list[dict]:
    """What stewards decided of a person's records."""
    file = stewards.file_of(settings)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines if _decides_of(line, person.own)]


def remove(settings: Settings, person: Person) -> list[str]:
    """Remove the lists that name a person, with their pages; the receipts beside them say so. Returns the receipts' ids. What exports left that
    were killed goes, too: nobody writes a list now.

    A list of households or hashes goes for who lives there or is called the same, too: it is soon made again.
    """
    plain, together = cells_of(settings, person)
    for left in (file for file in settings.exports.glob(".*/**/*") if file.is_file()):
        left.unlink(missing_ok=True)
    gone = []
    for file in sorted(settings.exports.glob("*.csv")):
        if not _names(file, plain, together):
            continue
        beside = file.with_name(f"{file.stem}.receipt.json")
        if beside.exists():
            receipt = json.loads(beside.read_text(encoding="utf-8"))
            receipt["removed"] = {"at": datetime.now(UTC).isoformat(), "why": BECAUSE}
            files.put(beside, json.dumps(receipt, indent=1, ensure_ascii=False) + "\n")
            gone.append(receipt["receipt_id"])
        for written in settings.exports.glob(f"{file.stem}.*"):
            if written != beside and written != receipts.register(settings):
                written.unlink()
    return gone


def _names(file: Path, plain: set[str], together: set[tuple[str, ...]]) -> bool:
    with file.open(newline="", encoding="utf-8") as stream:
        for row in csv.reader(stream):
            if not plain.isdisjoint(row) or any({*cells} <= {*row} for cells in together):
                return True
    return False


def take_out_of_suppressions(settings: Settings, person: Person) -> int:
    """Take a person's lines out of the lists of people not to be contacted: their hash keeps them from every list. Returns the lines."""
    taken = 0
    for file in sorted(settings.suppressions.glob("*.csv")):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not _is_of(line, person.own)]
        taken += len(lines) - len(kept)
        if len(kept) < len(lines):
            files.put(file, "".join(kept))
    return taken


def take_out_of_decisions(settings: Settings, person: Person) -> int:
    """Take what stewards decided of a person's records out of `decisions/`. Returns the lines."""
    file = stewards.file_of(settings)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
    kept = [line for line in lines if not _decides_of(line, person.own)]
    if len(kept) < len(lines):
        files.put(file, "".join(kept))
    return len(lines) - len(kept)


def _decides_of(line: str, keys: set[str]) -> bool:
    try:
        told = json.loads(line)
        return any(key_of_record(told[side]["source"], told[side]["record_id"]) in keys for side in ("a", "b"))
    except (ValueError, KeyError, TypeError):
        return False  # no decision, which the next run refuses


def _is_of(line: str, keys: Iterable[str]) -> bool:
    kind, _, value = line.strip().partition(",")
    value = value.strip('"')
    if kind == "voter_id":
        state, _, number = value.upper().partition("-")
        return f"voter:{state}{normal('voter', number)}" in keys
    return bool(re.fullmatch("phone|email", kind)) and f"{kind}:{normal(kind, value)}" in keys
