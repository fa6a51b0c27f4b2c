"""What each column may be used for: the terms of the sources (orchestration/exporting/law.yaml), followed through the columns of the
models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

from orchestration import lineage, project_cache
from orchestration.exporting import law
from orchestration.exporting.law import Law, Source
from orchestration.identity import tables
from orchestration.ingestion.contracts import all_contracts
from orchestration.lineage import FILTER, MATCH, ROWS, VALUE, Origins
from orchestration.publishing import persons
from orchestration.settings import Mendable, Settings
from quality import versions

OWN = "groundgame"  # the source of what is the project's own
MATCHING = "matching"
PEOPLE_OF = ("marts.voters", "intermediate.int_person_records")  # whose rows become people
# What each raw table has beside the columns of its contract.
_BOOKKEEPING = ("_county", "_delivery_id", "_record_number", "_as_of", "_record_hash", "_election", "_cell")

Place = tuple[str, str]  # schema.table and its column, or ROWS


class PolicyBroken(Mendable):
    """A model would use what it may not, or a column does not say what it is."""


@dataclass(frozen=True)
class Column:
    """What a column is, as its YAML says and as it inherits."""

    table: str
    name: str
    sources: frozenset[str]  # the contracts that its value is made of
    pii: bool
    sensitive: bool
    purposes: frozenset[str]


@dataclass(frozen=True)
class Register:
    """Every column of the project with what it may be used for, and what is wrong with that. A table's rows stand in it, too, as
    its column `ROWS`."""

    columns: dict[Place, Column]
    problems: list[str]

    def require(self) -> None:
        """Raise PolicyBroken where anything is wrong."""
        if self.problems:
            told = "".join(f"\n  {problem}" for problem in self.problems)
            raise PolicyBroken(
                f"the models use what they may not, or do not say what their columns are; nothing was built and all tables stand:{told}\n"
                "Change the model or its YAML, then run the same command again"
            )


_known: dict[str, Register] = {}  # what this process has worked out, by the project's version


def of(settings: Settings) -> Register:
    """The register of a campaign's project. It is worked out where the models, their YAML or the law have changed, which takes dbt
    some seconds, and kept beside the models."""
    version = hashlib.sha256(repr((versions.project_version(settings), settings.campaign.states)).encode())
    for file in (law.FILE, tables.FILE, Path(lineage.__file__), Path(persons.__file__), Path(__file__)):
        version.update(file.read_bytes())
    key = version.hexdigest()
    if key not in _known:
        file = project_cache.path(settings, "register", [key])
        kept = project_cache.read(file)
        if kept:
            _known[key] = _from_json(json.loads(kept))
        else:
            from orchestration.dbt import Dbt

            dbt = Dbt(settings)
            _known[key] = register(dbt.manifest_dict(), dbt.compiled("marts", "segments"), Law.load())
            project_cache.keep(file, json.dumps(_to_json(_known[key])).encode())
    return _known[key]


def register(manifest: dict, compiled: Mapping[str, str], terms: Law) -> Register:
    """The register of a project by dbt's manifest and the SQL of its models behind staging by unique id."""
    builder, known = _Builder(manifest, terms), _raw_columns()
    for node in _in_order(manifest):
        before, table = len(builder.problems), _table(node)
        if node["resource_type"] == "seed" or node["schema"] == "staging":
            builder.add_door(node)
            known[table] = dict.fromkeys(node["columns"], "varchar")
        else:
            found = lineage.read(compiled[node["unique_id"]], known)
            builder.add_model(node, found)
            known[table] = dict.fromkeys((c for c in found or node["columns"] if c != ROWS), "varchar")
        at = (node["patch_path"] or "").partition("://")[2] or node["original_file_path"]
        builder.problems[before:] = [f"{problem} [dbt_project/{at}]" for problem in builder.problems[before:]]
    builder.add_people()
    return Register(builder.columns, builder.problems)


def entry(terms: Mapping[str, Source], source: str) -> str | None:
    """The entry of the law's terms that a contract or raw table falls under: the longest that its name begins with."""
    fitting = [name for name in terms if source == name or source.startswith(f"{name}_")]
    return max(fitting, key=len, default=None)


def listing(register: Register, table: str | None = None, source: str | None = None) -> str:
    """A line for each column, of one table (with or without its schema) or made of one source if they are named."""
    terms, columns = Law.load(), [c for c in register.columns.values() if c.name != ROWS]
    if table is not None:
        columns = [c for c in columns if table in (c.table, c.table.partition(".")[2])]
    if source is not None:
        columns = [c for c in columns if any(source in (s, entry(terms.terms(), s)) for s in c.sources)]
    if not columns:
        raise Mendable(
            f"no column is of {table or 'any table'} and {source or 'any source'}; `groundgame policy` lists both"
        )
    rows = [("column", "source", "", "may be used for")]
    for column in columns:
        kind = "sensitive" if column.sensitive else "pii" if column.pii else ""
        name = f"{column.table}.{column.name}"
        rows.append((name, _listed(column.sources), kind, terms.in_words(column.purposes)))
    return _aligned(rows)


def summary(register: Register) -> str:
    """The sources with their terms, and the tables that are made of them."""
    law, columns = Law.load(), [c for c in register.columns.values() if c.name != ROWS]
    terms = law.terms()
    entries = {(c.table, c.name): {entry(terms, s) or s for s in c.sources} for c in columns}
    lines = [
        f"{len(columns):,} columns, {sum(c.pii for c in columns):,} of them personal, {sum(c.sensitive for c in columns):,} sensitive. "
        f"Terms: orchestration/exporting/law.yaml, reviewed {law.reviewed}, {law.reviewed_by}.",
        "",
    ]
    rows = [("source", "may be used for", "because")]
    for name, source in terms.items():
        if any(name in found for found in entries.values()):
            rows.append((name, law.in_words(source.purposes), str(source)))
    lines += [_aligned(rows), *_awaited(law, [name for name, *_ in rows]), ""]
    rows = [("table", "made of", "may be used for")]
    for table in sorted({c.table for c in columns if not c.table.startswith(("staging.", "intermediate."))}):
        made_of = set().union(*(found for (t, _), found in entries.items() if t == table))
        allowed = register.columns[table, ROWS].purposes
        less = [c.name for c in columns if c.table == table and not allowed <= c.purposes]
        but = f"; for less: {', '.join(less)}" if less else ""
        rows.append((table, _listed(made_of - {OWN}) or OWN, law.in_words(allowed) + but))
    lines += [
        _aligned(rows),
        "",
        "Column by column: groundgame policy --table voters, groundgame policy --source fec",
    ]
    return "\n".join(lines)


def _awaited(law: Law, sources: list[str]) -> list[str]:
    """What of the states' files waits for counsel: segments may be built for it, and no list is written."""
    waits: dict[str, list[str]] = {}
    for name, state in law.states.items():
        for purpose, answer in state.purposes.items():
            if answer == "counsel" and name.lower() in sources:
                waits.setdefault(purpose, []).append(name.lower())
    return [
        f"No list for {purpose} is written of {', '.join(names)} until counsel writes `yes` into law.yaml."
        for purpose, names in waits.items()
    ]


class _Builder:
    """Adds the tables of a project one by one, each behind those that it is made of."""

    def __init__(self, manifest: dict, terms: Law):
        self.manifest = manifest
        self.law = terms
        self.terms = terms.terms()
        self.columns: dict[Place, Column] = {}
        self.problems: list[str] = []
        self._others: dict[Place, Column] = {}  # of raw tables, and those that their table is not known to have
        self._origins: dict[Place, Origins] = {}
        self._to_sensitive: dict[Place, Place | None] = {}

    def add_door(self, node: dict) -> None:
        """A table whose columns say themselves where they are from: a seed, or one of staging."""
        table, is_seed = _table(node), node["resource_type"] == "seed"
        read = {OWN} if is_seed else self._read_sources(node)
        entries = {entry(self.terms, name) for name in read}
        for name, info in node["columns"].items():
            meta = info["config"]["meta"]
            declared = meta.get("source", OWN if is_seed else "nothing")
            of_terms = entry(self.terms, declared)
            if of_terms is None or of_terms not in entries:
                self.problems.append(
                    f"{table}.{name} says `source: {declared}` and is made of {_listed(read)}. A source is the name of its contract, "
                    "and its terms stand in orchestration/exporting/law.yaml"
                )
            if "pii" not in meta:
                self.problems.append(f"{table}.{name} does not say whether it is `pii`")
            allowed = self.terms[of_terms].purposes if of_terms else frozenset()
            purposes = self._narrowed((table, name), meta, allowed, self.terms.get(of_terms or ""))
            self.columns[table, name] = Column(
                table, name, frozenset({declared}), bool(meta.get("pii")), bool(meta.get("sensitive")), purposes
            )
        self.columns[table, ROWS] = self._rows_of_sources(table, read)

    def add_model(self, node: dict, found: Mapping[str, Origins] | None) -> None:
        """A table that is made of others, with the origins of its columns and rows."""
        table = _table(node)
        if found is None:
            self.problems.append(f"{table}: nobody can tell from its SQL what its columns are made of")
            return
        for name in (ROWS, *(name for name in found if name != ROWS)):
            self._origins[table, name] = dict(found[name])
            self.columns[table, name] = self._inherited(node, (table, name))
        self._hold_to_marks(node, [(table, name) for name in found])

    def add_people(self) -> None:
        """The tables of people, which say of what their columns are made, and `person_id`, which marts gain where they are published. Made of
        every source of people, they may be used for what all of these may."""
        of_rows = [self.columns[table, ROWS] for table in PEOPLE_OF if (table, ROWS) in self.columns]
        if len(of_rows) < len(PEOPLE_OF):
            return  # a project without campaign sources
        for table, told in tables.described().items():
            name_of = f"{tables.SCHEMA}.{table}"
            for name, column in {ROWS: {}, **told["columns"]}.items():
                parents = [
                    *of_rows,
                    *(self.columns[tuple(place.rsplit(".", 1))] for place in column.get("made_of", ())),
                ]
                self.columns[name_of, name] = Column(
                    name_of,
                    name,
                    frozenset().union(*(parent.sources for parent in parents)),
                    name != ROWS and not column.get("is_of_nobody", False),
                    any(parent.sensitive for parent in parents),
                    frozenset.intersection(*(parent.purposes for parent in parents)),
                )
        person = self.columns[f"{tables.SCHEMA}.people", "person_id"]
        for table in sorted({table for table, _ in self.columns if table.startswith(("marts.", "segments."))}):
            names = [name for of_table, name in self.columns if of_table == table]
            if persons.has_persons(table.partition(".")[2], names):
                rows = self.columns[table, ROWS].purposes
                self.columns[table, "person_id"] = replace(person, table=table, purposes=person.purposes & rows)

    def _inherited(self, node: dict, place: Place) -> Column:
        """A column as its parents make it: for what all of them may be used, personal and sensitive if one that its value is made
        of is, unless it says that it tells of no single person."""
        table, name = place
        meta = node["columns"][name]["config"]["meta"] if name in node["columns"] else {}
        parents = self._parents(place)
        of_value = [self._column(parent) for parent, kind in parents.items() if kind == VALUE]
        said = {what: bool(meta.get(what)) for what in ("pii", "sensitive")}
        if not meta.get("aggregates"):
            for what, word in (("pii", "personal"), ("sensitive", "sensitive")):
                origin = next((c for c in of_value if getattr(c, what)), None)
                if (
                    origin
                    and not said[what]
                    and name in node["columns"]
                    and (what in meta or table.startswith("marts"))
                ):
                    self.problems.append(
                        f"{table}.{name} is made of {origin.table}.{origin.name}, which is {word}: say `{what}: true`, or "
                        "`aggregates: true` if it tells of no single person"
                    )
                said[what] = said[what] or origin is not None
        if name in node["columns"] and "pii" not in meta:
            self.problems.append(f"{table}.{name} does not say whether it is `pii`")
        allowed = frozenset(
            purpose
            for purpose in self.law.purposes
            if all(self._allows(p, kind, purpose) for p, kind in parents.items())
        )
        sources = frozenset().union(*(c.sources for c in of_value or map(self._column, parents)))
        return Column(table, name, sources, said["pii"], said["sensitive"], self._narrowed(place, meta, allowed))

    def _narrowed(
        self, place: Place, meta: dict, allowed: frozenset[str], terms: Source | None = None
    ) -> frozenset[str]:
        """What a column may be used for where its YAML says `purposes`: for fewer than it inherits, or than its source's terms
        allow, never for more."""
        declared = frozenset(meta.get("purposes", allowed))
        for purpose in sorted(declared - allowed):
            if not self._is_known(purpose, _shown(place)):
                continue
            why = f"which its source is not for; {terms}" if terms else self._told(place, purpose)
            self.problems.append(f"{_shown(place)} says `purposes: {purpose}` and may not: {why}")
        return allowed & declared

    def _hold_to_marks(self, node: dict, places: list[Place]) -> None:
        """A model marked for a purpose reaches only what may be used for it, and a segment nothing that is sensitive."""
        table, marked = _table(node), node["config"]["meta"].get("purposes", [])
        if "definitions" in node["fqn"] and not marked:
            self.problems.append(f"{table}: a segment says for which `purposes` it is: {_listed(self.law.purposes)}")
        for purpose in marked:
            if self._is_known(purpose, table):
                refused = next((place for place in places if not self._allows(place, VALUE, purpose)), None)
                if refused:
                    self.problems.append(
                        f"{table} is marked for {purpose} and may not be: {self._told(refused, purpose)}"
                    )
        if node["schema"] == "segments":
            way = next(filter(None, map(self._way_to_sensitive, places)), None)
            if way:
                self.problems.append(f"{table} reaches what is sensitive, as no segment may: {self._way(way)}")

    def _is_known(self, purpose: str, where: str) -> bool:
        if purpose not in self.law.purposes:
            self.problems.append(f"{where}: nobody knows the purpose {purpose}; there are {_listed(self.law.purposes)}")
        return purpose in self.law.purposes

    def _told(self, place: Place, purpose: str) -> str:
        """Why a column may not be used for a purpose: the way to the column of the source that may not, and the source's terms."""
        way = [place]
        while True:
            parents = self._parents(way[-1]).items()
            refused = next((p for p, kind in parents if p not in way and not self._allows(p, kind, purpose)), None)
            if refused is None:
                break
            way.append(refused)
        entries = {entry(self.terms, source) for source in self._column(way[-1]).sources}
        terms = "; ".join(str(self.terms[name]) for name in sorted(filter(None, entries)))
        return f"{self._way(way)}, which is not for {purpose}; {terms}"

    def _way(self, way: list[Place]) -> str:
        steps = [_shown(way[0])]
        for before, place in pairwise(way):
            how = {FILTER: " (filtered by it)", MATCH: " (joined by it)"}.get(self._parents(before)[place], "")
            steps.append(_shown(place) + ("" if place[1] == ROWS else how))
        return " <- ".join(steps)

    def _way_to_sensitive(self, place: Place) -> list[Place] | None:
        """The way to a sensitive column, through values, filters and joins alike; None where there is none."""
        if place not in self._to_sensitive:
            self._to_sensitive[place] = None
            for parent in self._parents(place):
                if self._column(parent).sensitive or self._way_to_sensitive(parent):
                    self._to_sensitive[place] = parent
                    break
        step = self._to_sensitive[place]
        return [place, *(self._way_to_sensitive(step) or [step])] if step else None

    def _parents(self, place: Place) -> Origins:
        """What a column is made of, filtered and joined by, the choice of its table's rows among it."""
        own = self._origins.get(place, {})
        return own if place[1] == ROWS or place not in self._origins else {**own, (place[0], ROWS): FILTER}

    def _allows(self, place: Place, kind: str, purpose: str) -> bool:
        purposes = self._column(place).purposes
        return purpose in purposes or (kind == MATCH and MATCHING in purposes)

    def _column(self, place: Place) -> Column:
        """A column. Of one that its table is not known to have, which an unpivoted one is, what holds for all its columns."""
        if place in self.columns:
            return self.columns[place]
        if place not in self._others:
            table, name = place
            of_table = [column for (t, _), column in self.columns.items() if t == table]
            if not of_table:  # a raw table; what nobody knows has no terms and may be used for nothing
                raw = table.partition(".")[2]
                of_table = [self._rows_of_sources(table, {OWN if raw == "scopes" else raw})]
            self._others[place] = Column(
                table,
                name,
                frozenset().union(*(column.sources for column in of_table)),
                any(column.pii for column in of_table),
                any(column.sensitive for column in of_table),
                frozenset.intersection(*(column.purposes for column in of_table)),
            )
        return self._others[place]

    def _rows_of_sources(self, table: str, sources: set[str]) -> Column:
        """The rows of a table that is read from raw ones: for what the terms of all of these allow."""
        entries = [entry(self.terms, source) for source in sources]
        of_each = [self.terms[name].purposes if name else frozenset() for name in entries] or [frozenset()]
        return Column(table, ROWS, frozenset(sources), False, False, frozenset.intersection(*of_each))

    def _read_sources(self, node: dict) -> set[str]:
        """The contracts that a staging model reads."""
        found: set[str] = set()
        for parent in node["depends_on"].get("nodes", []):
            if parent in self.manifest["sources"]:
                name = self.manifest["sources"][parent]["name"]
                found.add(OWN if name == "scopes" else name)
            elif self.manifest["nodes"][parent]["resource_type"] == "model":
                found |= self._read_sources(self.manifest["nodes"][parent])
        return found


def _in_order(manifest: dict) -> list[dict]:
    nodes = {k: n for k, n in manifest["nodes"].items() if n["resource_type"] in ("model", "seed")}
    order = TopologicalSorter({k: set(n["depends_on"].get("nodes", [])) for k, n in sorted(nodes.items())})
    return [nodes[name] for name in order.static_order() if name in nodes]


def _table(node: dict) -> str:
    return f"{node['schema']}.{node['name']}"


def _raw_columns() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for contract in all_contracts():
        columns = dict.fromkeys([*contract.columns, *_BOOKKEEPING], "varchar")
        found |= {f"raw.{contract.name}": columns, f"raw.{contract.name}_previous": columns}
    return found


def _to_json(register: Register) -> dict:
    columns = [
        {k: sorted(v) if isinstance(v, frozenset) else v for k, v in asdict(c).items()}
        for c in register.columns.values()
    ]
    return {"columns": columns, "problems": register.problems}


def _from_json(kept: dict) -> Register:
    columns = {}
    for told in kept["columns"]:
        frozen = {name: frozenset(told[name]) for name in ("sources", "purposes")}
        columns[told["table"], told["name"]] = Column(**{**told, **frozen})
    return Register(columns, kept["problems"])


def _shown(place: Place) -> str:
    return f"rows of {place[0]}" if place[1] == ROWS else ".".join(place)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    )
