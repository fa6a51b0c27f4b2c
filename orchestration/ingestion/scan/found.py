"""What a pass over a file finds, and when so much of it is broken that the file is refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestration.ingestion.inbox import Refused

CHUNK = 1 << 19  # with a record's rest still below LONGEST_RECORD, so that a whole block need not be looked into
LONGEST_RECORD = 1_000_000  # bytes; real ones are under 2,000, and the CSV reader stops at 2,000,000
KEPT_BYTES = 10_000  # of a broken record, for quarantine
MOST_BROKEN = 100_000  # held in memory
REFUSE_SHARE = 0.05  # a file with more broken records than this is refused whole ...
REFUSE_FROM = 100  # ... unless they are fewer than this, and no more than half


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


def refuse_too_many(broken: list[Broken], records: int) -> None:
    """Raise `Refused` if so many of a file's records are broken that the rest is no snapshot of anything."""
    if len(broken) > min(max(REFUSE_FROM, REFUSE_SHARE * records), records / 2):
        raise Refused(too_many(broken, records))


def too_many(broken: list[Broken], records: int) -> str:
    """What to say of a file so many of whose records are broken."""
    reasons = sorted({b.reason for b in broken[:REFUSE_FROM]})
    return (
        f"{len(broken):,} of {records:,} records cannot be read ({'; '.join(reasons[:3])}), "
        "too many to load the rest. Fetch or export it again"
    )


def decodes(data: bytes, encoding: str) -> bool:
    """Whether bytes are text in an encoding."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
