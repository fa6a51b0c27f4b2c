"""People of the pipeline, kept from run to run: which record is of which person, with ids that stay.

Only records that are new, changed or gone are looked at, with the people whom they touch. A voter whom no other record touches is
a person without being compared with anybody, since a state's voter file has nobody twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.identity import (
    clusters,
    exact,
    golden,
    identifiers,
    model,
    normalise,
    probable,
    review,
    states,
    stewards,
    tables,
)

# What a voter record says of its person, as `int_person_records` does of the others.
_VOTERS = """
    select
        lower(voters.state_code) || '_voters' as source, voters.voter_id as record_id, voters.first_name, voters.middle_name,
        voters.last_name, voters.name_suffix, voters.sex_code, registrations.birth_date, voters.birth_year,
        voters.residence_address as address, voters.residence_city as city, voters.state_code, voters.zip5, voters.phone,
        emails.email, voters.as_of
    from marts.voters
    left join (select voter_id, birth_date from intermediate.int_registrations where birth_date is not null) as registrations
        on registrations.voter_id = voters.voter_id
    left join (select voter_id, min(email) as email from intermediate.int_voter_emails group by voter_id) as emails
        on emails.voter_id = voters.voter_id
"""
_CONTENT = (
    "first_name", "middle_name", "last_name", "name_suffix", "sex_code", "birth_date", "birth_year", "address", "city", "state_code",
    "zip5", "phone", "email",
)  # fmt: skip
_OWN_ID = "case when ends_with(source, '_voters') then 'P-' || record_id else 'P-' || left(md5(source || '|' || record_id), 16) end"
_VOTERS_FIRST = (
    "(case when ends_with(source, '_voters') then '0' else '1' end || source || '|' || record_id)"  # as an order
)
_TWO_VOTERS = "source_l = source_r and ends_with(source_l, '_voters')"


@dataclass(frozen=True)
class Refreshed:
    """What a run made of the records: counts of those that stand, of people, and of the records that were placed anew or lost."""

    records: int
    people: int
    touched: int


def refresh(con: duckdb.DuckDBPyConnection, run: str, decisions: list[stewards.Decision] | None = None) -> Refreshed:
    """Bring schema `identity` to the marts as they are now, in one transaction: a run that is stopped leaves all as it was, and the
    next one finds the same. `run` is the version of the data, which new rows are marked with; `decisions` are what stewards said, which wins.

    Reads `marts.voters`, `marts.subscriptions`, `intermediate.int_registrations`, `int_voter_emails`, `int_person_records` and
    `raw.scopes`.
    """
    con.execute("begin transaction")
    try:
        first = not _is_compared(con)
        tables.create(con)
        stewards.load(con, decisions or [])
        has_sources = _has_sources(con)
        if has_sources or decisions or not first or states.are_several(con):
            _compare(con, first, has_sources)
        else:
            con.execute(
                "create or replace temp view source_records as select * from intermediate.int_person_records limit 0"
            )
            con.execute(
                "create or replace temp table regrouped (source varchar, record_id varchar, grouped_as bigint, stage varchar, evidence varchar, weight double)"
            )
        touched = _renew_records(con, run)
        review.write_twice(con)
        review.settle(con)
        review.name_persons(con)
        golden.write(con)
        identifiers.write(con)
        _count_matches(con, run)
        tables.comment(con)
        [(records, people)] = con.execute(
            "select coalesce(sum(record_count), 0), count(*) from identity.people"
        ).fetchall()
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    return Refreshed(int(records), people, touched)


def _compare(con: duckdb.DuckDBPyConnection, first: bool, has_sources: bool) -> None:
    """Make the temp table `regrouped`: the records of all people whom a new, changed or gone record touches, with the group of which
    each is (`grouped_as`) and what makes it belong there."""
    kinds = {name: kind for name, kind, *_ in con.execute("describe intermediate.int_person_records").fetchall()}
    # Of sources that nobody delivered nothing is asked: also an empty view reads all voters.
    con.execute(f"""
        create or replace temp table given_people as
        select *, hash({", ".join(_CONTENT)}) as content from (
            select {normalise.texts(kinds | {"birth_year": "integer"})}, voter_id, linked_by, as_of from (
                select *, cast(null as varchar) as voter_id, cast(null as varchar) as linked_by from ({_VOTERS})
                union all by name
                select * from (from intermediate.int_person_records {"" if has_sources else "limit 0"})
            )
        )
    """)
    con.execute(
        "create or replace temp view source_records as select * from given_people where not ends_with(source, '_voters')"
    )
    if first:
        con.execute("create or replace temp table gone (n bigint)")
        normalise.read(con, "given_people", "table identity.compared", carried=("content",))
        con.execute("create or replace temp table fresh_records as select n from identity.compared")
        con.execute("create or replace temp table touched as select n from identity.compared")
    else:
        _renew_compared(con)
    exact.link(con, first)
    states.link(con)
    probable.link(con)

    con.execute("""
        create or replace temp table settled as
        select decision, one.n as n_l, two.n as n_r from decided
        join identity.compared as one on one.source = source_a and one.record_id = record_a
        join identity.compared as two on two.source = source_b and two.record_id = record_b
    """)
    if not first:
        con.execute("""
            insert into touched
            select n_l from settled union select n_r from settled
            union select n from identity.compared join identity.person_records using (source, record_id)
            where valid_to is null and stage = 'steward'
        """)
        _find_touched(con)
    _group(con)
    review.write_doubts(con)


def _is_compared(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is a table of compared records; one of other columns than are wanted now is dropped, with its links."""
    found = con.execute(
        "select list(column_name) from duckdb_columns() where database_name = current_database() and schema_name = 'identity' and table_name = 'compared'"
    ).fetchall()[0][0]
    if found and "first_word" not in found:
        con.execute("drop table identity.compared; drop table if exists identity.links")
        return False
    return bool(found)


def _has_sources(con: duckdb.DuckDBPyConnection) -> bool:
    [(count,)] = con.execute(
        "select count(*) from raw.scopes where contract in (select unnest(?))",
        [[*golden.SOURCES, "van_contacts", "van_survey_responses", "van_activist_codes"]],
    ).fetchall()
    return bool(count)


def _renew_compared(con: duckdb.DuckDBPyConnection) -> None:
    """Put the new and changed records into `compared` in the place of what they were, and take those that are gone out. Makes
    `fresh_records` (`n`), `touched` (`n`), to which what was linked with a record that is gone belongs, and `bereft` (`n`), whose voter is gone."""
    con.execute("""
        create or replace temp table fresh_given as
        select * from given_people anti join identity.compared using (source, record_id, content)
    """)
    con.execute("""
        create or replace temp table gone as
        select n from identity.compared anti join given_people using (source, record_id, content)
    """)
    normalise.read(con, "fresh_given", "temp table normalised", carried=("content",))
    con.execute("""
        create or replace temp table touched as
        select n_l as n from identity.links where n_r in (select n from gone)
        union select n_r from identity.links where n_l in (select n from gone)
    """)
    con.execute("""
        create or replace temp table bereft as
        select n_l as n from identity.links where stage = 'authoritative' and n_r in (select n from gone)
    """)
    con.execute("delete from identity.links where n_l in (select n from gone) or n_r in (select n from gone)")
    con.execute("delete from identity.compared where n in (select n from gone)")
    [(most,)] = con.execute("select coalesce(max(n), 0) from identity.compared").fetchall()
    con.execute(f"update normalised set n = n + {most}")
    con.execute("insert into identity.compared by name select * from normalised")
    con.execute("create or replace temp table fresh_records as select n from normalised")
    con.execute("insert into touched select n from fresh_records")


def _find_touched(con: duckdb.DuckDBPyConnection) -> None:
    """Widen `touched` to all records that are linked with it, directly or by way of others, or are of the same people now."""
    size = -1
    while True:
        con.execute("""
            create or replace temp table touched as
            select n from touched
            union select n_l from identity.links join touched on n = n_r
            union select n_r from identity.links join touched on n = n_l
            union select n_r from settled join touched on n = n_l
            union select n_l from settled join touched on n = n_r
            union
            select others.n
            from touched
            join identity.compared using (n)
            join identity.person_records as own on own.source = compared.source and own.record_id = compared.record_id and own.valid_to is null
            join identity.person_records as theirs on theirs.person_id = own.person_id and theirs.valid_to is null
            join identity.compared as others on others.source = theirs.source and others.record_id = theirs.record_id
        """)
        [(now,)] = con.execute("select count(*) from touched").fetchall()
        if now == size:
            return
        size = now


def _group(con: duckdb.DuckDBPyConnection) -> None:
    """Put the records in `touched` into groups. Whom an exact identifier leads to a voter goes with her from the start, so that links count
    between voters with all that is theirs, and others."""
    con.execute("""
        create or replace temp table group_links as
        select n_l, n_r, stage, evidence, weight from identity.links where n_l in (select n from touched)
        union all
        select n_l, n_r, 'steward', 'a steward said so', 1000 from settled where decision = 'confirm'
    """)
    # Whom links join, with the voters to whom ids lead these.
    con.execute("""
        create or replace temp table joined_by_links as
        with ends as (
            select n_l as n from group_links where stage <> 'authoritative' union select n_r from group_links where stage <> 'authoritative'
            union select n_l from settled union select n_r from settled
        )
        select n from ends union select n_r from group_links semi join ends on ends.n = n_l where stage = 'authoritative'
    """)
    exact.paired(con, "select n from joined_by_links")
    con.execute("""
        create or replace temp table rejected as
        select n_l, n_r from settled where decision = 'reject' union select n_r, n_l from settled where decision = 'reject'
    """)
    # Of two records that lead to one voter and are two people by a steward the one goes with her that leads there more surely.
    con.execute(f"""
        create or replace temp table led_to as
        with led as (
            select * from group_links where stage = 'authoritative'
            union all
            select group_links.* from group_links
            join (select {model.sided("paired", "l")}) using (n_l) join (select {model.sided("paired", "r")}) using (n_r)
            where {exact.IS_LED} and {model.contradiction(households=True)} is null
        ),
        who_leads as (select n_l as n, n_r as unit, stage, evidence, weight from led anti join rejected using (n_l, n_r)),
        parted as (
            select mine.n
            from rejected join who_leads as mine on mine.n = n_l join who_leads as theirs on theirs.n = n_r and theirs.unit = mine.unit
            where theirs.weight > mine.weight or theirs.weight = mine.weight and theirs.n < mine.n
        )
        select n, unit, stage, evidence from who_leads anti join parted using (n)
    """)
    con.execute("""
        create or replace temp table units as
        select n, coalesce(led_to.unit, n) as unit from touched left join led_to using (n)
    """)
    con.execute("""
        create or replace temp table sure_links as
        select least(l.unit, r.unit) as n_l, greatest(l.unit, r.unit) as n_r, max(weight) as weight
        from (from group_links anti join led_to on led_to.n = n_l and led_to.unit = n_r) as following
        join units as l on l.n = n_l join units as r on r.n = n_r
        where abs(l.unit - r.unit) > 0 and stage <> 'steward'
        group by all
    """)
    con.execute("""
        create or replace temp table involved as
        with kept_apart as (
            select one.unit as n, list(two.unit) as others
            from rejected join units as one on one.n = n_l join units as two on two.n = n_r
            group by one.unit
        )
        select paired.*, cast(null as varchar) as only_once, coalesce(others, []) as not_with
        from paired left join kept_apart using (n)
        where n in (
            select n_l from sure_links union select n_r from sure_links
            union select unit from units join settled on n = n_l union select unit from units join settled on n = n_r
        )
    """)
    by_stewards = "when list_contains(not_with_l, n_r) then 'a steward said so'"
    said = model.contradiction(households=True)
    apart = f"case {by_stewards} when {_TWO_VOTERS} then 'two voters of one state' else {said} end"
    rivals = f"case {by_stewards} when {_TWO_VOTERS} and not {clusters.SAME_TWICE} then 'two voters of one state' else {said} end"
    clusters.drop_ambiguous(con, "sure_links", "involved", rivals)
    clusters.cluster(con, "sure_links", "involved", apart, "grouped")
    # What stewards confirmed joins groups whatever contradicts it, but for what they rejected.
    con.execute("""
        create or replace temp table confirmed as
        with between as (
            select decision, least(l.cluster, r.cluster) as n_l, greatest(l.cluster, r.cluster) as n_r
            from settled join units as one on one.n = n_l join units as two on two.n = n_r
            join grouped as l on l.n = one.unit join grouped as r on r.n = two.unit
        )
        select distinct n_l, n_r from between where decision = 'confirm' and n_l < n_r
            and (n_l, n_r) not in (select (n_l, n_r) from between where decision = 'reject')
    """)
    con.execute("create or replace temp table joined as select distinct cluster as n, cluster from grouped")
    clusters.connect(con, "confirmed", "joined")
    con.execute("""
        create or replace temp table grouped as
        select grouped.n, joined.cluster from grouped join joined on joined.n = grouped.cluster
    """)
    # By what each belongs to its group: what leads it to its voter, or where several came together the best of its links there, but for the
    # record that the others joined.
    con.execute("""
        create or replace temp table together as
        select cluster as grouped_as from grouped group by cluster having count(*) > 1
        union
        select coalesce(cluster, unit) from units
        join (select n_l as n from settled union select n_r from settled) using (n) left join grouped on grouped.n = unit
    """)
    con.execute("""
        create or replace temp table members_together as
        select units.n, coalesce(cluster, unit) as grouped_as
        from units left join grouped on grouped.n = unit where coalesce(cluster, unit) in (select grouped_as from together)
    """)
    con.execute(f"""
        create or replace temp table regrouped as
        with members as (select n, source, record_id, grouped_as from members_together join identity.compared using (n)),
        firsts as (
            select arg_min(n, {_VOTERS_FIRST}) as n
            from members group by grouped_as
        ),
        ways as (
            select group_links.n_l as n, one.grouped_as, stage, evidence, weight
            from group_links join members as one on one.n = n_l join members as two on two.n = n_r and two.grouped_as = one.grouped_as
            union all
            select group_links.n_r, one.grouped_as, stage, evidence, weight
            from group_links join members as one on one.n = n_r join members as two on two.n = n_l and two.grouped_as = one.grouped_as
        ),
        best as (select n, arg_max(struct_pack(stage, evidence, weight), weight) as way from ways group by n)
        select
            source, record_id, grouped_as,
            case when firsts.n is null then best.way.stage else 'first' end as stage,
            case when firsts.n is null then best.way.evidence end as evidence,
            case when firsts.n is null and best.way.stage = 'probable' then best.way.weight end as weight
        from members left join firsts using (n) left join best using (n)
        union all
        select source, record_id, unit, coalesce(stage, 'first'), evidence, cast(null as double)
        from units anti join members_together using (n)
        join (select n, source, record_id from identity.compared) using (n) left join led_to using (n, unit)
    """)


def _renew_records(con: duckdb.DuckDBPyConnection, run: str) -> int:
    """Bring `person_records` and `person_events` to `regrouped` and to the voters whom nothing touches. Returns how many records
    were placed or lost."""
    [(day,)] = con.execute("select coalesce(max(as_of), current_date) from raw.scopes").fetchall()
    said = {"day": day, "run": run}
    con.execute("""
        create or replace temp table current_records as
        select lower(state_code) || '_voters' as source, voter_id as record_id, as_of from marts.voters
        union all
        select source, record_id, as_of from source_records
    """)
    con.execute("""
        create or replace temp table lost as
        select source, record_id, person_id from identity.person_records
        anti join current_records using (source, record_id) where valid_to is null
    """)
    con.execute("create or replace temp table open_before as select distinct person_id from lost")
    con.execute(
        "update identity.person_records set valid_to = $day from lost where valid_to is null "
        "and person_records.source = lost.source and person_records.record_id = lost.record_id",
        {"day": day},
    )
    # Whom nothing touches and who was not there before: a person by herself.
    con.execute(f"""
        create or replace temp table members as
        select source, record_id, grouped_as, stage, evidence, weight, as_of, {_OWN_ID} as own_id
        from regrouped join current_records using (source, record_id)
        union all
        select source, record_id, -1 - cast(hash(source, record_id) >> 1 as bigint), 'first', null, null, as_of, {_OWN_ID}
        from current_records
        anti join (select source, record_id from identity.person_records where valid_to is null) using (source, record_id)
        anti join regrouped using (source, record_id)
    """)
    con.execute("""
        create or replace temp table before as
        select source, record_id, person_id, valid_to is null as is_open
        from identity.person_records semi join members using (source, record_id)
        qualify row_number() over (
            partition by source, record_id order by valid_to is null desc, valid_to desc, valid_from desc, person_records.rowid desc
        ) = 1
    """)
    _name_groups(con)
    con.execute("""
        create or replace temp table placed as
        select members.*, named.person_id, before.person_id as person_before, coalesce(before.is_open, false) as is_open
        from members join named using (grouped_as) left join before using (source, record_id)
    """)
    _tell_events(con, said)
    con.execute(
        """
        update identity.person_records set valid_to = $day from placed
        where valid_to is null and placed.is_open and placed.person_id <> placed.person_before
            and person_records.source = placed.source and person_records.record_id = placed.record_id
    """,
        {"day": day},
    )
    con.execute("""
        update identity.person_records set stage = placed.stage, evidence = placed.evidence, weight = placed.weight from placed
        where valid_to is null and placed.is_open and placed.person_id = placed.person_before
            and person_records.source = placed.source and person_records.record_id = placed.record_id
            and (person_records.stage, person_records.evidence, person_records.weight)
                is distinct from (placed.stage, placed.evidence, placed.weight)
    """)
    con.execute(
        """
        insert into identity.person_records by name
        select source, record_id, person_id, stage, evidence, weight, case when person_before is null then as_of else $day end as valid_from,
            cast(null as date) as valid_to, $run as run
        from placed where not is_open or person_id <> person_before
    """,
        said,
    )
    [(looked_at,)] = con.execute("select (select count(*) from lost) + count(*) from placed").fetchall()
    return int(looked_at)


def _count_matches(con: duckdb.DuckDBPyConnection, run: str) -> None:
    """Write into `match_rates` how many people of each source are voters now."""
    con.execute("delete from identity.match_rates where run = ?", [run])
    con.execute(
        """
        insert into identity.match_rates by name
        with reviewed as (
            select source_a as source, record_a as record_id from identity.match_review union select source_b, record_b from identity.match_review
        )
        select
            records.source, count(*) as record_count, count(people.voter_id) as matched_count, count(reviewed.record_id) as review_count,
            (select coalesce(max(as_of), current_date) from raw.scopes) as happened_on, $run as run
        from identity.person_records as records
        join identity.people using (person_id)
        left join reviewed on reviewed.source = records.source and reviewed.record_id = records.record_id
        where records.valid_to is null and not ends_with(records.source, '_voters')
        group by records.source order by records.source
        """,
        {"run": run},
    )


def _name_groups(con: duckdb.DuckDBPyConnection) -> None:
    """Make `named` (`grouped_as`, `person_id`): a group is the person who had most of its records, of two the older; who is claimed by two
    groups is the one that has most of her. Else the group's id is that of its oldest record's key (of one day's, the voter's), which nobody else had."""
    con.execute("""
        create or replace temp table named as
        with votes as (
            select grouped_as, person_id, count(*) as records, min(members.as_of) as oldest
            from members join before using (source, record_id) group by grouped_as, person_id
        ),
        ages as (
            select person_id, min(valid_from) as since from identity.person_records
            where person_id in (select person_id from votes) group by person_id
        ),
        wanted as (
            select * from votes join ages using (person_id)
            qualify row_number() over (partition by grouped_as order by records desc, since, person_id) = 1
        )
        select grouped_as, person_id from wanted
        qualify row_number() over (partition by person_id order by records desc, oldest, grouped_as) = 1
    """)
    con.execute("create or replace temp table nameless as select * from members anti join named using (grouped_as)")
    con.execute("""
        create or replace temp table taken as
        select distinct person_id, split_part(person_id, '~', 1) as own_id from identity.person_records
        where split_part(person_id, '~', 1) in (select own_id from nameless)
    """)
    # Almost all are new, and those by themselves have an id that is nobody's; only the others are put in order.
    con.execute("""
        create or replace temp table several as
        select grouped_as from nameless group by grouped_as having count(*) > 1
        union select grouped_as from nameless semi join taken using (own_id)
    """)
    con.execute("insert into named select grouped_as, own_id from nameless anti join several using (grouped_as)")
    con.execute(f"""
        insert into named
        with mine as (from nameless semi join several using (grouped_as)),
        ids as (
            select *, own_id as person_id, 0 as turn from mine
            union all
            select mine.*, own_id || '~' || turn, turn from mine semi join taken using (own_id), range(1, 10) as turns(turn)
        )
        select grouped_as, arg_min(person_id, cast(turn as varchar) || cast(as_of as varchar)
            || {_VOTERS_FIRST})
        from ids anti join taken using (person_id) group by grouped_as
    """)


def _tell_events(con: duckdb.DuckDBPyConnection, said: dict) -> None:
    """Write what becomes of people into `person_events`, before their records are moved."""
    con.execute(
        """
        insert into identity.person_events by name
        with known as (
            select person_id from identity.person_records
            where person_id in (select person_id from placed union all select person_before from placed)
            group by person_id
        ),
        -- Of those who lose a record: whether one stays or comes.
        staying as (
            select person_id from identity.person_records as open
            anti join (select source, record_id from placed where person_id <> person_before) as moved using (source, record_id)
            where valid_to is null and person_id in (select person_before from placed where person_id <> person_before
                union all select person_id from open_before)
            union select person_id from placed
        ),
        told as (
            select 'created' as event, person_id, cast(null as varchar) as other_person_id, count(*) as record_count
            from placed anti join known using (person_id) group by person_id
            union all
            select 'absorbed', person_id, null, count(*)
            from placed semi join known using (person_id) where person_before is null or not is_open and person_before = person_id
            group by person_id
            union all
            select case when person_before in (select person_id from staying) then 'split' else 'merged' end, person_id, person_before, count(*)
            from placed where person_before <> person_id and is_open group by person_id, person_before
            union all
            select 'ended', person_id, null, (select count(*) from lost where lost.person_id = open_before.person_id)
            from open_before
            where person_id not in (select person_id from staying)
                and person_id not in (select person_before from placed where person_before <> person_id and is_open)
        )
        select *, $day as happened_on, $run as run from told
    """,
        said,
    )
