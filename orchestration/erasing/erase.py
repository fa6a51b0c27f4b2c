"""One person out of everything that is kept here, in an order that may be cut off anywhere: who they are is written down first, as hashes;
the warehouse, by which they are found, is the last to be without them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from orchestration.erasing import databases, lists, originals, register
from orchestration.erasing.person import NotAPerson, Others, Person, find, reports_like
from orchestration.ingestion import ingest
from orchestration.ingestion.inbox import shown_name
from orchestration.settings import Mendable, Settings
from orchestration.warehouse import Warehouse
from quality import versions

__all__ = ["InTheInbox", "NotAPerson", "erase"]


class InTheInbox(Mendable):
    """A file that nobody has taken in yet names the person; the message says which."""


def erase(
    settings: Settings,
    person: str,
    asked_by: str,
    others: Others = "ask",
    now: datetime | None = None,
    say: Callable[[str], None] = print,
) -> register.Erasure:
    """Remove a person from the lists, the house's own lists, the originals, what is published and the warehouse, and return the receipt. What
    was derived is gone from the warehouse and wants a run.

    Begun and cut off, it is done whole when it is asked for again.

    Raises:
        NotAPerson: `person` is no identifier, or one of several voters; or they are several voters and `others` does not say whether all go.
        InTheInbox: the inbox has a file with their records.
    """
    now = now or datetime.now(UTC)
    with Warehouse(settings).hold("groundgame erase") as warehouse, register.kept_apart(settings, alone=True, say=say):
        with warehouse.open() as con:
            found = find(con, person, others)
            _nothing_waits(settings, found)
            reports = reports_like(con, found)
            begun = _written_down(settings, found, asked_by, now)
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
        if reports:
            say(
                f"{len(reports):,} contributions in reports to the Federal Election Commission are under their name, from their ZIP code; nothing says "
                f"whether they are theirs, and they stay. If they are: groundgame erase fec:{reports[0]}"
                + (f" (and {', '.join(reports[1:])})" if reports[1:] else "")
            )
        return register.keep(settings, begun, done_at=datetime.now(UTC).isoformat(), removed=removed, lists=gone)


def _written_down(settings: Settings, person: Person, asked_by: str, now: datetime) -> register.Erasure:
    salt = register.salt(settings)
    listed = {register.hashed(salt, one) for one in person.listed}
    own = {register.hashed(salt, one) for one in person.own}
    for earlier in register.every(settings):
        if earlier.done_at is None and not own.isdisjoint(earlier.hashes):
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
