"""What each source's file looks like: one YAML a file format beside this module, which reads them and holds
a file's header against them. The fields of `Contract`, `Form` and `Scope` are the words that a YAML may use."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where it is there: ten times as quick
# Built by who reads a contract, not by who imports this: every command does.
_STRICT = ConfigDict(extra="forbid", frozen=True, defer_build=True)
SURELY_A_HEADER = 0.5  # below this share of known names a first line may be a record, which no message may quote


class SampleMarker(BaseModel):
    """How a generated record is told from a real one: a column that each record fills, mostly its id, begins with a prefix
    that no state gives out."""

    model_config = _STRICT
    column: str
    prefix: str


class Form(BaseModel):
    """One way of writing a file: a source that changes its delimiter or drops its header has several."""

    model_config = _STRICT
    delimiter: str = ""
    quote: str = '"'  # empty where quotes are letters like any other
    header: bool = True
    # The columns of this vintage, if not all of the contract's that are not optional: with a header in any order, without
    # one in the places that they have.
    names: list[str] = []
    # Records may have one more field than the header, an empty one at their end.
    trailing_field: bool = False
    # Fields between quotes may hold line breaks, as what people type does. They are read as vertical tabs, which staging takes for blanks.
    line_breaks: bool = False
    # Instead of a delimiter the bytes of each field, which is filled up with blanks. Such a file has no header.
    widths: list[int] = []
    # Instead of either a JSON object on each line. The contract's columns then name where in it each value stands, as keys with
    # dots between them (properties.topic); the first that the object has counts.
    json_lines: bool = False

    @model_validator(mode="after")
    def _is_written_in_one_way(self) -> Self:
        if [bool(self.delimiter), bool(self.widths), self.json_lines].count(True) != 1:
            raise ValueError("a form has either a delimiter, widths or JSON lines")
        if self.json_lines and (self.header or self.quote or self.names):
            raise ValueError("a form with JSON lines has no header, no quote and no names")
        if self.widths and (self.header or self.quote or len(self.names) != len(self.widths)):
            raise ValueError("a form with widths has no header, no quote, and a name for each width")
        if self.line_breaks and not self.quote:
            raise ValueError("a form with line breaks in its fields has quotes")
        return self

    @property
    def length(self) -> int | None:
        """The bytes of a record without its line end, where fields have widths."""
        return sum(self.widths) or None


class MatchingOnly(BaseModel):
    """What a contract has of people who consented to nothing: it serves to find voters, and is gone from raw once it has. Their
    files are not kept."""

    model_config = _STRICT
    columns: list[str]
    key: str  # the column that tells a record
    mart: str  # holds the keys of the records that found a voter, which keep what they have


class Person(BaseModel):
    """Whose a record is: what finds all of somebody's records, for a request of access or of erasure."""

    model_config = _STRICT
    # By the kind of identifier, which is the same in all contracts (voter, email, phone, van ...), the columns that hold one. What two
    # columns hold together is written with a plus: state + state_file_id. A state's own files need not name their voter's id.
    keys: dict[str, list[str]] = {}
    first_name: str | None = None
    last_name: str | None = None
    leads_on: bool = True  # whether all its keys are of one person


class Scope(BaseModel):
    """What a delivery is split and replaced by: mostly the county, each under the code that the file gives it. Of events it
    is the delivery itself, so none replaces another, and nothing of this is given."""

    model_config = _STRICT
    # The column that holds the code. Without one it is the group `scope` of the contract's `file_name`, and without that
    # group a file is always of the whole state.
    column: str | None = None
    # Of a contract of no one state: the columns whose values, joined, are the code (NC-2018-GEN). Where its `file_name` has a
    # group `scope`, that comes before them.
    columns: list[str] = []
    pattern: str | None = None  # what of the column's text is the code, such as the year of a date
    digits: int | None = None  # the code is a number, written with so many: 092 is also 92 and 92.0
    named: bool = False  # some files have the county's name instead of the number; the seed counties has both
    # A file of several counties replaces the whole state, or those counties that it holds.
    covers: Literal["state", "counties"] = "state"


def _aliases(columns: dict[str, list[str] | None]) -> dict[str, list[str]]:
    return {name: aliases or [] for name, aliases in columns.items()}


class Contract(BaseModel):
    """One file format: how its bytes are read, its columns with their aliases, its scope."""

    model_config = _STRICT

    name: str
    title: str
    state: str | None = None  # none: a file is taken in for whichever state its scope says
    cadence_days: int | None = None  # none: it comes when it comes, and nobody waits for it
    # Of events (donations, conversations) each delivery adds to those before, however they overlap; the others are replaced. People
    # are what the campaign buys of them, which a newer file replaces as it does voters.
    kind: Literal["voters", "vote_history", "lookup", "results", "turnout", "events", "people"]
    pii: bool = True  # whether its records are of people
    # either: latin-1 or UTF-8, told from the bytes. A BOM always says UTF-8, and JSON lines are nothing else
    encoding: Literal["latin-1", "either", "utf-8"]
    forms: list[Form]
    # A pattern for what the source calls its file. A group `scope` in it is the code of the county that the file is of.
    file_name: str
    # Patterns by column that the values of a file without a header have, by which it is told from others.
    content: dict[str, str] = {}
    # Patterns by column of how values are written that staging reads as dates or numbers, in whichever form: most that are
    # not blank are so, or the column was retyped.
    written: dict[str, str] = {}
    # By column the codes that the layout lists, where they are a short list: more than a few others stop at the raw gate.
    listed: dict[str, list[str]] = {}
    scope: Scope = Scope()
    id_column: str | None = None  # holds the state's id of a voter, where the records are a voter's
    person: Person = Person()
    sample: SampleMarker | None = None  # none: nothing generated is written so, and every file of it is real
    profile: list[str]  # value counts kept per delivery, for the gate on change and that on codes
    # By column of the profile its codes, each with what other vintages have for it, which is counted as that code.
    codes: dict[str, dict[str, list[str]]] = {}
    filled: list[str]  # no usable file leaves these mostly empty
    unrecorded: list[str] = []  # columns of staging that the source does not record: always null there
    partial: list[str] = []  # columns of staging that by the source's own rules only some records have
    never_land: list[str] = []
    matching_only: MatchingOnly | None = None
    ignored: list[str] = []
    # The same for columns by the hundred: parts of names (small letters) that may never land, which only an audit that `campaign.yaml`
    # asks for puts into a private table; and a pattern of the names that a source gives its columns.
    never_land_like: list[str] = []
    ignored_like: str | None = None
    optional: list[str] = []  # columns that not every vintage has
    # By pattern names that look like a column's and are another thing, such as money in another currency: what to do, instead of an alias.
    no_alias: dict[str, str] = {}
    # A pattern for names of columns of which the file has one for each election. Where it has several for each, a group
    # `election` in the pattern is what they have in common, and a group `cell` is one of those listed in `cells`.
    elections: str | None = None
    cells: list[str] = []
    columns: Annotated[dict[str, list[str]], BeforeValidator(_aliases)]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same with some words changed, and nothing that was worked out of the words before."""
        return type(self)(**self.model_dump() | dict(update or {}))

    @cached_property
    def known_names(self) -> dict[str, str | None]:
        """Every header name in lower case that the contract knows, to its column (None: not loaded)."""
        names: dict[str, str | None] = dict.fromkeys([*self.never_land, *self.ignored])
        for column, aliases in self.columns.items():
            names |= dict.fromkeys([column, *aliases], column)
        return {name.lower(): column for name, column in names.items()}

    def is_sensitive(self, name: str) -> bool:
        """Whether a column that the contract does not load tells what the campaign does not want to know of a person."""
        return any(part in name.lower() for part in self.never_land_like) and name.lower() not in self.known_names

    def is_read_past(self, name: str) -> bool:
        """Whether an unlisted column is of a kind that is read past."""
        if not (self.never_land_like or self.ignored_like):
            return False
        return self.is_sensitive(name) or bool(self.ignored_like and re.fullmatch(self.ignored_like, name))

    def why_no_alias(self, name: str) -> str | None:
        """What to do about a name that looks like a column's and is another thing; None for any other name."""
        return next((why for pattern, why in self.no_alias.items() if re.fullmatch(pattern, name)), None)

    @cached_property
    def by_place(self) -> tuple[Match, ...]:
        """For each of its forms without a header what a file in it has."""
        return tuple(match_header(form.names or [*self.columns], self, form) for form in self.forms if not form.header)

    def person_keys(self) -> dict[str, list[str]]:
        """By the kind of identifier the columns that say whose a record is."""
        return ({"voter": [self.id_column]} if self.id_column else {}) | self.person.keys

    @property
    def is_json_lines(self) -> bool:
        """Whether its files have a JSON object on each line."""
        return self.forms[0].json_lines

    def paths(self) -> dict[str, list[str]]:
        """Of JSON lines where each column's value may stand in an object, the best place first: under its own name only if the
        contract gives no other, since each place takes time."""
        return {column: aliases or [column] for column, aliases in self.columns.items()}

    def knows_path(self, path: str) -> bool:
        """Whether a value of JSON lines stands where the contract says what becomes of it: it is a column's, or all that
        lies there is read past."""
        parts = path.split(".")
        read_past = {*self.never_land, *self.ignored}
        above = {".".join(parts[: n + 1]) for n in range(len(parts))}
        return bool(above & read_past) or any(path in places for places in self.paths().values())

    @property
    def file(self) -> str:
        """Where the contract stands, from the root of the repository."""
        return f"orchestration/ingestion/contracts/{self.name}.yaml"

    @property
    def models(self) -> str:
        """Where what a column says is read."""
        return f"dbt_project/macros/{self.state.lower()}/" if self.state else "the models that read it"

    @property
    def names_its_scope(self) -> bool:
        """Whether the code of a file's scope stands in its name, or may."""
        return "(?P<scope>" in self.file_name

    def cells_by_election(self, columns: Iterable[str]) -> dict[str, list[str]]:
        """Columns of elections by the election: one, or as many as there are `cells`, in their order."""
        if not self.cells:
            return {column: [column] for column in columns}
        found: dict[str, dict[str, str]] = {}
        for column in columns:
            named = re.fullmatch(str(self.elections), column)
            if named:
                found.setdefault(named["election"], {})[named["cell"].lower()] = column
        return {election: [cells[cell] for cell in self.cells] for election, cells in found.items()}

    def named_scope(self, file_name: str) -> str | None:
        """The code that a file's name says its records are of, if it says one."""
        if self.state and not self.scope.column and not self.names_its_scope:
            return self.state
        named = re.search(self.file_name, file_name, re.IGNORECASE)
        code = named.groupdict().get("scope") if named else None
        return code and (code.upper() if self.scope.digits is None else f"{int(code):0{self.scope.digits}}")


@dataclass(frozen=True)
class Match:
    """A header held against a contract."""

    contract: Contract
    form: Form
    header: tuple[str, ...]
    loads: tuple[str | None, ...]  # for each position of the file its column, or None where nothing is loaded
    elections: tuple[str, ...]  # those of the loaded columns of which there is one for each election
    wanted: tuple[str, ...]  # columns that a file in this form has to have
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether a file with this header is loaded. Objects differ in their keys, and unknown ones are only counted."""
        return not (self.missing or self.repeated or (self.unknown and not self.form.json_lines))

    @property
    def columns(self) -> list[str]:
        """The columns that the file may have values of."""
        return [*self.contract.columns] if self.form.json_lines else [column for column in self.loads if column]

    @property
    def sensitive(self) -> list[str]:
        """The names of its columns that tell what the campaign does not want to know of a person."""
        return [name for name in self.header if self.contract.is_sensitive(name)]

    @property
    def left_out(self) -> str | None:
        """In words how many columns were read past, where the contract says so of whole kinds of them."""
        if not self.contract.ignored_like:
            return None
        return (
            f"{self.loads.count(None):,} of {len(self.header):,} columns were read past, {len(self.sensitive):,} of them since they "
            "tell religion, health, origin, whereabouts and the like"
        )

    @property
    def share_known(self) -> float:
        """The part of those columns that the header has."""
        return 1 - len(self.missing) / len(self.wanted)

    def explain(self) -> str:
        """The difference between header and contract in words, with an alias block to paste."""
        names = "keys fit" if self.form.json_lines else "header fits"
        lines = [
            f"its {names} no contract; the nearest is {self.contract.name} "
            f"({len(self.wanted) - len(self.missing)} of {len(self.wanted)} columns)"
        ]
        if self.form.json_lines and self.share_known < SURELY_A_HEADER:
            lines.append("  none of its other keys is shown, since they may be a person's")
            return "\n".join(lines)
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
        others = {name: why for name in self.unknown if (why := self.contract.why_no_alias(name))}
        lines += [
            f"  {', '.join(n for n in others if others[n] == why)}: {why}" for why in dict.fromkeys(others.values())
        ]
        renames = self.likely_renames()
        if renames:
            lines.append("  likely renames: " + ", ".join(f"{new} for {old}" for old, new in renames.items()))
            lines.append(f"  if so, put these aliases into {self.contract.file}:")
            for old, new in renames.items():
                lines.append(f"    {old}: {_yaml_list([*self.contract.columns[old], new])}")
        extra = [name for name in self.unknown if name not in renames.values() and name not in others]
        if extra:
            lines.append(f"  to read past the rest, add to its `ignored:` list: {_yaml_list(extra)[1:-1]}")
        return "\n".join(lines)

    def likely_renames(self) -> dict[str, str]:
        """Columns that are not there with the unknown one that most looks like each by any of its names, best pairs first."""
        absent = [*self.missing, *(c for c in self.contract.optional if c not in self.loads and c not in self.missing)]
        likeness = {
            (old, new): max(_likeness(name, new) for name in (old, *self.contract.columns[old]))
            for old in absent
            for new in self.unknown
            if not self.contract.why_no_alias(new)
        }
        pairs = sorted(
            ((alike, old in self.missing, old, new) for (old, new), alike in likeness.items() if alike >= 0.6),
            reverse=True,
        )
        renames: dict[str, str] = {}
        for *_, old, new in pairs:
            if old not in renames and new not in renames.values():
                renames[old] = new
        return renames


def yaml_line(column: str, value: str | list[str]) -> str:
    """A line to paste into a contract, quoted where YAML would take the value for something else."""
    return yaml.safe_dump({column: value}, default_flow_style=True, allow_unicode=True, width=float("inf")).strip()[
        1:-1
    ]


def _yaml_list(names: list[str]) -> str:
    """Names as a list to paste: quoted where YAML would take them for something else."""
    return yaml.safe_dump(names, default_flow_style=True, allow_unicode=True, width=float("inf")).strip()


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a.lower(), b.lower(), autojunk=False).ratio()


@cache
def all_contracts() -> tuple[Contract, ...]:
    """Every contract in this folder, by name."""
    files = sorted(Path(__file__).parent.glob("*.yaml"))
    return tuple(Contract(**yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)) for file in files)


@cache
def counties_by_name(state: str) -> dict[str, str]:
    """A state's counties by name in capitals: the code that its files give each."""
    seeds = Path(__file__).parents[3] / "dbt_project" / "seeds"
    with (seeds / "counties.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return {row["county_name"].upper(): row["county_code"] for row in rows if row["state_code"] == state}


def contracts_of(states: list[str], kind: str | None = None) -> tuple[Contract, ...]:
    """The contracts of some states and those of no one state, of one kind or of all."""
    return tuple(c for c in all_contracts() if c.state in (None, *states) and kind in (None, c.kind))


def campaign_contracts() -> tuple[Contract, ...]:
    """The contracts of the campaign's own sources: what it is given, does and buys."""
    return tuple(contract for contract in all_contracts() if contract.kind in ("events", "people"))


def match_header(header: list[str], contract: Contract, form: Form | None = None) -> Match:
    """Hold a header (names in file order, any case) against one contract, as written in one of its forms. One without a
    header says itself which columns a file has, so none is missing."""
    known = contract.known_names
    names = [name.strip() for name in header]
    elections = {n: n.upper() for n in names if contract.elections and re.fullmatch(contract.elections, n.upper())}
    loads = tuple(known.get(name.lower()) or elections.get(name) for name in names)
    loaded = [column for column in loads if column]
    form = form or contract.forms[0]
    if form.names:
        wanted = [column for name in form.names if (column := known.get(name.lower()))]
    else:
        wanted = [column for column in contract.columns if column not in contract.optional]
    found = {*loaded}
    return Match(
        contract=contract,
        form=form,
        header=tuple(names),
        loads=loads,
        elections=tuple(elections.values()),
        wanted=tuple(wanted),
        missing=tuple(c for c in wanted if c not in found),
        unknown=tuple(
            name
            for name, column in zip(names, loads, strict=True)
            if not column and name.lower() not in known and not contract.is_read_past(name)
        ),
        repeated=tuple(sorted(column for column in found if loaded.count(column) > 1)),
    )


def match_paths(paths: list[str], contract: Contract) -> Match:
    """Hold the places of values in JSON objects (`properties.topic`; case counts) against one contract."""
    columns = {path: column for column, places in contract.paths().items() for path in places}
    loads = tuple(columns.get(path) for path in paths)
    wanted = tuple(column for column in contract.columns if column not in contract.optional)
    return Match(
        contract=contract,
        form=contract.forms[0],
        header=tuple(paths),
        loads=loads,
        elections=(),
        wanted=wanted,
        missing=tuple(column for column in wanted if column not in loads),
        unknown=tuple(path for path in paths if not contract.knows_path(path)),
        repeated=(),
    )


def best_match(header: list[str], contracts: tuple[Contract, ...]) -> Match:
    """The contract that a header fits, or the nearest one if it fits none."""
    return nearest([match_header(header, contract) for contract in contracts])


def nearest(matches: list[Match]) -> Match:
    """The match that fits, or the one that comes nearest."""
    return max(matches, key=lambda m: (m.fits, m.share_known, -len(m.unknown)))
