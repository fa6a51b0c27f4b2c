"""Which record is of which person from run to run, with ids that stay: `identity.person_records` and `identity.person_events`."""

from __future__ import annotations

from datetime import date

import duckdb

from orchestration.identity import tables

_OWN_ID = "case when ends_with(source, '_voters') then 'P-' || record_id else 'P-' || left(md5(source || '|' || record_id), 16) end"


def place(con: duckdb.DuckDBPyConnection, run: str, compared: bool, first: bool) -> int:
    """Find to whom each record of `regrouped` belongs, and where nothing is `compared` the voters who were not there before. Makes the temp tables `placed` and `lost` (records)
    and `open_records` (`source`, `record_id`, `person_id`, `stage`): whose each record is from this run on, of which all that
    follows is made. Unless records are compared for the `first` time, those that are lost are among `departed`. Returns how many records were placed or
    lost; nothing is changed before `write`."""
    con.execute(f"""
        create or replace temp {"table" if first else "view"} current_records as
        select lower(state_code) || '_voters' as source, voter_id as record_id, as_of from marts.voters
        union all
        select source, record_id, as_of from source_records
    """)
    is_lost = "anti join current_records" if first else "semi join departed"
    con.execute(f"""
        create or replace temp table lost as
        select source, record_id, person_id from identity.person_records
        {is_lost} using (source, record_id) where valid_to is null
    """)
    con.execute("create or replace temp table open_before as select distinct person_id from lost")
    if compared:
        wanted = "select * from regrouped join current_records using (source, record_id)"
    else:  # A person by herself.
        wanted = """
            select *, -1 - cast(hash(source, record_id) >> 1 as bigint) as grouped_as, 'first' as stage, null as evidence, null as weight
            from current_records
            anti join (select source, record_id from identity.person_records where valid_to is null) using (source, record_id)
        """
    con.execute(f"""
        create or replace temp table members as
        select source, record_id, grouped_as, stage, cast(evidence as varchar) as evidence, cast(weight as double) as weight, as_of, {_OWN_ID} as own_id
        from ({wanted})
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
        select members.* exclude (own_id), named.person_id, before.person_id as person_before, coalesce(before.is_open, false) as is_open
        from members join named using (grouped_as) left join before using (source, record_id)
    """)
    con.execute(f"drop {'table' if first else 'view'} current_records")
    tables.drop(con, "regrouped", "members", "before", "named", "nameless", "taken", "several")
    _tell_events(con, run)
    tables.find(
        con,
        "person_records",
        """
        select source, record_id, person_id, stage, evidence, weight, case when person_before is null then as_of else $day end as valid_from,
            cast(null as date) as valid_to, $run as run
        from placed where not is_open or person_id <> person_before
        """,
        {"day": _day(con), "run": run},
    )
    con.execute("""
        create or replace temp table open_records as
        select source, record_id, person_id, stage from identity.person_records
        anti join (select source, record_id from lost union all select source, record_id from placed) using (source, record_id) where valid_to is null
        union all
        select source, record_id, person_id, stage from placed
    """)
    [(looked_at,)] = con.execute("select (select count(*) from lost) + count(*) from placed").fetchall()
    return int(looked_at)


def write(con: duckdb.DuckDBPyConnection) -> None:
    """Write what `place` has found; called within the transaction that writes all."""
    tables.add(con, "person_events")
    con.execute(
        """
        update identity.person_records set valid_to = $day
        from (
            select source, record_id from lost
            union all select source, record_id from placed where is_open and person_id <> person_before
        ) as gone
        where valid_to is null and person_records.source = gone.source and person_records.record_id = gone.record_id
    """,
        {"day": _day(con)},
    )
    con.execute("""
        update identity.person_records set stage = placed.stage, evidence = placed.evidence, weight = placed.weight
        from (from placed where is_open and person_id = person_before) as placed
        where valid_to is null and person_records.source = placed.source and person_records.record_id = placed.record_id
            and (person_records.stage, person_records.evidence, person_records.weight)
                is distinct from (placed.stage, placed.evidence, placed.weight)
    """)
    tables.add(con, "person_records")


def _day(con: duckdb.DuckDBPyConnection) -> date:
    """The day of the newest file."""
    [(day,)] = con.execute("select coalesce(max(as_of), current_date) from raw.scopes").fetchall()
    return day


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
    con.execute("""
        insert into named
        with mine as (from nameless semi join several using (grouped_as)),
        ids as (
            select *, own_id as person_id, 0 as turn from mine
            union all
            select mine.*, own_id || '~' || turn, turn from mine semi join taken using (own_id), range(1, 10) as turns(turn)
        )
        select grouped_as, arg_min(person_id, row(turn, as_of, not ends_with(source, '_voters'), source, record_id))
        from ids anti join taken using (person_id) group by grouped_as
    """)


def _tell_events(con: duckdb.DuckDBPyConnection, run: str) -> None:
    """Find what becomes of people, for `person_events`."""
    tables.find(
        con,
        "person_events",
        """
        with known as (
            select person_id from identity.person_records
            where person_id in (select person_id from placed union all select person_before from placed)
            group by person_id
        ),
        -- Of those who lose a record: whether one stays or comes.
        staying as (
            select person_id from identity.person_records as open
            anti join (select source, record_id from placed where person_id <> person_before) as moved using (source, record_id)
            anti join lost using (source, record_id)
            where valid_to is null and person_id in (select person_before from placed where person_id <> person_before
                union all select person_id from open_before)
            union
            select person_id from placed
            where person_id in (select person_before from placed where person_before <> person_id union all select person_id from open_before)
        ),
        what as (
            -- By their number, which is shorter than an id.
            select 'created' as event, any_value(person_id) as person_id, cast(null as varchar) as other_person_id, count(*) as record_count
            from placed anti join known using (person_id) group by grouped_as
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
        select *, $day as happened_on, $run as run from what
        """,
        {"day": _day(con), "run": run},
    )
