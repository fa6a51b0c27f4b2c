"""What each source's file looks like: one YAML a file format beside this module, which reads them and holds
a file's header against them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict

SURELY_A_HEADER = 0.5  # below this share of known names a first line may be a record, which no message may quote


class SampleMarker(BaseModel):
    """How a generated record is told from a real one: its id begins with a prefix that no state gives out."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    column: str
    prefix: str


def _aliases(columns: dict[str, list[str] | None]) -> dict[str, list[str]]:
    return {name: aliases or [] for name, aliases in columns.items()}


class Contract(BaseModel):
    """One file format: how its bytes are read, its columns with their aliases, its scope."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    state: str
    cadence_days: int
    kind: str
    encoding: str
    delimiter: str
    file_name: str
    scope_column: str
    sample: SampleMarker
    profile: list[str]
    never_land: list[str]
    ignored: list[str]
    columns: Annotated[dict[str, list[str]], BeforeValidator(_aliases)]

    def known_names(self) -> dict[str, str | None]:
        """Every header name in lower case that the contract knows, to its column (None: not loaded)."""
        names: dict[str, str | None] = dict.fromkeys([*self.never_land, *self.ignored])
        for column, aliases in self.columns.items():
            names |= dict.fromkeys([column, *aliases], column)
        return {name.lower(): column for name, column in names.items()}


@dataclass(frozen=True)
class Match:
    """A header held against a contract."""

    contract: Contract
    header: tuple[str, ...]
    loads: tuple[str | None, ...]  # for each position of the file its column, or None where nothing is loaded
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether a file with this header is loaded."""
        return not (self.missing or self.unknown or self.repeated)

    @property
    def share_known(self) -> float:
        """The part of the contract's columns that the header has."""
        return 1 - len(self.missing) / len(self.contract.columns)

    def explain(self) -> str:
        """The difference between header and contract in words, with an alias block to paste."""
        lines = [
            f"its header fits no contract; the nearest is {self.contract.name} "
            f"({len(self.contract.columns) - len(self.missing)} of {len(self.contract.columns)} columns)"
        ]
        if self.share_known < SURELY_A_HEADER or any(name[:1].isdigit() for name in self.unknown):
            # Known names and then numbers: the line end after the header was lost, and a record stands in its line.
            lines.append(
                f"  its first line has {len(self.header)} fields, of which {len(self.unknown)} are no known names and may be a "
                "record's, so they are not shown; the first line must hold the column names and nothing else"
            )
            return "\n".join(lines)
        lines += [f"  missing: {', '.join(self.missing)}"] if self.missing else []
        lines += [f"  unknown: {', '.join(self.unknown)}"] if self.unknown else []
        lines += [f"  twice:   {', '.join(self.repeated)}"] if self.repeated else []
        renames = self.likely_renames()
        if renames:
            lines.append("  likely renames: " + ", ".join(f"{new} for {old}" for old, new in renames.items()))
            lines.append(
                f"  if so, put these aliases into orchestration/ingestion/contracts/{self.contract.name}.yaml:"
            )
            for old, new in renames.items():
                lines.append(f"    {old}: {_yaml_list([*self.contract.columns[old], new])}")
        extra = [name for name in self.unknown if name not in renames.values()]
        if extra:
            lines.append(f"  to read past the rest, add to its `ignored:` list: {_yaml_list(extra)[1:-1]}")
        return "\n".join(lines)

    def likely_renames(self) -> dict[str, str]:
        """Missing columns with the unknown one that most looks like each, best pairs first."""
        pairs = sorted(
            (
                (_likeness(old, new), old, new)
                for old in self.missing
                for new in self.unknown
                if _likeness(old, new) >= 0.6
            ),
            reverse=True,
        )
        renames: dict[str, str] = {}
        for _, old, new in pairs:
            if old not in renames and new not in renames.values():
                renames[old] = new
        return renames


def _yaml_list(names: list[str]) -> str:
    """Names as a list to paste: quoted where YAML would take them for something else."""
    return yaml.safe_dump(names, default_flow_style=True, allow_unicode=True, width=float("inf")).strip()


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a.lower(), b.lower(), autojunk=False).ratio()


@cache
def all_contracts() -> tuple[Contract, ...]:
    """Every contract in this folder, by name."""
    files = sorted(Path(__file__).parent.glob("*.yaml"))
    return tuple(Contract(**yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files)


def match_header(header: list[str], contract: Contract) -> Match:
    """Hold a header (names in file order, any case) against one contract."""
    known = contract.known_names()
    names = [name.strip() for name in header]
    loads = tuple(known.get(name.lower()) for name in names)
    loaded = [column for column in loads if column]
    return Match(
        contract=contract,
        header=tuple(names),
        loads=loads,
        missing=tuple(column for column in contract.columns if column not in loaded),
        unknown=tuple(name for name in names if name.lower() not in known),
        repeated=tuple(sorted({column for column in loaded if loaded.count(column) > 1})),
    )


def best_match(header: list[str], contracts: tuple[Contract, ...]) -> Match:
    """The contract that a header fits, or the nearest one if it fits none."""
    matches = [match_header(header, contract) for contract in contracts]
    return max(matches, key=lambda m: (m.fits, m.share_known, -len(m.unknown)))
