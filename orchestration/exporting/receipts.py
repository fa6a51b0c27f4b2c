"""Receipts of exports: a line of JSON for each in `exports/export_receipts.jsonl`, and the same beside the file.

They stand outside the warehouse, which only a run may open, and outside `current.duckdb`, which is swapped: a line is added at once and
is never changed, outlives the file, and any tool reads it (`read_json` in DuckDB). Receipts hold counts and names of columns, no person.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration import files
from orchestration.settings import Mendable, Settings


class NoReceipt(Mendable):
    """A file is on no receipt; the message says what is known."""


@dataclass(frozen=True)
class Verdict:
    """What is known of a file: the receipt that it is on, and since when people on it may no longer be contacted."""

    receipt: dict[str, Any]
    file_name: str

    def __str__(self) -> str:
        r = self.receipt
        out = sum(r["suppressed"].values())
        return (
            f"{self.file_name} is the file of receipt {r['receipt_id']}: {r['rows']:,} rows, {r['people']:,} people of segment "
            f"{r['segment']['segment_id']}, {out:,} left out; for {r['purpose']} by {r['channel']}, to {r['recipient']}, asked for by "
            f"{r['asked_by']} on {r['made_at'][:16].replace('T', ' ')} UTC from data version {r['data_version']}; to be deleted by "
            f"{r['expires_on']}"
        )


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def register(settings: Settings) -> Path:
    """The file of all receipts."""
    return settings.exports / "export_receipts.jsonl"


def keep(settings: Settings, receipt: dict[str, Any]) -> None:
    """Add a receipt to the register."""
    files.add_line(register(settings), receipt)


def every(settings: Settings) -> list[dict[str, Any]]:
    """All receipts, the oldest first.

    Raises:
        NoReceipt: a line of the register is no receipt.
    """
    try:
        lines = register(settings).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    receipts = []
    for number, line in enumerate(lines, start=1):
        try:
            receipts.append(json.loads(line))
        except ValueError:
            raise NoReceipt(
                f"{register(settings)}, line {number}: no receipt; take the line out, or the file from a backup"
            ) from None
    return receipts


def verify(settings: Settings, file: Path) -> Verdict:
    """Say which receipt a file is on, by its content, whatever it is called now.

    Raises:
        NoReceipt: it is on none, or was changed since.
    """
    if not file.is_file():
        raise NoReceipt(f"{file}: there is no such file")
    found = digest(file)
    receipts = every(settings)
    for receipt in receipts:
        if any(entry["sha256"] == found for entry in receipt["files"]):
            return Verdict(receipt, file.name)
    named = [r for r in receipts if any(entry["name"] == file.name for entry in r["files"])]
    if named:
        raise NoReceipt(
            f"{file} has the name of receipt {named[-1]['receipt_id']} and not its content: it was changed; export it again"
        )
    raise NoReceipt(
        f"{file} is on no receipt of {register(settings)}: it was not written here, or was changed and renamed"
    )


def outdated(settings: Settings, now: datetime) -> list[Path]:
    """Files of lists older than `keep: exports_days`, and what an export that was killed left. The register is none of them."""
    before = (now - timedelta(days=settings.campaign.keep.exports_days)).timestamp()
    left = (now - timedelta(days=1)).timestamp()
    files = [file for file in settings.exports.rglob("*") if file.is_file() and file != register(settings)]
    return [f for f in files if f.stat().st_mtime < (before if f.parent == settings.exports else left)]
