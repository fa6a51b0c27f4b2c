"""One person: why they are in a segment and what keeps which channel from them, and everything that is held on them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import duckdb

from orchestration.erasing import lists, originals, person, register
from orchestration.exporting import suppression
from orchestration.exporting.law import Law
from orchestration.exporting.reading import published
from orchestration.ingestion.contracts import all_contracts
from orchestration.settings import Mendable, Settings
from orchestration.warehouse import Warehouse, has_table


class NobodyHeld(Mendable):
    """No record is of this person."""


def why(settings: Settings, voter_id: str, segment: str) -> str:
    """In words: whether a voter is in a segment, its rule, the values that it asks for, where they are from, and who may contact them.

    Raises:
        NobodyHeld: there is no such voter or segment in the published version.
    """
    with published(settings) as con:
        found = con.execute(
            "select name, rule, voter_id is not null from published.segments left join published.segment_members as members"
            " on members.segment_id = segments.segment_id and members.voter_id = ? where segments.segment_id = ?",
            [voter_id, segment],
        ).fetchone()
        asked = con.execute("select * from published.voters where voter_id = ?", [voter_id])
        names = [column[0] for column in asked.description]
        row = asked.fetchone()
        if found is None or row is None:
            raise NobodyHeld(
                f"the published version has no {'segment' if found is None else 'voter'} {segment if found is None else voter_id}"
            )
        values = dict(zip(names, row, strict=True))
        comments = dict(
            con.execute(
                "select column_name, comment from duckdb_columns() where database_name = 'published' and table_name = 'voters'"
            ).fetchall()
        )
        name, rule, is_in = found
        lines = [
            f"{voter_id} is {'' if is_in else 'not '}in segment {segment} ({name}): {rule}",
            "",
            "What the rule asks for:",
        ]
        asks_for = [column for column in _named(settings, segment) if column in values and column != "voter_id"]
        lines += [f"  {column}: {_shown(values[column])}. {comments.get(column) or ''}" for column in asks_for]
        [(file, contract)] = con.execute(
            "select any_value(file_name), any_value(contract) from published.deliveries where delivery_id = ?",
            [values["delivery_id"]],
        ).fetchall()
        lines += [
            "",
            f"The registration is record {values['record_number']} of {file or 'a delivery'} ({contract or 'unknown'}, delivery "
            f"{values['delivery_id']}), which shows {values['as_of']}.",
        ]
        histories = con.execute(
            """
            select file_name, contract, delivery_id, as_of from published.deliveries
            where contract = lower($state) || '_vote_history' and status = 'loaded' order by as_of, file_name
            """,
            {"state": values["state_code"]},
        ).fetchall()
        lines += [f"Votes are from {f} ({c}, delivery {d}), which shows {day}." for f, c, d, day in histories]
        lines += ["", "Which records of other sources are taken for theirs, and by what:", *_records(con, voter_id)]
        lines += ["", "Who may contact them:", *_channels(con, settings, voter_id)]
    return "\n".join(lines)


def _records(con, voter_id: str) -> list[str]:
    if not has_table(con, "person_records", database="published"):
        return ["  none"]
    rows = con.execute(
        """
        select source, record_id, evidence, stage, weight, valid_from from published.person_records as records
        where valid_to is null and record_id <> $voter and person_id in (
            select person_id from published.person_records
            where valid_to is null and record_id = $voter and ends_with(source, '_voters'))
        order by source, record_id
        """,
        {"voter": voter_id},
    ).fetchall()
    return [
        f"  {source} {record}: {evidence or 'the record that others joined'} ({stage}{f', {weight:g} bits' if weight else ''}), since {since}"
        for source, record, evidence, stage, weight, since in rows
    ] or ["  none"]


def _named(settings: Settings, segment: str) -> list[str]:
    """The words of a segment's SQL, in their order, comments left out; the columns that it reads are among them."""
    file = settings.dbt_project_dir / "models" / "segments" / "definitions" / f"{segment}.sql"
    sql = re.sub(r"--.*|\{#.*?#\}", "", file.read_text(encoding="utf-8")) if file.exists() else ""
    return list(dict.fromkeys(re.findall(r"\w+", sql)))


def _shown(value: object) -> str:
    return "not known" if value is None else str(value)


def _channels(con, settings: Settings, voter_id: str) -> list[str]:
    law = Law.load()
    suppression.prepare(con, settings)
    reasons = ", ".join(
        f'{suppression.reason(name, channel, suppression.in_holdout(settings))} as "{name}"'
        for name, channel in law.channels.items()
    )
    [row] = con.execute(
        f"select {reasons} from published.voters left join marks on marks.voter_id = voters.voter_id where voters.voter_id = ?",
        [voter_id],
    ).fetchall()
    return [
        f"  {name}: {f'no, {suppression.REASONS[reason]}' if reason else 'yes'}"
        for name, reason in zip(law.channels, row, strict=True)
    ]


def subject(settings: Settings, named: str) -> dict[str, Any]:
    """Everything held on a person, for a request of access. `named` is a voter_id, an e-mail address, a telephone number, an id of a source (`donor:77`)
    or a person_id; whatever else is theirs by these is found, too, as `groundgame erase` finds it.

    Keys: `identifiers`; `delivered`, the records of raw by contract, each with its delivery and place in the file; `held`, the rows of every table
    and view behind raw that name them; `deliveries`, the files that these are from; `unreadable`, how many records in quarantine name them; `lists`,
    the files of lists and of people not to be contacted that name them; `decisions`, what stewards decided of their records; `not_linked`,
    contributions in reports to the Federal Election Commission under their name and ZIP code, of which nobody can say whose they are.

    Raises:
        NotAPerson: `named` is no identifier, or one of several voters.
        NobodyHeld: nothing names them.
    """
    with Warehouse(settings).hold("groundgame subject") as warehouse, warehouse.open() as con:
        found = person.find(con, named, "with")
        delivered = person.raw_records(con, found)
        held = _held(con, found, named)
        unreadable = _unreadable(con, settings, found)
        rows = [row for tables in (delivered, held) for rows in tables.values() for row in rows]
        asked = con.execute(
            "select delivery_id, contract, file_name, as_of, received_at from meta.deliveries where list_contains(?, delivery_id) order by 1",
            [sorted({row["delivery_id"] for row in rows if "delivery_id" in row})],
        )
        names = [column[0] for column in asked.description]
        sources = [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
        not_linked = person.reports_like(con, found)
    on_lists = lists.naming(settings, found)
    if not rows and not on_lists and not unreadable:
        raise NobodyHeld(f"no record, no table and no list names {named}")
    return {
        "person": named,
        "asked_at": datetime.now(UTC).isoformat(),
        "identifiers": sorted(found.written | {key.partition(":")[2] for key in found.own}),
        "delivered": delivered,
        "held": held,
        "deliveries": sources,
        "unreadable": unreadable,
        "lists": on_lists,
        "decisions": lists.decided(settings, found),
        "not_linked": not_linked,
    }


def _held(con: duckdb.DuckDBPyConnection, found: person.Person, named: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table and view behind raw that name a person, by `schema.table`."""
    tables: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in con.execute(
        """
        select schema_name, table_name, column_name from duckdb_columns()
        where schema_name in ('staging', 'intermediate', 'marts', 'identity', 'segments')
        order by schema_name in ('staging', 'intermediate'), schema_name, table_name, column_index
        """
    ).fetchall():
        tables.setdefault((schema, table), []).append(column)
    ids = _voter_ids(con, found, [place for place in tables if place[0] == "staging"]) | {named}
    held = {}
    for (schema, table), columns in tables.items():
        conditions = [
            f"{column} in (select unnest({person.listed(ids)}))"
            if person.KINDS[column] == "voter"
            else f"list_contains({person.listed(found.own)}, {person.key_in(column)})"
            for column in columns
            if column in person.KINDS
        ]
        if "record_id" in columns and schema == "identity":
            conditions.append(f"list_contains({person.listed(found.own)}, {person.record_key()})")
        conditions += [person.names_person(found, columns)] if {*person.PERSONS} & {*columns} else []
        if not conditions:
            continue
        asked = con.execute(f'select * from "{schema}"."{table}" where {" or ".join(conditions)}')
        rows = [
            {name: value for name, value in zip(columns, row, strict=True) if value is not None}
            for row in asked.fetchall()
        ]
        if rows:
            held[f"{schema}.{table}"] = rows
    return held


def _voter_ids(con: duckdb.DuckDBPyConnection, found: person.Person, staged: list[tuple[str, str]]) -> set[str]:
    """The ids of the voters who a person is, as the tables have them: looked for once, since a key of each row takes long."""
    ids = set()
    for schema, table in staged if found.voters else []:
        if table.endswith(("__voters", "__voters_previous")):
            asked = con.execute(
                f'select distinct voter_id from "{schema}"."{table}" where list_contains({person.listed({*found.voters})}, {person.key_in("voter_id")})'
            )
            ids |= {voter for (voter,) in asked.fetchall()}
    return ids


def _unreadable(con: duckdb.DuckDBPyConnection, settings: Settings, found: person.Person) -> int:
    """How many records in quarantine name a person, by an identifier of theirs or by both names."""
    contracts = {contract.name: contract for contract in all_contracts() if contract.person_keys()}
    asked = con.execute(
        "select raw_line, contract from raw.quarantine join meta.deliveries using (delivery_id) where raw_line <> ''"
    )
    own = register.Erased("", frozenset(register.hashed("", key) for key in found.own))
    return sum(
        originals.is_of(text, contracts[contract], found, own)
        for text, contract in asked.fetchall()
        if contract in contracts
    )


def in_json(held: dict[str, Any]) -> str:
    """What `subject` gives, as text."""
    return json.dumps(held, indent=1, ensure_ascii=False, default=str)
