"""One list from the request to the file and its receipt.

Everything is asked before a line is written, who may be contacted last; the file is read back and only then gets its name.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from orchestration.erasing import register as erasures
from orchestration.exporting import formats, receipts, register, suppression, waiting, walking
from orchestration.exporting.law import Law, Refused
from orchestration.exporting.reading import published
from orchestration.settings import Settings

_CSV = "format csv, header, delim ',', quote '\"', escape '\"', new_line '\\r\\n'"


@dataclass(frozen=True)
class Request:
    """What somebody asks for."""

    segment: str
    channel: str
    purpose: str
    asked_by: str
    recipient: str | None = None


def export(settings: Settings, request: Request, now: datetime | None = None) -> dict[str, Any]:
    """Write the list and return its receipt.

    Raises:
        Refused: a gate, a purpose, a source's terms, the recipient or opt-outs that wait stand against it; or what was read back is not what was meant.
        SuppressionError: a list of people not to be contacted cannot be read.
    """
    now = now or datetime.now(UTC)
    law = Law.load()
    channel = law.channel(request.channel)
    with erasures.kept_apart(settings, alone=False), published(settings) as con:
        gates = _gates(con)
        segment = _segment(con, request)
        form = formats.of(request.channel, law, request.segment)
        # Of consents each row has the terms of its own source, which `prepare` asks.
        by_row = [origin for origin in form.origins() if origin.startswith("subscriptions.")]
        columns: dict[str, Any] = {origin: {"source": "that of each consent"} for origin in by_row}
        columns |= register.ask(settings, [o for o in form.origins() if o not in by_row], request.purpose)
        states = con.execute(
            "select distinct state_code from published.segment_members join published.voters using (voter_id) where segment_id = ? order by 1",
            [request.segment],
        ).fetchall()
        law.ask_states([state for (state,) in states], request.purpose, channel)
        if request.channel in suppression.SUBSCRIBED or channel.recipient == "platform":
            waiting.ask(settings, con, now)

        suppression.prepare(con, settings, lambda source: register.serves(law, source, request.purpose))
        _choose(con, request, law, suppression.in_holdout(settings))
        suppressed = dict(
            con.execute(
                "select reason, count(*) from members where reason is not null group by 1 order by 1"
            ).fetchall()
        )
        [(version, published_at)] = con.execute(
            "select data_version, published_at from published.publication"
        ).fetchall()
        stem = f"{now:%Y%m%dT%H%M%S}-{request.channel}-{request.segment}-{secrets.token_hex(3)}"
        with _files(settings, stem) as folder:
            written = _write(con, form, folder, stem, request.channel)
            rows, people = _read_back(con, form, folder / f"{stem}.csv", request.channel)
            if people + sum(suppressed.values()) != segment["size"]:
                raise Refused(
                    f"{people:,} people and {sum(suppressed.values()):,} left out are not the {segment['size']:,} of the segment; nothing was "
                    "exported. Report this"
                )
            receipt = {
                "receipt_id": stem.rsplit("-", 1)[1],
                "made_at": now.isoformat(),
                "asked_by": request.asked_by,
                "segment": segment,
                "channel": request.channel,
                "purpose": request.purpose,
                "recipient": request.recipient or f"a {channel.recipient}",
                "data_version": version,
                "published_at": published_at.isoformat(),
                "gates": gates,
                "rows": rows,
                "people": people,
                "suppressed": suppressed,
                "holdout_percent": settings.campaign.holdout_percent,
                "suppression_lists": {
                    name: receipts.digest(file)
                    for name in suppression.LISTS
                    if (file := settings.suppressions / f"{name}.csv").exists()
                },
                "columns": [
                    {"header": c.header, "of": [{"column": o, **columns[o]} for o in c.origins]} for c in form.columns
                ],
                "law_reviewed": law.review(now.date()),
                "expires_on": f"{now.date() + timedelta(days=settings.campaign.keep.exports_days)}",
                "files": [{"name": f.name, "sha256": receipts.digest(f), "bytes": f.stat().st_size} for f in written],
            }
            beside = folder / f"{stem}.receipt.json"
            beside.write_text(json.dumps(receipt, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            receipts.keep(settings, receipt)
    return receipt


def since(settings: Settings, file: Path, receipt: dict[str, Any]) -> dict[str, int] | None:
    """Of the people on a file those who may not be contacted any more, by reason; None where its rows are households or hashes.

    Somebody who left the voter file since counts as `not_in_voters`, and whoever was erased as `erased`.
    """
    law = Law.load()
    form = formats.of(receipt["channel"], law, receipt["segment"]["segment_id"])
    if not {"voter_id", "State Voter ID"} & {column.header for column in form.columns}:
        return None
    channel = law.channel(receipt["channel"])
    with published(settings, file.parent) as con:
        suppression.prepare(con, settings)
        _load(con, form, file)
        reason = suppression.reason(receipt["channel"], channel, suppression.in_holdout(settings))
        everybody = erasures.erased(settings)
        everybody.prepare(con)
        return dict(
            con.execute(
                f"""
                select case when {everybody.is_listed(erasures.voter_key("people.voter_id"))} then 'erased' when voters.voter_id is null then 'not_in_voters' else {reason} end as reason, count(*)
                from ({form.people}) as people
                left join published.voters on voters.voter_id = people.voter_id
                left join marks on marks.voter_id = people.voter_id
                group by 1 having reason is not null order by 1
                """
            ).fetchall()
        )


def _gates(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The gates that the published version passed, each with the tables and how they passed.

    Raises:
        Refused: the last gate has no result for this version, or one of a table failed.
    """
    results = con.execute(
        """
        select gate, table_name, arg_max(status, checked_at), arg_max(data_version, checked_at)
        from published.gate_results group by all order by all
        """
    ).fetchall()
    [(version,)] = con.execute("select data_version from published.publication").fetchall()
    failed = [f"{gate}: {table}" for gate, table, status, _ in results if status == "failed"]
    last = [status for gate, _, status, of in results if gate == "published" and of == version]
    if failed or not last:
        why = f"failed for {', '.join(failed)}" if failed else "has not judged this version"
        raise Refused(f"nothing is exported from data whose gates do not stand: the gate {why}. Run: make run")
    return [
        {
            "gate": gate,
            "tables": sum(1 for g, *_ in results if g == gate),
            "waived": [table for g, table, status, _ in results if g == gate and status == "waived"],
        }
        for gate in dict.fromkeys(gate for gate, *_ in results)
    ]


def _segment(con: duckdb.DuckDBPyConnection, request: Request) -> dict[str, Any]:
    row = con.execute(
        "select segment_id, name, rule, size, purposes from published.segments where segment_id = ?", [request.segment]
    ).fetchone()
    if row is None:
        names = [name for (name,) in con.execute("select segment_id from published.segments order by 1").fetchall()]
        raise Refused(f"there is no segment {request.segment}; there are {', '.join(names)}")
    segment = dict(zip(("segment_id", "name", "rule", "size", "purposes"), row, strict=True))
    if request.purpose not in segment["purposes"]:
        raise Refused(
            f"segment {request.segment} is for {', '.join(segment['purposes'])} and not for {request.purpose}: `purposes` in "
            f"dbt_project/models/segments/definitions/{request.segment}.yml"
        )
    return segment


def _choose(con: duckdb.DuckDBPyConnection, request: Request, law: Law, holdout: str) -> None:
    """The table `members`, one row for each of the segment with the reason why not, and the view `chosen` of the others."""
    channel = law.channel(request.channel)
    con.execute(
        f"""
        create temp table members as
        select segment_members.voter_id, text_phone, email,
            case when voters.voter_id is null then 'not_in_voters' else {suppression.reason(request.channel, channel, holdout)} end as reason
        from published.segment_members
        left join published.voters on voters.voter_id = segment_members.voter_id
        left join marks on marks.voter_id = segment_members.voter_id
        left join asked on asked.voter_id = segment_members.voter_id
        where segment_id = ?
        """,
        [request.segment],
    )
    if channel.reached_by in ("text", "email"):
        shared = "text_phone" if channel.reached_by == "text" else "email"
        con.execute(
            f"""
            update members set reason = 'same_identifier'
            where reason is null and voter_id > (
                select min(voter_id) from members as others where others.reason is null and others.{shared} = members.{shared}
            )
            """
        )
    con.execute(
        """
        create temp view chosen as
        select voters.*, members.text_phone, members.email from published.voters
        inner join members on members.voter_id = voters.voter_id and members.reason is null
        """
    )


@contextmanager
def _files(settings: Settings, stem: str) -> Iterator[Path]:
    """A folder to write in, out of sight; at the end its files get their place in `exports/` at once, or none does."""
    settings.exports.mkdir(parents=True, exist_ok=True)
    settings.exports.chmod(0o700)
    folder = settings.exports / f".{stem}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
        for file in sorted(folder.iterdir()):
            file.chmod(0o600)
            os.replace(file, settings.exports / file.name)
    finally:
        for file in folder.iterdir():
            file.unlink()
        with suppress(OSError):
            folder.rmdir()


def _write(con: duckdb.DuckDBPyConnection, form: formats.Format, folder: Path, stem: str, channel: str) -> list[Path]:
    file = folder / f"{stem}.csv"
    if channel == "walk":
        con.execute(f"create temp table walk as {walking.TURFS}")
        page = folder / f"{stem}.html"
        with page.open("w", encoding="utf-8") as stream:
            stream.writelines(walking.pages(con))
    con.execute(f"create temp table meant as {form.select()}")
    con.execute(f"copy meant to '{str(file).replace(chr(39), chr(39) * 2)}' ({_CSV})")
    return sorted(folder.iterdir())


def _read_back(con: duckdb.DuckDBPyConnection, form: formats.Format, file: Path, channel: str) -> tuple[int, int]:
    """The rows and people of the file as it was written, after it was held against all who may not be in it.

    Raises:
        Refused: somebody is in it who may not be, a cell begins a formula, or it is not what was to be written.
    """
    _load(con, form, file)
    cells = ", ".join(f'cast("{column.header}" as varchar)' for column in form.columns)
    [(rows, lost, added)] = con.execute(
        f"""
        with written as (select hash({cells}) as row_hash from meant), found as (select hash({cells}) as row_hash from file)
        select (select count(*) from file), (select count(*) from (from written except all from found)),
            (select count(*) from (from found except all from written))
        """
    ).fetchall()
    if lost or added:
        raise Refused(
            f"the file read back lacks {lost:,} rows and has {added:,} that were not meant; nothing was exported"
        )
    texts = [f'"{column.header}"' for column in form.columns if column.is_text]
    if texts:
        runs = " or ".join(f"left({text}, 1) in {formats.FORMULA}" for text in texts)
        [(formulas,)] = con.execute(f"select count(*) from file where {runs}").fetchall()
        if formulas:
            raise Refused(f"{formulas:,} rows have a cell that a spreadsheet would run; nothing was exported")
    people = form.people or "select voter_id from chosen"
    [(count, wrong)] = con.execute(
        f"""
        with people as ({people})
        select (select count(*) from people), (
            select count(*) from people
            left join published.voters as voters using (voter_id)
            where voter_id in (select value from suppressed where kind = 'voter_id' and list in (select unnest($lists)))
                or voters.phone in (select value from suppressed where kind = 'phone' and list in (select unnest($lists)))
                or voter_id in (select voter_id from consents where channel = $channel and not is_opted_in)
                or voters.phone in (select value from consents where channel = $channel and not is_opted_in and kind = 'phone')
                or voter_id in (select voter_id from members where reason is not null)
        )
        """,
        {"channel": channel, "lists": suppression.lists_of(channel)},
    ).fetchall()
    if wrong:
        raise Refused(
            f"the file read back has {wrong:,} people who may not be contacted; nothing was exported. Report this"
        )
    return rows, count


def _load(con: duckdb.DuckDBPyConnection, form: formats.Format, file: Path) -> None:
    """The table `file`: a list as its reader has it."""
    columns = {column.header: "varchar" for column in form.columns}
    con.execute(
        "create temp table file as select * from read_csv($file, header = true, delim = ',', quote = '\"', escape = '\"',"
        f" auto_detect = false, strict_mode = true, columns = {columns})",
        {"file": str(file)},
    )
