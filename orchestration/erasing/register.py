"""Who was erased: a file of JSON an erasure in `erasures/` of the data directory, with salted hashes of the identifiers by which a
later record would be known as theirs, and what was removed where. No name, no identifier.

The salt lies beside them, for the owner only. Whoever has both can ask whether a given person was erased; without the salt nobody can.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb

from orchestration import files
from orchestration.settings import Settings, contract_states

if TYPE_CHECKING:  # contracts are read by who erases, not by who asks whether somebody was
    from orchestration.ingestion.contracts import Contract

MARKS = "^(ACTBLUE|APP|FEC|L2)-"  # before ids of marts
# What several people of a household may use together; it says whose a record is only where nothing surer stands in it.
SHARED = ("email", "phone", "browser")


@dataclass(frozen=True)
class Erasure:
    """One person's erasure. It is written before anything is removed, and said to be done at the end."""

    erasure_id: str
    asked_at: str
    asked_by: str
    hashes: list[str]
    done_at: str | None = None
    removed: dict[str, int] = field(default_factory=dict)  # how much, by where
    lists: list[str] = field(default_factory=list)  # receipts of lists that named them


@dataclass(frozen=True)
class Erased:
    """All who were erased, to be held against records."""

    salt: str
    hashes: frozenset[str]

    def prepare(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make the temporary table `erased` with the column `hash`, which the conditions of this class ask."""
        con.execute("create or replace temp table erased as select unnest(?::varchar[]) as hash", [sorted(self.hashes)])

    def is_theirs(self, contract: Contract) -> str:
        """The SQL that says whether a record of a contract's raw table is of somebody who was erased."""
        found, first = keys(contract), first_name(contract)
        sure = [self.is_listed(key) for kind, key in found if kind not in SHARED]
        if contract.state:
            return sure[0] if sure else "false"
        nothing_surer = " and ".join(f"({key}) is null" for kind, key in found if kind == "voter") or "true"
        nobody_said = " and ".join(f"({key}) is null" for kind, key in found if kind != "browser") or "true"
        shared = [
            f"({nobody_said if kind == 'browser' else nothing_surer}"
            f" and ({self.is_listed(key)} or {self.is_listed(f'{key} || chr(124) || {first}')}))"
            for kind, key in found
            if kind in SHARED
        ]
        return " or ".join([*sure, *shared]) or "false"

    def is_listed(self, key: str) -> str:
        """The SQL that says whether a key is of somebody who was erased."""
        return f"coalesce(sha256('{self.salt}' || {key}) in (select hash from erased), false)"

    def holds(self, key: str) -> bool:
        """Whether a key, such as `voter:NCAA1`, is of somebody who was erased."""
        return hashed(self.salt, key) in self.hashes

    def is_named(self, contract: Contract, text: str) -> bool:
        """Whether the text of a record that could not be read has an identifier of somebody who was erased."""
        words = {word for word in re.split(r'[\t,|";{}]+', text) if word.strip()}
        return any(self.holds(key) for word in words for key in _keys_of(contract, word))

    @cached_property
    def is_empty(self) -> bool:
        """Whether nobody was erased."""
        return not self.hashes


def _keys_of(contract: Contract, word: str) -> Iterable[str]:
    for kind in contract.person_keys():
        value = normal(kind, word)
        if value:
            yield from (f"voter:{s}{value}" for s in contract_states()) if kind == "voter" else (f"{kind}:{value}",)


def normal(kind: str, value: str) -> str:
    """An identifier in the one form in which it is compared: of a phone ten digits, of an e-mail address small letters, of any
    other the letters and digits without zeros before them."""
    if kind == "phone":
        digits = re.sub(r"[^0-9]", "", value)[-10:]
        return digits if len(digits) == 10 else ""
    if kind == "email":
        text = value.strip(' "=').lower()
        return text if "@" in text else ""
    return re.sub(r"[^A-Z0-9]", "", value.upper()).lstrip("0")


def normal_sql(kind: str, columns: list[str]) -> str:
    """`normal` of what some columns hold together; of a voter's id the columns are the state and the id."""
    if kind == "phone":
        digits = f"right(regexp_replace({' || '.join(columns)}, '[^0-9]', '', 'g'), 10)"
        return f"case when length({digits}) = 10 then {digits} end"
    if kind == "email":
        text = f"lower(trim({columns[0]}, ' \"='))"
        return f"case when contains({text}, '@') then {text} end"
    plain = f"nullif(ltrim(regexp_replace(upper({columns[-1]}), '[^A-Z0-9]', '', 'g'), '0'), '')"
    return " || ".join([*(f"nullif(upper(trim({column})), '')" for column in columns[:-1]), plain])


def keys(contract: Contract) -> list[tuple[str, str]]:
    """Of each identifier that a record of a contract's raw table may have its kind and the SQL of its key, such as `voter:NCAA1`; null
    where the record has none."""
    found = []
    for kind, columns in contract.person_keys().items():
        for column in columns:
            parts = [f'"{part.strip()}"' for part in column.split("+")]
            if kind == "voter" and contract.state:
                parts = [f"'{contract.state}'", *parts]
            found.append((kind, f"'{kind}:' || {normal_sql(kind, parts)}"))
    return found


def voter_key(column: str) -> str:
    """The SQL of the key of a voter_id, as the tables behind staging have it."""
    number = f"substr({column}, strpos({column}, '-') + 1)"
    return f"('voter:' || split_part({column}, '-', 1) || {normal_sql('voter', [number])})"


def as_delivered(column: str) -> str:
    """The SQL of an id without what marts put before it to tell sources apart."""
    return f"regexp_replace({column}::varchar, '{MARKS}', '')"


def first_name(contract: Contract) -> str:
    """The SQL of the first name as it is compared; null where a record has none."""
    column = contract.person.first_name
    return f"nullif(regexp_replace(strip_accents(upper(\"{column}\")), '[^A-Z]', '', 'g'), '')" if column else "null"


def hashed(salt: str, key: str) -> str:
    """The salted hash of a key."""
    return hashlib.sha256(f"{salt}{key}".encode()).hexdigest()


@contextmanager
def kept_apart(settings: Settings, alone: bool, say: Callable[[str], None] = print) -> Iterator[None]:
    """Wait until no erasure is at work, and with `alone` until nobody writes a list either; keep it so until done. So what is written of people who
    were read before an erasure is there when it looks for them. A killed holder's lock is free at once."""
    settings.erasures.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(settings.erasures / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    try:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting: {'a list is being written' if alone else 'somebody is being erased'}")
            fcntl.flock(lock, kind)
        yield
    finally:
        os.close(lock)


def every(settings: Settings) -> list[Erasure]:
    """All erasures, the oldest first."""
    receipts = settings.erasures.glob("*.json")
    read = [Erasure(**json.loads(file.read_text(encoding="utf-8"))) for file in receipts]
    return sorted(read, key=lambda erasure: (erasure.asked_at, erasure.erasure_id))


def erased(settings: Settings) -> Erased:
    """All who were erased, also those whose erasure was begun and not ended."""
    hashes = frozenset(text for erasure in every(settings) for text in erasure.hashes)
    return Erased(salt(settings) if hashes else "", hashes)


def salt(settings: Settings) -> str:
    """The salt of this data directory, drawn when it is first asked for."""
    file = settings.erasures / "salt"
    if not file.exists():
        settings.erasures.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.put(file, os.urandom(32).hex() + "\n")
    return file.read_text(encoding="utf-8").strip()


def keep(settings: Settings, erasure: Erasure, **changes: object) -> Erasure:
    """Write an erasure down, with changes, over what was written of it before."""
    erasure = replace(erasure, **changes)  # type: ignore[arg-type]
    text = json.dumps(asdict(erasure), indent=1)
    files.put(settings.erasures / f"{erasure.erasure_id}.json", f"{text}\n")
    return erasure
