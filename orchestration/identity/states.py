"""Voters of two states who are one person: who has moved is registered in both until the state that was left hears of it.

A state's file has nobody twice, so two voters of one name and birth in two states are one person or strangers, and how likely strangers are
follows from how many voters have the name.
"""

from __future__ import annotations

import math

import duckdb

from orchestration.identity import exact, model, review, tables

# Put down by judgement: of 1,000 voters of one state three are registered in another given one, too (Pew, Inaccurate, Costly, and
# Inefficient, 2012: 2.75 million Americans in more than one state).
REGISTERED_IN_BOTH = 0.003
# One in how many voters is born on a given day, or in a given year, and has one's middle name or its initial.
DAYS, YEARS, MIDDLE_NAMES, INITIALS = 21_900, 60, 100, 14
NUMBERS = 1_000  # strangers of one name and birth hardly have one telephone or mailbox
SURE = math.log2(20)  # bits, from which two voters are one person: of 20 pairs one may be strangers
UNSURE = -2.0  # bits, from which a pair is shown to somebody
MOST_NAMESAKES = int(REGISTERED_IN_BOTH * YEARS * MIDDLE_NAMES / 2**UNSURE)  # more, and a year says nothing
EVIDENCE = "in two states"  # what the evidence of such a link ends with


def are_several(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the campaign has voters of more than one state."""
    [(count,)] = con.execute("select count(distinct state_code) from marts.voters").fetchall()
    return bool(count > 1)


def link(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Bring `links` and `match_review` to the voters of several states in `compared`, and add to `touched` whose links
    are other ones than before. Names become more or less frequent with any voter, so all are looked at."""
    con.execute(
        f"create or replace temp table linked_before as select * from links where ends_with(evidence, '{EVIDENCE}')"
    )
    con.execute(f"delete from links where ends_with(evidence, '{EVIDENCE}')")
    con.execute(f"delete from match_review where reason = '{review.STATES}'")
    if are_several(con):
        _weigh(con, first)
        con.execute(f"""
            insert into links
            select n_l, n_r, 'probable', concat_ws(', ', {review.words("for")}, '{EVIDENCE}'), weight
            from same_in_two_states
            join (select {model.sided("paired", "l")}) using (n_l) join (select {model.sided("paired", "r")}) using (n_r)
            where weight >= {SURE}
        """)
        con.execute(f"""
            insert into match_review by name
            select
                source_l as source_a, record_id_l as record_a, source_r as source_b, record_id_r as record_b, '{review.STATES}' as reason,
                {review.words("for")} as evidence_for, concat_ws(', ', 'others of that name', {review.words("against")}) as evidence_against, weight
            from same_in_two_states
            join (select {model.sided("paired", "l")}) using (n_l) join (select {model.sided("paired", "r")}) using (n_r)
            where weight < {SURE}
        """)
    con.execute(f"""
        create or replace temp table changed_links as
        with linked_now as (select * from links where ends_with(evidence, '{EVIDENCE}'))
        (from linked_now except from linked_before) union all (from linked_before except from linked_now)
    """)
    tables.drop(con, "linked_before", "same_in_two_states")
    con.execute("""
        insert into touched
        select n from (select n_l as n from changed_links union select n_r from changed_links) anti join touched using (n)
    """)


def _weigh(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Make `same_in_two_states` (`n_l`, `n_r`, `weight`): voters of two states of the same name and birth that nothing rules out."""
    con.execute("""
        create or replace temp table voters_to_weigh as
        select n, source, hash(first, last, birth_year) as alike, born, middle, phone, email,
            count(*) over (partition by source, first, last) as namesakes,
            case when born is not null then count(*) over (partition by source, first, last, born) end as of_one_day
        from compared
        where ends_with(source, '_voters') and first is not null and last is not null and birth_year is not null
    """)
    # A join each, and none of a name that is so frequent that no pair of it can count.
    con.execute(f"""
        create or replace temp table alike_in_two_states as
        with pairs as (
            select l.n as l, r.n as r, l.middle as middle_l, r.middle as middle_r, greatest(l.namesakes, r.namesakes) as namesakes, {DAYS} as births,
                coalesce(l.phone = r.phone, false) or coalesce(l.email = r.email, false) as is_reached_alike
            from voters_to_weigh as l join voters_to_weigh as r on r.alike = l.alike and r.born = l.born and r.source > l.source
            where greatest(l.of_one_day, r.of_one_day) <= {exact.LARGEST}
            union all
            select l.n, r.n, l.middle, r.middle, greatest(l.namesakes, r.namesakes), {YEARS},
                coalesce(l.phone = r.phone, false) or coalesce(l.email = r.email, false)
            from (select * from voters_to_weigh where namesakes <= {MOST_NAMESAKES}) as l
            join (select * from voters_to_weigh where namesakes <= {MOST_NAMESAKES}) as r on r.alike = l.alike and r.source > l.source
            where l.born is null or r.born is null
        ),
        weighed as (
            select least(l, r) as n_l, greatest(l, r) as n_r, round(log2(
                {REGISTERED_IN_BOTH} * births / namesakes * case when is_reached_alike then {NUMBERS} else 1 end * case
                    when length(middle_l) > 1 and middle_l = middle_r then {MIDDLE_NAMES}
                    when left(middle_l, 1) = left(middle_r, 1) then {INITIALS}
                    else 1
                end
            ), 3) as weight
            from pairs where coalesce(left(middle_l, 1) = left(middle_r, 1), true)
        )
        select n_l, n_r, weight from weighed where weight >= {UNSURE}
    """)
    if not first:
        exact.paired(con, "select n_l from alike_in_two_states union select n_r from alike_in_two_states")
    con.execute(f"""
        create or replace temp table same_in_two_states as
        select alike_in_two_states.* from alike_in_two_states
        join (select {model.sided("paired", "l")}) using (n_l) join (select {model.sided("paired", "r")}) using (n_r)
        where {model.veto(households=True)} is null
    """)
    tables.drop(con, "voters_to_weigh", "alike_in_two_states")
