"""One person out of everything that is kept here, in an order that may be cut off anywhere: who they are is written down first, as hashes;
the warehouse, by which they are found, is the last to be without them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from orchestration.erasing import databases, lists, originals, register
from orchestration.erasing.person import NotAPerson, Person, find, key_of
from orchestration.ingestion import ingest
from orchestration.ingestion.inbox import shown_name
from orchestration.settings import Mendable, Settings
from orchestration.warehouse import Warehouse
from quality import versions

__all__ = ["InTheInbox", "NotAPerson", "erase"]


class InTheInbox(Mendable):
    """A file that nobody has taken in yet names the person; the message says which."""


def erase(settings: Settings, person: str, asked_by: str, now: datetime | None = None) -> register.Erasure:
    """Remove a person from the lists, the house's own lists, the originals, what is published and the warehouse, and return the receipt. What
    was derived is gone from the warehouse and wants a run.

    Begun and cut off, it is done whole when it is asked for again.

    Raises:
        NotAPerson: `person` is no identifier, or one of several voters.
        InTheInbox: the inbox has a file with their records.
    """
    now = now or datetime.now(UTC)
    key = key_of(person)
    with Warehouse(settings).hold("groundgame erase") as warehouse:
        with warehouse.open() as con:
            found = find(con, key)
            _nothing_waits(settings, found)
            begun = _written_down(settings, key, found, asked_by, now)
            everybody = register.erased(settings)
            gone = sorted({*begun.lists, *lists.remove(settings, found)})
            suppressed = lists.take_out_of_suppressions(settings, found)
            decided = lists.take_out_of_decisions(settings, found)
            rewritten = originals.clean(settings, con, found, everybody)
        published = databases.rewrite_published(settings, found)
        records, texts = databases.rewrite_warehouse(settings, found, everybody)
        counts = {
            "lists": len(gone),
            "lines of suppressions": suppressed,
            "lines of decisions": decided,
            "originals": rewritten,
            "rows of the published version": published,
            "records of raw": records,
            "texts in quarantine": texts,
        }
        removed = {name: max(number, begun.removed.get(name, 0)) for name, number in counts.items()}
        with warehouse.open() as con:
            versions.start_build(con, "raw")
            ingest.prepare(con)
            versions.finish_build(settings, con, "raw")
        return register.keep(settings, begun, done_at=datetime.now(UTC).isoformat(), removed=removed, lists=gone)


def _written_down(settings: Settings, key: str, person: Person, asked_by: str, now: datetime) -> register.Erasure:
    salt = register.salt(settings)
    listed = {register.hashed(salt, one) for one in person.listed}
    for earlier in register.every(settings):
        if earlier.done_at is None and register.hashed(salt, key) in earlier.hashes:
            return register.keep(settings, earlier, hashes=sorted(listed.union(earlier.hashes)))
    return register.keep(settings, register.Erasure(secrets.token_hex(4), now.isoformat(), asked_by, sorted(listed)))


def _nothing_waits(settings: Settings, person: Person) -> None:
    """Leave files that nobody has taken in alone, and do nothing as long as one names the person."""
    surely = {n for n in originals.needles(person) if len(n) > 5}
    naming = [file for file in sorted(settings.inbox.rglob("*")) if file.is_file() and originals.is_in(file, surely)]
    if naming:
        raise InTheInbox(
            f"the inbox has files that seem to name them: {', '.join(map(shown_name, naming))}. Take them in (groundgame run) or remove "
            "them, and ask again; nothing was erased yet"
        )
