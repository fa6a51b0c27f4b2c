"""The small plots in an asset's metadata: the queries that count, and the drawing. Counts only, and of
what voters are no cell of a few."""

from __future__ import annotations

import dagster as dg
import duckdb

from orchestration.ingestion.contracts import Contract

SMALLEST_CELL = 10  # people; a smaller group is drawn with others or not at all
MOST_ROWS = 15
LINKED = (  # marts whose people are linked to voters
    "donations",
    "contacts",
    "survey_responses",
    "activist_codes",
    "email_activity",
    "subscriptions",
    "web_activity",
    "social_engagement",
    "consumer_traits",
)
_BLOCKS = "▏▎▍▌▋▊▉█"  # of one to eight eighths of a character
_LONGEST = 12  # characters


def bars(rows: list[tuple], unit: str = "", none: str = "nothing yet") -> dg.MarkdownMetadataValue:
    """A bar chart of (label, value) or (label, value, note) as a table in Markdown; `unit` follows each value.

    No picture: text keeps to the colours of the UI's theme, and stays below the 1,000 characters up to which the UI
    shows Markdown at once instead of after a click.
    """
    rows = rows[:MOST_ROWS]
    if not rows:
        return dg.MetadataValue.md(none)
    top = max(value for _, value, *_ in rows) or 1
    lines = [
        f"|{label.replace('|', '/')}|{_on_one_line(f'{value:,}{unit}')}|{_bar(value / top)}|"
        + "".join(f"{_on_one_line(words)}|" for words in note)
        for label, value, *note in rows
    ]
    notes = len(rows[0]) - 2
    return dg.MetadataValue.md("\n".join(["| | | |" + " |" * notes, "|:-|-:|:-|" + ":-|" * notes, *lines]))


def _on_one_line(words: str) -> str:
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _bar(share: float) -> str:
    eighths = max(round(8 * _LONGEST * share), share > 0)  # what is there is seen
    whole, rest = divmod(eighths, 8)
    return _BLOCKS[-1] * whole + (_BLOCKS[rest - 1] if rest else "")


def of_deliveries(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, dg.MarkdownMetadataValue]:
    """What a person looks at after a delivery: its size among the others, what was quarantined, what was emptied."""
    sizes = con.execute(
        """
        with newest as (
            select as_of, scope, arg_max(rows_loaded, received_at) as n from meta.deliveries
            where contract = ? and rows_loaded > 0 group by as_of, scope
        )
        select as_of::varchar, sum(n), case when count(*) = 1 then min(scope) else count(*) || ' files' end
        from newest group by as_of order by as_of desc limit 12
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
        select now.column_name, round(now.empty, 1), printf('was %.1f %%', before.empty)
        from (select distinct delivery_id, previous_delivery_id from raw.scopes where contract = ?) s
        join filled now on now.delivery_id = s.delivery_id
        join filled before on before.delivery_id = s.previous_delivery_id and before.column_name = now.column_name
        where abs(now.empty - before.empty) >= 0.1
        order by abs(now.empty - before.empty) desc, 1 limit 8
        """,
        [contract.name],
    ).fetchall()
    return {
        "rows per delivery, newest first": bars(sizes),
        "quarantined records by reason": bars(reasons, none="no record was quarantined"),
        "empty values against the delivery before": bars(emptied, " %", "no column has changed by 0.1 points"),
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
            f"""
            select case when age_years is null then 'unknown' when age_years >= 80 then '80 and over'
                when age_years < 30 then '18 to 29' else (age_years // 10 * 10) || ' to ' || (age_years // 10 * 10 + 9) end,
                round(100.0 * count(*) / sum(count(*)) over (), 1)
            from marts.voters group by 1 having count(*) >= {SMALLEST_CELL} order by 1
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
            f"select election_id, count(*) from marts.vote_history group by 1 having count(*) >= {SMALLEST_CELL} order by 1 desc",
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
    **{
        f"marts.{mart}": {
            "rows linked to a voter, by which identifier": (
                f"select coalesce(linked_by, 'nothing'), round(100.0 * count(*) / (select count(*) from marts.{mart}), 1) from marts.{mart} "
                f"group by linked_by having count(*) >= {SMALLEST_CELL} order by linked_by is null, 2 desc",
                " %",
            )
        }
        for mart in LINKED
    },
}


def of_people(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, dg.MarkdownMetadataValue]]:
    """By table of schema `identity` what a person looks at: who was found, by what and how surely, and what became of people."""

    def asked(query: str) -> list[tuple]:
        return con.execute(query).fetchall()

    rates = """
        with told as (
            select *, round(100 * matched_count / record_count, 1) as share, rowid as turn,
                run = (select arg_max(run, rowid) from identity.match_rates) as is_now
            from identity.match_rates where record_count >= 10
        ),
        before as (select source, arg_max(share, turn) as share from told where not is_now group by source)
        select source, told.share, coalesce(printf('was %.1f %%', before.share), '')
        from told left join before using (source) where is_now order by source
    """
    sizes = """
        select least(record_count, 10) || case when record_count >= 10 then ' and more' else '' end, count(*)
        from identity.people group by least(record_count, 10), 1 having count(*) >= 10 order by least(record_count, 10)
    """
    stages = "select stage, count(*) from identity.person_records where valid_to is null group by stage having count(*) >= 10 order by 2 desc"
    weights = """
        select cast(4 * floor(weight / 4) as integer) || ' bits', count(*) from identity.person_records
        where valid_to is null and weight is not null group by floor(weight / 4) having count(*) >= 10 order by floor(weight / 4)
    """
    churn = """
        select event, count(*) from identity.person_events
        where run = (select arg_max(run, rowid) from identity.person_events) group by event having count(*) >= 10 order by 2 desc
    """
    reasons = "select reason, count(*) from identity.match_review group by reason order by 2 desc"
    return {
        "people": {"records of a person": bars(asked(sizes))},
        "person_records": {
            "by what records belong to their person": bars(asked(stages)),
            "weights of those that were weighed": bars(asked(weights), none="none was weighed"),
        },
        "person_events": {
            "what became of people the last time": bars(asked(churn), none="nothing, or of fewer than ten")
        },
        "match_review": {"what is to be looked at": bars(asked(reasons), none="nothing")},
        "match_rates": {
            "share of a source's people who are voters": bars(asked(rates), " %", none="no source but voter files")
        },
    }
