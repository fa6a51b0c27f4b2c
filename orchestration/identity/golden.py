"""`identity.people`: of each field the value of the source that is believed first, and of its records the newest."""

from __future__ import annotations

import duckdb

# Who is believed first of what somebody is called and where they live, and of how they are reached: there what people gave
# themselves counts before what was filed or bought. A state's voter file is `voters`.
SOURCES = ("van_list", "l2_consumer", "actblue_contributions", "actionnetwork_activists", "app_members", "mailchimp_audience", "web_events")  # fmt: skip
_NAMES = ("voters", *SOURCES)
_CONTACT = ("app_members", "actblue_contributions", "actionnetwork_activists", "mailchimp_audience", "web_events", "van_list", "voters", "l2_consumer")  # fmt: skip
# A field, or what goes together with it, by what it is chosen.
_FIELDS = {
    "names": (("first_name", "middle_name", "last_name", "name_suffix"), "last_name", "trust_in_names"),
    "birth_year": (("birth_year",), "birth_year", "trust_in_names"),
    "sex_code": (("sex_code",), "sex_code", "trust_in_names"),
    "address": (("address", "city", "state_code", "zip5"), "address", "trust_in_names"),
    "phone": (("phone",), "phone", "trust_in_contact"),
    "email": (("email",), "email", "trust_in_contact"),
}
_AGE = 1 << 24  # more than a person has records, or the sources that are no older than a thousand years have days

# What a voter by herself says of her person.
_OF_VOTERS = "voter_id, first_name, middle_name, last_name, name_suffix, birth_year, sex_code, address, city, state_code, zip5, phone, names_source"


def choose(con: duckdb.DuckDBPyConnection) -> None:
    """Find what `identity.people` is to say by the temp tables `open_records` and `source_records` and the marts. Makes `picked` of the people of
    several records or of none of a voter, the view `voters_alone` of the others, of whom `alone_anew` are new or changed, and `not_wanted`."""
    # Whoever is a voter and nothing else is written as she is; only who has another record is chosen of. Of two records of a source the one
    # whose id comes first counts where they are as old (`turn`).
    con.execute("""
        create or replace temp table chosen_of as
        with chosen as (
            select source, record_id, person_id, case when ends_with(source, '_voters') then 'voters' else source end as trusted
            from open_records
            where person_id in (select person_id from open_records where stage <> 'first' or not ends_with(source, '_voters'))
        ),
        turns as (
            select source, record_id, row_number() over (partition by person_id, trusted order by record_id) as turn
            from chosen semi join (select person_id, trusted from chosen group by all having count(*) > 1) using (person_id, trusted)
        )
        select chosen.*, coalesce(turn, 0) as turn from chosen left join turns using (source, record_id)
    """)
    con.execute("""
        create or replace temp view voters_alone as
        select
            records.person_id, voter_id, [voter_id] as voter_ids, 1 as record_count, [source] as sources, first_name, middle_name, last_name,
            name_suffix, case when last_name is not null then source end as names_source, birth_year,
            case when birth_year is not null then source end as birth_year_source,
            case when sex_code in ('F', 'M') then sex_code end as sex_code, case when sex_code in ('F', 'M') then source end as sex_code_source,
            residence_address as address, residence_city as city, state_code, zip5,
            case when residence_address is not null then source end as address_source,
            phone, case when phone is not null then source end as phone_source
        from marts.voters
        join open_records as records on records.record_id = voters.voter_id and ends_with(source, '_voters')
        where records.person_id not in (select person_id from chosen_of)
    """)
    # Of voters by themselves only those are written who say something new: to write a million takes longer than all else.
    con.execute(
        f"create or replace temp table alone_now as select person_id, hash({_OF_VOTERS}) as said from voters_alone"
    )
    con.execute(f"""
        create or replace temp table alone_before as
        select person_id from (select person_id, hash({_OF_VOTERS}) as said from identity.people where record_count = 1 and voter_id is not null)
        semi join alone_now using (person_id, said)
    """)
    con.execute(
        "create or replace temp table alone_anew as select person_id from alone_now anti join alone_before using (person_id)"
    )
    con.execute("drop table alone_now")
    con.execute("""
        create or replace temp table bits as
        select source, 1::bigint << (row_number() over (order by source) - 1) as bit from (select distinct source from chosen_of)
    """)
    con.execute(f"""
        create or replace temp table picked as
        with told as (
            select
                chosen_of.*, voters.voter_id, voters.as_of,
                voters.first_name, voters.middle_name, voters.last_name, voters.name_suffix, voters.birth_year, voters.sex_code,
                voters.residence_address as address, voters.residence_city as city, voters.state_code, voters.zip5, voters.phone,
                cast(null as varchar) as email
            from chosen_of join marts.voters on voters.voter_id = chosen_of.record_id
            where chosen_of.trusted = 'voters'
            union all by name
            select
                chosen_of.*, as_of, first_name, middle_name, last_name, name_suffix, cast(year(birth_date) as integer) as birth_year, sex_code,
                address, city, state_code, zip5, phone, email
            from chosen_of join source_records using (source, record_id)
        ),
        ranked as (
            select told.* replace (case when sex_code in ('F', 'M') then sex_code end as sex_code), bit,
                {_place(_NAMES)} + (date '2999-01-01' - as_of) * {_AGE} + turn as trust_in_names,
                {_place(_CONTACT)} + (date '2999-01-01' - as_of) * {_AGE} + turn as trust_in_contact
            from told join bits using (source)
        )
        select person_id, arg_min(voter_id, trust_in_names) as voter_id, count(voter_id) as voters, count(*) as record_count, bit_or(bit) as bits, {_picks()}
        from ranked group by person_id
    """)
    con.execute("""
        create or replace temp table not_wanted as
        with opted_out as (
            select identifier_kind, identifier, channel, voter_id from marts.subscriptions where is_current and not is_opted_in
        ),
        addressed as (
            select channel, source, record_id from opted_out join source_records on email = identifier where identifier_kind = 'email'
            union all
            select channel, source, record_id from opted_out join source_records on phone = identifier where identifier_kind = 'phone'
        ),
        reached as (select channel, person_id from addressed join chosen_of using (source, record_id)),
        people as (select person_id, voter_id, phone from voters_alone union all select person_id, voter_id, phone from picked)
        select person_id, list(distinct channel order by channel) as channels
        from (
            select person_id, channel from reached
            union all
            select people.person_id, channel from opted_out join people on people.voter_id = opted_out.voter_id
            union all
            select person_id, channel from opted_out join people on people.phone = identifier and identifier_kind = 'phone'
            union all
            select person_id, channel from opted_out
            join chosen_of on source = 'van_list' and record_id = identifier and identifier_kind = 'van_id'
        )
        group by person_id
    """)


def write(con: duckdb.DuckDBPyConnection) -> None:
    """Write what `choose` has found; called within the transaction that writes all."""
    con.execute("delete from identity.people where person_id not in (select person_id from alone_before)")
    con.execute("""
        insert into identity.people by name
        select * from voters_alone where person_id in (select person_id from alone_anew)
    """)
    con.execute("""
        insert into identity.people by name
        with several as (
            select person_id, list(record_id order by record_id) as voter_ids from chosen_of
            where person_id in (select person_id from picked where voters > 1) and trusted = 'voters' group by person_id
        ),
        lists as (
            select picked.bits, list(source order by source) as sources
            from (select distinct bits from picked) as picked join bits on picked.bits & bits.bit > 0 group by picked.bits
        )
        select picked.* exclude (voters, bits),
            case voters when 0 then [] when 1 then [voter_id] else voter_ids end as voter_ids, sources
        from picked join lists using (bits) left join several using (person_id)
    """)
    con.execute("""
        update identity.people set opted_out_of = null
        where opted_out_of is not null and person_id not in (select person_id from not_wanted)
    """)
    con.execute("""
        update identity.people set opted_out_of = channels from not_wanted
        where not_wanted.person_id = people.person_id and opted_out_of is distinct from channels
    """)


def _place(sources: tuple[str, ...]) -> str:
    """SQL of the place of `trusted` among these, before its age and turn."""
    cases = " ".join(f"when '{source}' then {place}" for place, source in enumerate(sources))
    return f"cast(case trusted {cases} else {len(sources)} end as bigint) * {_AGE} * {_AGE}"


def _picks() -> str:
    return ", ".join(
        f"{', '.join(f'arg_min_null({name}, {trust}) filter (where {told_by} is not null) as {name}' for name in names)}, "
        f"arg_min(source, {trust}) filter (where {told_by} is not null) as {field}_source"
        for field, (names, told_by, trust) in _FIELDS.items()
    )
