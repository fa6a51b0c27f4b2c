"""How things stand, for `groundgame status`: sources, the last run, the gates, what is published."""

from __future__ import annotations

from datetime import UTC, date, datetime

import dagster as dg
import duckdb

from orchestration.ingestion.contracts import Contract, contracts_of
from orchestration.operating.summary import gate_lines, people_line, table
from orchestration.settings import Settings


def report(settings: Settings, con: duckdb.DuckDBPyConnection, instance: dg.DagsterInstance, today: date) -> list[str]:
    """The lines of the report."""
    heads = ("source", "shows", "rows", "quarantined", "against the one before", "next file")
    sources = [_source(con, contract, today) for contract in contracts_of(settings.campaign.states)]
    return [
        "Sources",
        *table([heads, *sources], right=(2, 3)),
        "",
        "Gates",
        *gate_lines(settings, con)[0],
        "",
        people_line(con),
        f"Last run: {last_run(instance)}",
        f"Published: {published(settings)}",
    ]


def _source(con: duckdb.DuckDBPyConnection, contract: Contract, today: date) -> tuple:
    [(as_of, rows, quarantined, before)] = con.execute(
        """
        with current as (select distinct delivery_id, previous_delivery_id from raw.scopes where contract = $contract)
        select max(d.as_of), sum(d.rows_loaded), sum(d.rows_quarantined), sum(p.rows_loaded)
        from current c
        join meta.deliveries d on d.delivery_id = c.delivery_id
        left join meta.deliveries p on p.delivery_id = c.previous_delivery_id
        """,
        {"contract": contract.name},
    ).fetchall()
    if as_of is None:
        return (contract.name, "never delivered", None, None, "", "")
    due = ""
    if contract.cadence_days:
        late = (today - as_of).days - contract.cadence_days
        due = f"{late} days overdue" if late > 0 else f"due in {-late} days"
    return (contract.name, f"{as_of}", int(rows), int(quarantined), _drift(con, contract, int(rows), before), due)


def _drift(con: duckdb.DuckDBPyConnection, contract: Contract, rows: int, before: int | None) -> str:
    """What changed since the delivery before: the rows, and the column whose share of values moved most."""
    if not before:
        return "the first"
    moved = con.execute(
        """
        with filled as (
            select p.delivery_id, p.column_name, p.row_count / d.rows_loaded as share
            from raw.profiles p join meta.deliveries d using (delivery_id) where p.value is null and d.rows_loaded > 0
        )
        select now.column_name, 100 * (now.share - before.share)
        from (select distinct delivery_id, previous_delivery_id from raw.scopes where contract = ?) s
        join filled now on now.delivery_id = s.delivery_id
        join filled before on before.delivery_id = s.previous_delivery_id and before.column_name = now.column_name
        order by abs(now.share - before.share) desc, 1 limit 1
        """,
        [contract.name],
    ).fetchone()
    words = f"rows {100 * (rows / int(before) - 1):+.1f} %"
    return f"{words}, {moved[0]} filled {moved[1]:+.1f} points" if moved and abs(moved[1]) >= 0.05 else words


def last_run(instance: dg.DagsterInstance) -> str:
    """The newest run of any job in words."""
    records = instance.get_run_records(limit=1)
    if not records:
        return "none yet"
    record = records[0]
    run = record.dagster_run
    words = f"{run.job_name} {run.run_id[:8]}: {run.status.value.lower()}"
    if record.start_time:
        words += f", began {datetime.fromtimestamp(record.start_time, UTC):%Y-%m-%d %H:%M} UTC"
    if record.start_time and record.end_time:
        words += f", took {record.end_time - record.start_time:.1f} s"
    return words


def published(settings: Settings) -> str:
    """What analysts see, and since when."""
    if not settings.current.exists():
        return "nothing yet"
    with duckdb.connect(str(settings.current), read_only=True) as con:
        [(version, at)] = con.execute("select data_version, published_at from publication").fetchall()
    return f"version {version} since {at:%Y-%m-%d %H:%M} UTC in {settings.current}"
