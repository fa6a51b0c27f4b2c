"""People of the pipeline, kept from run to run: which record is of which person, with ids that stay.

Only records that are new, changed or gone are looked at, with the people whom they touch. A voter whom no other record touches is
a person without being compared with anybody, since a state's voter file has nobody twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.identity import (
    compared,
    exact,
    golden,
    groups,
    histories,
    identifiers,
    probable,
    review,
    states,
    stewards,
    tables,
)


@dataclass(frozen=True)
class Refreshed:
    """What a run made of the records: counts of those that stand, of people, and of the records that were placed anew or lost."""

    records: int
    people: int
    touched: int


def refresh(
    con: duckdb.DuckDBPyConnection,
    run: str,
    decisions: list[stewards.Decision] | None = None,
    by_same_rules: bool = True,
) -> Refreshed:
    """Bring schema `identity` to the marts as they are now: a run that is stopped leaves all as it was, and the next one finds the same.
    `run` is the version of the data, which new rows are marked with; `decisions` are what stewards said, which wins. Unless the people
    that are there were made `by_same_rules`, what each of them is said to be is found anew.

    Reads `marts.voters`, `marts.subscriptions`, `intermediate.int_registrations`, `int_voter_emails`, `int_person_records` and
    `raw.scopes`.
    """
    # All is found in temp tables, outside of a transaction, since DuckDB has one thread read what an open transaction has made.
    tables.create(con)
    stewards.load(con, decisions or [])
    first = not compared.is_there(con)
    has_sources = _has_sources(con)
    compares = bool(has_sources or decisions or not first or states.are_several(con))
    review.begin(con, first)
    if compares:
        compared.bring(con, first, has_sources)
        exact.link(con, first)
        states.link(con, first)
        probable.link(con, first)
        groups.group(con, first)
        review.write_doubts(con, first)
        tables.drop(con, *groups.MADE)
    else:
        con.execute("create or replace temp table source_records as from intermediate.int_person_records limit 0")
    touched = histories.place(con, run, compares, first)
    review.write_twice(con)
    review.settle(con)
    review.name_persons(con)
    tables.drop(con, "namesakes")
    golden.choose(con, of_changed=by_same_rules and compares and not first)
    identifiers.find(con)
    _count_matches(con, run)

    con.execute("begin transaction")
    try:
        _note_whom(con, run)
        if compares:
            compared.write(con, first)
        histories.write(con)
        review.write(con)
        golden.write(con)
        identifiers.write(con)
        con.execute("delete from identity.match_rates where run = ?", [run])
        tables.add(con, "match_rates")
        tables.comment(con)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    [(records, people)] = con.execute("select coalesce(sum(record_count), 0), count(*) from identity.people").fetchall()
    return Refreshed(int(records), people, touched)


def _has_sources(con: duckdb.DuckDBPyConnection) -> bool:
    [(count,)] = con.execute(
        "select count(*) from raw.scopes where contract in (select unnest(?))",
        [[*golden.SOURCES, "van_contacts", "van_survey_responses", "van_activist_codes"]],
    ).fetchall()
    return bool(count)


def _note_whom(con: duckdb.DuckDBPyConnection, run: str) -> None:
    """Write down of whom the rows are that this run writes or takes out of `people` and `person_records`, and that its events are those of `run`,
    for whoever brings a copy of these forward: `identity.made_anew` (`person_id`, `run`). Nobody where all are new."""
    con.execute("create or replace table identity.made_anew (person_id varchar, run varchar)")
    if tables.is_empty(con, "people"):
        return
    con.execute(
        """
        insert into identity.made_anew
        select distinct person_id, $run
        from (
            select person_id from people_anew union all select person_id from lost
            union all select unnest([person_id, person_before]) from placed
        )
        where person_id is not null
        """,
        {"run": run},
    )


def _count_matches(con: duckdb.DuckDBPyConnection, run: str) -> None:
    """Find for `match_rates` how many people of each source are voters now."""
    tables.find(
        con,
        "match_rates",
        """
        with reviewed as (
            select source_a as source, record_a as record_id from match_review union select source_b, record_b from match_review
        )
        select
            records.source, count(*) as record_count, count(picked.voter_id) as matched_count, count(reviewed.record_id) as review_count,
            (select coalesce(max(as_of), current_date) from raw.scopes) as happened_on, $run as run
        from (select source, record_id, person_id from chosen_of where not ends_with(source, '_voters')) as records
        join (select person_id, voter_id from known_people) as picked using (person_id)
        left join reviewed on reviewed.source = records.source and reviewed.record_id = records.record_id
        group by records.source order by records.source
        """,
        {"run": run},
    )
