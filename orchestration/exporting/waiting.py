"""Opt-outs that were delivered and do not count yet: no list goes to whom they may be of, once an hour has passed."""

from __future__ import annotations

import re
import secrets
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.exporting.law import Refused
from orchestration.ingestion import inbox
from orchestration.ingestion.contracts import all_contracts
from orchestration.ingestion.recognise import recognise
from orchestration.settings import Settings

LONGEST = timedelta(hours=1)
LARGEST = 1 << 28  # bytes; a file of more is none of these, and would take long to unpack
# The contracts whose records may say that somebody is not to be contacted: those that `int_consents` is made of.
CONTRACTS = (
    "actblue_contributions", "actionnetwork_activists", "mailchimp_activity", "mailchimp_audience", "texting_opt_outs", "van_contacts", "van_list",
)  # fmt: skip


def ask(settings: Settings, con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Let a list be written if every delivery that may hold opt-outs, and has its time from over an hour ago, is in the published version. `published`
    has to be attached.

    Raises:
        Refused: one lies in the inbox, or was taken in by a run that did not come to its end.
    """
    published = {delivery for (delivery,) in con.execute("select delivery_id from published.deliveries").fetchall()}
    taken = [file for file in settings.archive.glob("*") if file.name[:16] not in published]
    for file in (*inbox.entries(settings.inbox), *taken):
        came = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if now - came > LONGEST and file.stat().st_size <= LARGEST and (title := _title(settings, file)):
            what = (
                f"{inbox.shown_name(file)} ({title}) lies in the inbox"
                if file.parent == settings.inbox
                else f"a file of {title} was taken in and is not published"
            )
            raise Refused(
                f"{what} since {came:%Y-%m-%d %H:%M} UTC and may hold opt-outs, which count within the hour; nothing was exported. Run: groundgame run; "
                "where that refuses the file or a gate fails, its message says what to mend"
            )


def _title(settings: Settings, file: Path) -> str | None:
    """What kind of file it is, if one of those that may hold opt-outs: by its content, or by its name where it fits nothing."""
    folder = settings.exports / f".waiting-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700, parents=True)
    try:
        entry = file
        if file.parent == settings.archive:
            entry = folder / inbox.name_of(file, f"original{'.txt' if file.suffix == '.zst' else file.suffix}")
            inbox.put(file, entry)
        return next(filter(None, (_title_of(part, folder) for part in inbox.members(entry))), None)
    finally:
        shutil.rmtree(folder)


def _title_of(part: inbox.Part, folder: Path) -> str | None:
    try:
        with inbox.opened(part.entry, folder / "unpacked", part.place) as file:
            match, _ = recognise(file.path, file.name, all_contracts())
        return match.contract.title if match.contract.name in CONTRACTS else None
    except inbox.Refused:
        named = [c for c in all_contracts() if re.search(c.file_name, part.entry.name, re.IGNORECASE)]
        of_voters = any(contract.state for contract in named)
        return next((c.title for c in named if c.name in CONTRACTS and not of_voters), None)
