"""What people decided of records: that two are one person, or that they are not. Kept in a file of its own, which outlives a warehouse
that is built anew, and replayed by each run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration import files
from orchestration.exporting.reading import published
from orchestration.settings import Mendable, Settings

CONFIRM, REJECT = "confirm", "reject"


class Undecidable(Mendable):
    """A decision cannot be taken or read; the message says why and what to do."""


@dataclass(frozen=True)
class Record:
    """A record by its source and the source's id of it."""

    source: str
    record_id: str

    def __str__(self) -> str:
        return self.record_id if self.source.endswith("_voters") else f"{self.source}:{self.record_id}"


@dataclass(frozen=True)
class Decision:
    """That `a` and `b` are one person (`confirm`) or two (`reject`)."""

    decision: str
    a: Record
    b: Record


def file_of(settings: Settings) -> Path:
    """Where decisions are kept, a line of JSON each: `at`, `by`, `decision`, and `a` and `b` with `source` and `record_id`."""
    return settings.decisions / "matches.jsonl"


def read(settings: Settings) -> list[Decision]:
    """The decisions that hold: of each pair the last.

    Raises:
        Undecidable: a line of the file is none.
    """
    found: dict[frozenset[Record], Decision] = {}
    file = file_of(settings)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            decision = Decision(told["decision"], Record(**told["a"]), Record(**told["b"]))
            if decision.decision not in (CONFIRM, REJECT) or decision.a == decision.b:
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise Undecidable(
                f"{file}, line {number}: no decision of groundgame match; mend or remove the line. Nothing was changed, and people stand as they were"
            ) from None
        found[frozenset((decision.a, decision.b))] = decision
    return [*found.values()]


def decide(settings: Settings, decision: str, a: str, b: str, by: str) -> Decision:
    """Remember that `a` and `b` are one person or two; each is a `person_id`, a `voter_id`, or a source and record id (`van_list:123`). For
    a person her first record stands. It counts from the next run on.

    Raises:
        Undecidable: the published version has nobody of that name, or both are the same.
    """
    with published(settings) as con:
        one, two = (find(con, name) for name in (a, b))
    if one == two:
        raise Undecidable(
            f"{a} and {b} name the same record; to part a person, name two records of hers (person_records)"
        )
    decided = Decision(decision, one, two)
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "by": by, **asdict(decided)}
    settings.make_directories()
    files.add_line(file_of(settings), line)
    return decided


def find(con: duckdb.DuckDBPyConnection, name: str) -> Record:
    """The record of the published version (attached as `published`) that a `person_id`, `voter_id` or `source:record_id` names.

    Raises:
        Undecidable: there is none.
    """
    source, colon, record_id = name.partition(":")
    found = con.execute(
        """
        select source, record_id from published.person_records
        where valid_to is null and case
            when $colon then source = $source and record_id = $record_id
            else person_id = $name and stage = 'first' or record_id = $name and ends_with(source, '_voters')
        end limit 1
        """,
        {"colon": bool(colon), "source": source, "record_id": record_id, "name": name},
    ).fetchone()
    if found is None:
        raise Undecidable(
            f"the published version has no record {name}; name a person_id (P-...), a voter_id, or source:record_id as in person_records"
        )
    return Record(*found)


def load(con: duckdb.DuckDBPyConnection, decisions: list[Decision]) -> None:
    """Make the temp table `decided` (`decision`, and `source_*` and `record_*` of a and b)."""
    con.execute(
        "create or replace temp table decided as select unnest(?::varchar[]) as decision, unnest(?::varchar[]) as source_a, "
        "unnest(?::varchar[]) as record_a, unnest(?::varchar[]) as source_b, unnest(?::varchar[]) as record_b",
        [
            [d.decision for d in decisions],
            *(
                [getattr(getattr(d, side), part) for d in decisions]
                for side in "ab"
                for part in ("source", "record_id")
            ),
        ],
    )
