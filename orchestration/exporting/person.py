"""One person: why they are in a segment and what keeps which channel from them, and everything that is held on them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from orchestration.exporting import suppression
from orchestration.exporting.law import Law
from orchestration.exporting.reading import published
from orchestration.settings import Mendable, Settings
from orchestration.warehouse import Warehouse


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
    known = "select 1 from duckdb_tables() where database_name = 'published' and table_name = 'person_records'"
    rows = (
        con.execute(known).fetchall()
        and con.execute(
            """
        select source, record_id, evidence, stage, weight, valid_from from published.person_records as records
        where valid_to is null and record_id <> $voter and person_id in (
            select person_id from published.person_records
            where valid_to is null and record_id = $voter and ends_with(source, '_voters'))
        order by source, record_id
        """,
            {"voter": voter_id},
        ).fetchall()
    )
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


def subject(settings: Settings, voter_id: str) -> dict[str, Any]:
    """Everything held on a person, for a request of access: the rows of every table and view that names them, the deliveries that these are
    from, and the lists in `exports/` that name them. Raw records are there as staging reads them.

    Raises:
        NobodyHeld: no table names them.
    """
    with Warehouse(settings).hold("groundgame subject") as warehouse, warehouse.open() as con:
        tables = con.execute(
            """
            select schema_name, table_name from duckdb_columns()
            where column_name = 'voter_id' and schema_name in ('staging', 'intermediate', 'marts', 'identity', 'segments')
            order by schema_name in ('staging', 'intermediate'), schema_name, table_name
            """
        ).fetchall()
        held: dict[str, Any] = {}
        for schema, table in tables:
            asked = con.execute(f'select * from "{schema}"."{table}" where voter_id = ?', [voter_id])
            names = [column[0] for column in asked.description]
            rows = [
                {name: value for name, value in zip(names, row, strict=True) if value is not None}
                for row in asked.fetchall()
            ]
            if rows:
                held[f"{schema}.{table}"] = rows
        deliveries = {row["delivery_id"] for rows in held.values() for row in rows if "delivery_id" in row}
        asked = con.execute(
            "select delivery_id, contract, file_name, as_of, received_at from meta.deliveries where list_contains(?, delivery_id) order by 1",
            [sorted(deliveries)],
        )
        names = [column[0] for column in asked.description]
        sources = [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
    lists = _lists(settings, voter_id)
    if not held and not lists:
        raise NobodyHeld(f"no table and no list names {voter_id}; ids are the state, a dash and the state's own id")
    return {
        "person": voter_id,
        "asked_at": datetime.now(UTC).isoformat(),
        "held": held,
        "deliveries": sources,
        "lists": lists,
    }


def _lists(settings: Settings, voter_id: str) -> list[str]:
    """The files of lists, and the lists of people not to be contacted, that name a person by id."""
    state_id = voter_id.partition("-")[2]
    cell = re.compile(rf"(?:^|[,\"])(?:{re.escape(voter_id)}|{re.escape(state_id)})(?:[,\"\r\n]|$)".encode(), re.M)
    files = [*settings.exports.glob("*.csv"), *settings.suppressions.glob("*.csv")]
    return sorted(file.name for file in files if cell.search(file.read_bytes()))


def in_json(held: dict[str, Any]) -> str:
    """What `subject` gives, as text."""
    return json.dumps(held, indent=1, ensure_ascii=False, default=str)
