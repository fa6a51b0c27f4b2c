"""The small plots in an asset's metadata: the queries that count, and the drawing. Counts only, no cell of a few people."""

from __future__ import annotations

import base64
from html import escape

import dagster as dg
import duckdb

from orchestration.ingestion.contracts import Contract

SMALLEST_CELL = 10  # people; smaller groups are drawn together as "other"
MOST_ROWS = 10
_BAR, _ROW = 160, 18


def bars(rows: list[tuple[str, float]], unit: str = "") -> dg.MarkdownMetadataValue:
    """A bar chart of (label, value) as a picture inside the metadata itself; `unit` follows each figure.

    Kept small: the UI shows Markdown of 1,000 characters at once, and longer ones after a click.
    """
    rows = rows[:MOST_ROWS]
    if not rows:
        return dg.MetadataValue.md("nothing yet")
    top = max(value for _, value in rows) or 1
    lines = "".join(f"M0 {_ROW * n + 9}h{max(_BAR * value / top, 1):.0f}" for n, (_, value) in enumerate(rows))
    texts = "".join(
        f'<text x="{_BAR + 8}" y="{_ROW * n + 13}">{value:,}{unit} {escape(label)}</text>'
        for n, (label, value) in enumerate(rows)
    )
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="560" height="{_ROW * len(rows)}" font-size="12" font-family="sans-serif">'
        f'<path d="{lines}" stroke="#46d" stroke-width="12"/>{texts}</svg>'
    )
    return dg.MetadataValue.md(f"![](data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()})")


def of_deliveries(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, dg.MarkdownMetadataValue]:
    """What a person looks at after a delivery: its size among the others, what was quarantined, what was emptied."""
    sizes = con.execute(
        """
        select as_of || ' ' || scope, rows_loaded from meta.deliveries
        where contract = ? and rows_loaded > 0 order by as_of desc, received_at desc limit 12
        """,
        [contract.name],
    ).fetchall()
    reasons = con.execute(
        """
        select reason, count(*) from raw.quarantine
        where delivery_id in (select delivery_id from raw.scopes where contract = ?)
        group by reason order by 2 desc limit 8
        """,
        [contract.name],
    ).fetchall()
    emptied = con.execute(
        """
        with filled as (
            select p.delivery_id, p.column_name, 100.0 * (1 - p.row_count / d.rows_loaded) as empty
            from raw.profiles p join meta.deliveries d using (delivery_id)
            where p.value is null and d.rows_loaded > 0
        )
        select now.column_name || ' (' || printf('%.1f', before.empty) || ')', round(now.empty, 1)
        from (select distinct delivery_id, previous_delivery_id from raw.scopes where contract = ?) s
        join filled now on now.delivery_id = s.delivery_id
        join filled before on before.delivery_id = s.previous_delivery_id and before.column_name = now.column_name
        order by abs(now.empty - before.empty) desc, 1 limit 6
        """,
        [contract.name],
    ).fetchall()
    return {
        "rows per delivery, newest first": bars(sizes),
        "quarantined records by reason": bars(reasons),
        "empty values now (and in the delivery before), most changed": bars(emptied, " %"),
    }


def of_table(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, dg.MarkdownMetadataValue]:
    """The plots of a mart or of the segments; none for most tables."""
    return {
        title: bars(con.execute(query).fetchall(), unit) for title, (query, unit) in _QUERIES.get(table, {}).items()
    }


_QUERIES = {
    "marts.voters": {
        "party mix": (
            f"""
            with parties as (select coalesce(party_code, 'none') as party, count(*) as n from marts.voters group by 1)
            select case when n < {SMALLEST_CELL} then 'other' else party end, round(100.0 * sum(n) / sum(sum(n)) over (), 1)
            from parties group by 1 order by 2 desc
            """,
            " %",
        ),
        "age in the year of the election": (
            """
            select case when age_years is null then 'unknown' when age_years >= 80 then '80 and over'
                when age_years < 30 then '18 to 29' else (age_years // 10 * 10) || ' to ' || (age_years // 10 * 10 + 9) end,
                round(100.0 * count(*) / sum(count(*)) over (), 1)
            from marts.voters group by 1 order by 1
            """,
            " %",
        ),
    },
    "marts.vote_history": {
        "turnout by age in the last general election, of those registered by then": (
            f"""
            with latest as (select max(election_date) as day from marts.elections where election_type = 'general'),
            registered as (
                select v.voter_id, least(greatest((year(latest.day) - v.birth_year) // 10 * 10, 20), 80) as decade
                from marts.voters v, latest where v.registration_date <= latest.day and v.birth_year is not null
            ),
            voted as (select voter_id from marts.vote_history, latest where election_date = latest.day)
            select case decade when 20 then '18 to 29' when 80 then '80 and over' else decade || ' to ' || (decade + 9) end,
                round(100.0 * count(voted.voter_id) / count(*), 1)
            from registered left join voted using (voter_id)
            group by decade having count(*) >= {SMALLEST_CELL} order by decade
            """,
            " %",
        ),
        "ballots of today's voters": (
            "select election_id, count(*) from marts.vote_history group by 1 order by 1 desc",
            "",
        ),
    },
    "marts.voter_changes": {
        "changes since the file before": (
            "select change_type, count(*) from marts.voter_changes group by 1 order by 2 desc",
            "",
        )
    },
    "segments.segments": {"voters": ("select name, size from segments.segments order by size desc", "")},
}
