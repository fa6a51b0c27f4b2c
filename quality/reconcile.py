"""Adds the rows up: for each step the SQL that returns a row wherever a sum does not close.

Each side of a sum is counted from its own table, so that it can fail.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.ingestion.contracts import Contract, campaign_contracts
from orchestration.ingestion.load import (
    UNKNOWN_COUNTY,
    common_code,
    county_code,
    elections_of,
    raw_table,
)
from orchestration.warehouse import text_literal


def delivered(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """Deliveries whose records read are not the rows in their table plus those in quarantine and of people who were erased."""
    ids = con.execute(
        "select distinct unnest([delivery_id, previous_delivery_id]) from raw.scopes where contract = ?",
        [contract.name],
    ).fetchall()
    counts = [
        f"select '{i}' as delivery_id, count(*) as row_count from {raw_table(contract.name, i)}" for (i,) in ids if i
    ] or ["select null::varchar as delivery_id, 0 as row_count where false"]
    return f"""
        select d.delivery_id from meta.deliveries d
        join ({" union all ".join(counts)}) c on c.delivery_id = d.delivery_id
        left join (select delivery_id, count(*) as row_count from raw.quarantine group by 1) q on q.delivery_id = d.delivery_id
        where d.records_read <> c.row_count + coalesce(q.row_count, 0) + coalesce(d.rows_erased, 0) or d.rows_loaded <> c.row_count
    """


def current(contract: Contract) -> str:
    """Deliveries of whose counties not exactly the rows that were counted at loading are current."""
    return f"""
        with mine as (
            select distinct s.delivery_id, d.scope from raw.scopes s join meta.deliveries d using (delivery_id)
            where s.contract = '{contract.name}'
        ),
        expected as (
            select m.delivery_id, sum(p.row_count) as row_count
            from mine m join raw.profiles p on p.delivery_id = m.delivery_id and p.column_name = '_county'
            where (m.scope <> '{contract.state or ""}' and p.value = '{UNKNOWN_COUNTY}') or p.value in (
                select county_code from raw.scopes s where s.contract = '{contract.name}' and s.delivery_id = m.delivery_id)
            group by 1
        ),
        found as (select _delivery_id as delivery_id, count(*) as row_count from raw.{contract.name} group by 1)
        select delivery_id from expected full join found using (delivery_id)
        where coalesce(expected.row_count, 0) <> coalesce(found.row_count, 0)
    """


def staging_table(state: str, entities: str) -> str:
    """The staging view of a state's `voters`, `vote_history`, `voters_suppressed` and so on."""
    return f"staging.stg_{state.lower()}__{entities}"


def staged(contract: Contract) -> str:
    """Deliveries of a state's voters, or of events, whose loaded rows are not those that passed staging plus those suppressed."""
    table = staging_table(contract.state, "voters") if contract.state else events_table(contract)
    return f"""
        with loaded as (select _delivery_id as delivery_id, count(*) as n from raw.{contract.name} group by 1),
        passed as (select delivery_id, count(*) as n from {table} group by 1),
        held_back as (select delivery_id, count(*) as n from {table}_suppressed group by 1)
        select loaded.delivery_id from loaded
        left join passed using (delivery_id)
        left join held_back using (delivery_id)
        where loaded.n <> coalesce(passed.n, 0) + coalesce(held_back.n, 0)
    """


def events_table(contract: Contract) -> str:
    """The staging view of a contract of events: of `actblue_contributions` it is `stg_actblue__contributions`. That of what it leaves
    out ends in `_suppressed`."""
    return f"staging.stg_{contract.name.replace('_', '__', 1)}"


def rows_of(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows a table or view (schema.table) has. Of a view of events it is what is loaded less what is held back, and of a segment its
    size, which gates compare with the rows themselves: to read these once more would take as long as the rest of the step."""
    contract = next((c.name for c in campaign_contracts() if events_table(c) == table), None)
    query = f"select count(*) from {table}"
    if contract:
        query = f"select (select count(*) from raw.{contract}) - (select count(*) from {table}_suppressed)"
    elif table.startswith("segments.") and table not in ("segments.segments", "segments.segment_members"):
        query = f"select size from segments.segments where segment_id = {text_literal(table.removeprefix('segments.'))}"
    [(rows,)] = con.execute(query).fetchall()
    return int(rows)


def staged_history(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """A row if the history in raw and in staging differ in number: rows, or where the voters' contract has columns for
    each election the elections of which a voter has a cell that is not blank."""
    raw = f"select count(*) as n from raw.{contract.name}"
    if contract.elections:
        raw = f"select coalesce(sum(n), 0) as n from ({' union all '.join(_cells(con, contract)) or 'select 0 as n'})"
    return f"""
        select 1 from ({raw}) r, (select count(*) as n from {staging_table(str(contract.state), "vote_history")}) s
        where r.n <> s.n
    """


def _cells(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[str]:
    """For each current delivery the query that counts its cells by election, column by column in its own table."""
    queries = []
    for delivery_id, scope, file_name, counties in con.execute(
        "select delivery_id, scope, file_name, list(county_code) from raw.scopes join meta.deliveries using (delivery_id) "
        "where raw.scopes.contract = ? group by all",
        [contract.name],
    ).fetchall():
        table, named = raw_table(contract.name, delivery_id), common_code(contract, delivery_id, Path(file_name).name)
        elections = contract.cells_by_election(elections_of(con, contract, delivery_id)).values()
        counts = " + ".join(
            "count(nullif(trim(concat(" + ", ".join(f'"{c}"' for c in cells) + ")), ''))" for cells in elections
        )
        codes = ", ".join(map(text_literal, counties if scope == contract.state else [*counties, UNKNOWN_COUNTY]))
        queries.append(f"select {counts or 0} as n from {table} where {county_code(contract, named)} in ({codes})")
    return queries


def merged_voters(states: list[str]) -> str:
    """A row if the published voters are not those of whom a staged record is registered, each once: the staged records less those without
    an id, those merged and those no longer registered."""
    return f"""
        with records as ({_union(states, "voters", "voter_id, registration_status")})
        select 1 from (
            select count(distinct voter_id) as n from records where registration_status in ('active', 'inactive', 'temporary')
        ) staged, (select count(*) as n from marts.voters) published
        where staged.n <> published.n
    """


def merged_history(states: list[str]) -> str:
    """A row if the ballots are not the staged history rows less those without a voter's id or a day and repeated labels: one of each voter
    and day, which a hash of 64 bits tells apart."""
    return f"""
        with records as ({_union(states, "vote_history", "voter_id, election_date")}),
        once as (
            select distinct hash(voter_id, election_date) from records where voter_id is not null and election_date is not null
        )
        select 1 from (select count(*) as n from once) staged, (select count(*) as n from intermediate.int_ballots) ballots
        where staged.n <> ballots.n
    """


def voters_ballots() -> str:
    """A row if the published votes are not the ballots of the published voters, each as often: compared by their number and the sum of
    64 bits of each, which differs where one is missing, is somebody else's or is there twice in another's place."""
    said = "count(*) as n, sum(hash(voter_id, election_id)) as said"
    return f"""
        select 1 from (select {said} from intermediate.int_ballots where hash(voter_id) in (select hash(voter_id) from marts.voters)) ballots,
            (select {said} from marts.vote_history) published
        where (ballots.n, ballots.said) is distinct from (published.n, published.said)
    """


def newest_donations() -> str:
    """Line items that are staged and are no donation, or the other way round."""
    return """
        select 1 from (select distinct 'ACTBLUE-' || line_item_id as donation_id from staging.stg_actblue__contributions) staged
        full join marts.donations on donations.donation_id = staged.donation_id
        where staged.donation_id is null or donations.donation_id is null
    """


def counted_results() -> str:
    """A row if the staged rows of official results are not those counted plus those that an adjustment left out."""
    return """
        with staged as (
            select (select count(*) from staging.stg_medsl__precinct_results)
                + (select count(*) from staging.stg_openelections__precinct_results) as n
        ),
        counted as (select coalesce(sum(row_count), 0) as n from intermediate.int_result_counts where is_counted),
        left_out as (
            select coalesce(sum(row_count), 0) as n from intermediate.int_result_counts where not is_counted and adjustment is not null
        )
        select 1 from staged, counted, left_out where staged.n <> counted.n + left_out.n
    """


def shown_results() -> str:
    """Contests and ways of voting of which the votes shown are not those counted, but for what is withheld whole."""
    return """
        with counted as (
            select contest_id, voting_method, sum(votes) as votes
            from intermediate.int_result_counts where is_counted and row_kind = 'candidate' group by all
        ),
        shown as (
            select contest_id, voting_method, sum(votes) as votes, bool_or(precinct_kind = 'withheld') as is_withheld
            from marts.precinct_results group by all
        )
        select 1 from counted full join shown using (contest_id, voting_method)
        where counted.votes is distinct from shown.votes and not coalesce(is_withheld and counted.votes > coalesce(shown.votes, 0), false)
    """


def telling_results(smallest: int) -> str:
    """Groups of voters (contest, precinct, way of voting) that are so few, or so much of one mind, that their votes would be
    known, where more than one candidate stood."""
    return f"""
        with groups as (
            select contest_id, county_name, precinct_name, voting_method, sum(votes) as votes, max(votes) as most,
                min(votes) as least, count(*) as candidates
            from {{batch}} where votes is not null group by all
        ),
        contested as (
            select contest_id, county_name from {{batch}} group by all having count(distinct candidate) > 1
        )
        select 1 from groups semi join contested
            on contested.contest_id = groups.contest_id and contested.county_name is not distinct from groups.county_name
        where (groups.votes <> 0 or least < 0) and (groups.votes < {smallest} or most >= groups.votes)
    """


def _union(states: list[str], entities: str, columns: str) -> str:
    return " union all ".join(f"select {columns} from {staging_table(state, entities)}" for state in states)


def record_suppressed(con: duckdb.DuckDBPyConnection, states: list[str], changed: set[str]) -> None:
    """Write into `meta.deliveries` how many current rows of each delivery staging held back, from those of its views of such rows
    that are among `changed`."""
    views = [f"{staging_table(state, 'voters')}_suppressed" for state in states]
    views += [f"{events_table(c)}_suppressed" for c in campaign_contracts()]
    parts = [f"select delivery_id from {view}" for view in views if view in changed]
    if not parts:
        return
    con.execute(
        f"""
        update meta.deliveries d set rows_suppressed = s.n
        from (select delivery_id, count(*) as n from ({" union all ".join(parts)}) group by 1) s
        where s.delivery_id = d.delivery_id
        """
    )


def record_verdicts(con: duckdb.DuckDBPyConnection, verdicts: dict[str, bool]) -> None:
    """Remember of the current deliveries of contracts whether they have ever passed the raw gate.

    One that has passed is not doubted when its table fails later: another county's delivery is at fault then.
    """
    con.execute(
        """
        insert into raw.verdicts
        select distinct delivery_id, has_passed
        from raw.scopes join (select unnest($contracts) as contract, unnest($passed) as has_passed) using (contract)
        on conflict do update set has_passed = has_passed or excluded.has_passed
        """,
        {"contracts": [*verdicts], "passed": [*verdicts.values()]},
    )
