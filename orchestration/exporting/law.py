"""The law as data: `law.yaml` typed, and what it answers to a request for a list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from orchestration.settings import Mendable, without_root

FILE = Path(__file__).parent / "law.yaml"
Answer = bool | Literal["counsel"]


class LawError(Mendable):
    """`law.yaml` cannot be used; the message says which entry is wrong."""


class Refused(Mendable):
    """A list may not be written; the message names the column, its source and the rule."""


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of a state's voter file."""

    citation: str
    rule: str
    purposes: dict[str, Answer]
    platform: Answer


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of a source."""

    title: str
    purposes: frozenset[str]
    rule: str = ""
    citation: str = ""

    def __str__(self) -> str:
        rule = f": {self.rule}" if self.rule else ""
        return f"{self.title}{rule}" + (f" ({self.citation})" if self.citation else "")


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a channel reaches people, and what that needs."""

    consent: Literal["proven", "required", "not_opted_out"]
    recipient: Literal["campaign", "vendor", "platform"]
    reached_by: Literal["mail", "residence", "phone", "text", "email"] | None = None
    at_residence: bool = False
    hours: tuple[str, str] | None = None
    citation: str = ""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of every state."""

    name: str
    citation: str
    rule: str


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of `law.yaml`."""

    reviewed: date
    reviewed_by: str
    review_again_days: int
    purposes: dict[str, str]
    sources: dict[str, Source]
    states: dict[str, State]
    channels: dict[str, Channel]
    rules: list[Rule]
    time_zones: dict[str, str | list[str]]

    @classmethod
    def load(cls, file: Path = FILE) -> Law:
        """Read and check the file.

        Raises:
            LawError: it is missing, no YAML, or an entry is of another kind than the neighbours.
        """
        try:
            values = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
        except (OSError, yaml.YAMLError) as error:
            raise LawError(f"{file}: cannot be read ({type(error).__name__}); mend it, or take it from git") from None
        place = ""
        try:
            # Entry by entry, since msgspec says of a dictionary's values not under which name they stand.
            for section, kind in (("sources", Source), ("states", State), ("channels", Channel)):
                entries = msgspec.convert(values, dict[str, Any]).get(section, {})
                for name, entry in msgspec.convert(entries, dict[str, Any]).items():
                    place = f"{section}.{name}: "
                    msgspec.convert(entry, kind)
            place = ""
            law = msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            raise LawError(f"{file}: {place}{without_root(error)}") from None
        named: dict[str, Iterable[str]] = {name: entry.purposes for name, entry in law.sources.items()}
        named |= {name: entry.purposes for name, entry in law.states.items()}
        for name, purposes in named.items():
            unknown = sorted({*purposes} - {*law.purposes})
            if unknown:
                raise LawError(f"{file}: {name}: {', '.join(unknown)} is not among `purposes`")
        return law

    def terms(self) -> dict[str, Source]:
        """The terms of every source, by the beginning of its contract's name. What counsel has not answered yet may be prepared
        and is refused when a list is asked for; records may always be matched."""
        files = {
            name.lower(): Source(
                title=f"{name}'s voter file",
                purposes=frozenset({"matching", *(p for p, answer in state.purposes.items() if answer is not False)}),
                rule=state.rule,
                citation=state.citation,
            )
            for name, state in self.states.items()
        }
        return {**files, **self.sources}

    def in_words(self, purposes: Iterable[str]) -> str:
        """Purposes in the order of the file."""
        named = {*purposes}
        return ", ".join(purpose for purpose in self.purposes if purpose in named) or "nothing"

    def review(self, today: date) -> str:
        """Who reviewed it and when, and whether that is long ago."""
        old = today > self.reviewed + timedelta(days=self.review_again_days)
        return f"{self.reviewed}, {self.reviewed_by}" + ("; the review is old" if old else "")

    def channel(self, name: str) -> Channel:
        """A channel by its name.

        Raises:
            Refused: there is none of this name.
        """
        if name not in self.channels:
            raise Refused(f"there is no channel {name}; there are {', '.join(self.channels)}")
        return self.channels[name]

    def ask_states(self, states: list[str], purpose: str, channel: Channel) -> None:
        """Let records of these states' voter files be used for a purpose on a channel.

        Raises:
            Refused: the terms of one of them say no, or counsel has not said yes.
        """
        for state in states:
            terms = self.states.get(state)
            if terms is None:
                raise Refused(f"{FILE}: no terms of {state}'s voter file; counsel enters them under `states:`")
            answer = terms.purposes.get(purpose, False)
            if channel.recipient == "platform" and answer is True:
                answer, asked = terms.platform, "an advertising platform"
            else:
                asked = purpose
            if answer is not True:
                why = "no" if answer is False else "counsel has not said yes"
                raise Refused(
                    f"column voters.voter_id, source {state.lower()}_voters, is not for {asked} ({why}): {terms.rule} "
                    f"({terms.citation}; {FILE.name}, reviewed {self.reviewed})"
                )
