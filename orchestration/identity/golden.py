"""`identity.people`: of each field the value of the source that is believed first, and of its records the newest."""

from __future__ import annotations

import duckdb

from orchestration.identity import tables

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
_NUMBERS = 1 << 6  # more than there are sources


def choose(con: duckdb.DuckDBPyConnection, of_changed: bool) -> None:
    """Find what `identity.people` is to say by the temp tables `open_records` and `source_records` and the marts, for `write`: the rows that differ
    from what it says. Where that was made by the same rules, it is enough to look at people `of_changed` records: each that is new or changed
    is in `placed`, each that is gone in `lost`. Makes also `chosen_of` (records) and `known_people` (`person_id`, `voter_id`, `phone`), of those of
    several records or of none of a voter, and `picked`, what is chosen of these people as far as they are looked at."""
    # Whoever is a voter and nothing else is written as she is; only who has another record is chosen of. Of two records of a source the one
    # whose id comes first counts where they are as old (`turn`).
    con.execute("""
        create or replace temp table several as
        select distinct person_id from open_records where stage <> 'first' or not ends_with(source, '_voters')
    """)
    con.execute("""
        create or replace temp table chosen_of as
        with chosen as (
            select source, record_id, person_id, case when ends_with(source, '_voters') then 'voters' else source end as trusted
            from open_records semi join several using (person_id)
        ),
        turns as (
            -- Found by a number first, as most have one.
            select source, record_id, row_number() over (partition by person_id, trusted order by record_id) as turn
            from chosen
            where hash(person_id, trusted) in (select hash(person_id, trusted) from chosen group by all having count(*) > 1)
        )
        select chosen.*, coalesce(turn, 0) as turn from chosen left join turns using (source, record_id)
    """)
    con.execute(f"""
        create or replace temp table numbers as
        select source, row_number() over (order by source) as number, {_place(_NAMES)} as place_in_names, {_place(_CONTACT)} as place_in_contact
        from (select distinct source, trusted from chosen_of)
    """)
    of_changed = of_changed and not tables.is_empty(con, "people")
    if of_changed:
        _ask_of_changed(con)
    con.execute(
        f"create or replace temp table picked as {_picked('semi join asked_people using (person_id)' if of_changed else '')}"
    )
    # Of whom nothing changed it is known from the time before.
    before = "select person_id, voter_id, phone from identity.people semi join several using (person_id) anti join asked_people using (person_id)"
    con.execute(f"""
        create or replace temp table known_people as
        select person_id, voter_id, phone from picked {f"union all {before}" if of_changed else ""}
    """)
    con.execute("""
        create or replace temp table not_wanted as
        with opted_out as (
            select identifier_kind, identifier, channel, voter_id from marts.subscriptions where is_current and not is_opted_in
        ),
        of_records as (
            select channel, source, record_id from opted_out join source_records on email = identifier where identifier_kind = 'email'
            union all
            select channel, source, record_id from opted_out join source_records on phone = identifier where identifier_kind = 'phone'
            union all
            select channel, 'van_list', identifier from opted_out where identifier_kind = 'van_id'
        ),
        of_voters as (
            select channel, voter_id from opted_out
            union all
            select channel, voters.voter_id from opted_out join marts.voters on phone = identifier where identifier_kind = 'phone'
        )
        select person_id, list(distinct channel order by channel) as opted_out_of
        from (
            select person_id, channel from of_records join chosen_of using (source, record_id)
            union all
            select person_id, channel from of_voters join open_records on record_id = voter_id and ends_with(source, '_voters')
            anti join several using (person_id)
            union all
            select person_id, channel from opted_out join known_people using (voter_id)
            union all
            select person_id, channel from opted_out join known_people on phone = identifier where identifier_kind = 'phone'
        )
        group by person_id
    """)
    con.execute("create or replace temp table people_gone (place bigint)")
    if tables.is_empty(con, "people"):
        tables.find(con, "people", _rows())
        return
    if of_changed:
        _ask_of_opt_outs(con)
    asked = "semi join asked_people using (person_id)" if of_changed else ""
    said = f"hash({', '.join(tables.described()['people']['columns'])})"
    rows, differing = _rows(), "where person_id in (select person_id from differing)"
    if of_changed:  # These are few: made once.
        of_asked = _rows("where person_id in (select person_id from asked_people)")
        con.execute(f"create or replace temp table people_now as {tables.shaped('people', of_asked)}")
        rows = "select * from people_now"
    con.execute(
        f"create or replace temp table said_now as select person_id, {said} as said from ({tables.shaped('people', rows)})"
    )
    con.execute(
        f"create or replace temp table said_before as select people.rowid as place, {said} as said from identity.people {asked}"
    )
    con.execute(
        "create or replace temp table people_gone as select place from said_before anti join said_now using (said)"
    )
    con.execute(
        "create or replace temp table differing as select person_id from said_now anti join said_before using (said)"
    )
    tables.find(con, "people", f"{rows} {differing}" if of_changed else _rows(differing))
    tables.drop(con, "people_now", "said_now", "said_before", "differing", "asked_people")


def _picked(of: str) -> str:
    """SQL of what is chosen of the people in `chosen_of`, or of those whom the join `of` leaves."""
    return f"""
        with asked_of as (from chosen_of {of}),
        told as (
            select
                asked_of.*, voters.voter_id, voters.as_of,
                voters.first_name, voters.middle_name, voters.last_name, voters.name_suffix, voters.birth_year, voters.sex_code,
                voters.residence_address as address, voters.residence_city as city, voters.state_code, voters.zip5, voters.phone,
                cast(null as varchar) as email
            from asked_of join marts.voters on voters.voter_id = asked_of.record_id
            where asked_of.trusted = 'voters'
            union all by name
            select
                asked_of.*, as_of, first_name, middle_name, last_name, name_suffix, cast(year(birth_date) as integer) as birth_year, sex_code,
                address, city, state_code, zip5, phone, email
            from asked_of join source_records using (source, record_id)
        ),
        ranked as (
            select told.* replace (case when sex_code in ('F', 'M') then sex_code end as sex_code), 1::bigint << number as bit,
                place_in_names + place_in_turn as trust_in_names, place_in_contact + place_in_turn as trust_in_contact
            from (select *, ((date '2999-01-01' - as_of) * {_AGE} + turn) * {_NUMBERS} + number as place_in_turn from told join numbers using (source)) as told
        )
        select person_id, arg_min(voter_id, trust_in_names) as voter_id, count(voter_id) as voters, count(*) as record_count, bit_or(bit) as bits, {_picks()}
        from ranked group by person_id
    """


def _ask_of_changed(con: duckdb.DuckDBPyConnection) -> None:
    """Make `asked_people` (`person_id`): whoever has, or had, a record that is placed or lost, and whoever has two of one source, of which the newer
    counts: how new a record is may change without it. Of the others nothing is other than before."""
    con.execute("""
        create or replace temp table asked_people as
        select person_id from placed union select person_before from placed union select person_id from lost
        union select person_id from chosen_of where turn > 0
    """)


def _ask_of_opt_outs(con: duckdb.DuckDBPyConnection) -> None:
    """Add to `asked_people`, and to `picked` those of several records, whose opt-outs are other than before."""
    con.execute("""
        create or replace temp table asked_of_opt_outs as
        select coalesce(now.person_id, before.person_id) as person_id from not_wanted as now
        full join (from identity.people where opted_out_of is not null) as before using (person_id)
        where now.opted_out_of is distinct from before.opted_out_of
    """)
    con.execute("delete from asked_of_opt_outs where person_id in (select person_id from asked_people)")
    con.execute("insert into asked_people from asked_of_opt_outs")
    con.execute(f"insert into picked {_picked('semi join asked_of_opt_outs using (person_id)')}")
    tables.drop(con, "asked_of_opt_outs")


def _rows(where: str = "") -> str:
    """SQL of the rows that `identity.people` is to have, `where` a condition on their `person_id` holds."""
    return f"""
        with records as (
            select * from (select record_id, source, person_id from open_records anti join several using (person_id) where ends_with(source, '_voters')) {where}
        ),
        alone as (
            select
                person_id, voter_id, [voter_id] as voter_ids, 1 as record_count, [source] as sources, first_name, middle_name, last_name,
                name_suffix, case when last_name is not null then source end as names_source, birth_year,
                case when birth_year is not null then source end as birth_year_source,
                case when sex_code in ('F', 'M') then sex_code end as sex_code, case when sex_code in ('F', 'M') then source end as sex_code_source,
                residence_address as address, residence_city as city, state_code, zip5,
                case when residence_address is not null then source end as address_source,
                phone, case when phone is not null then source end as phone_source
            from marts.voters join records on record_id = voter_id
        ),
        voters_of as (
            select person_id, list(record_id order by record_id) as all_of_them from chosen_of
            where person_id in (select person_id from picked where voters > 1) and trusted = 'voters' group by person_id
        ),
        lists as (
            select picked.bits, list(source order by source) as sources
            from (select distinct bits from picked) as picked join numbers on picked.bits & (1::bigint << number) > 0 group by picked.bits
        ),
        of_several as (
            select person_id, voter_id, record_count, {_unpacked()},
                case voters when 0 then [] when 1 then [voter_id] else all_of_them end as voter_ids, sources
            from (select * from picked {where}) as picked join lists using (bits) left join voters_of using (person_id)
                cross join (select list(source order by number) as by_number from numbers)
        )
        select * from (select * from alone union all by name select * from of_several) left join not_wanted using (person_id)
    """


def write(con: duckdb.DuckDBPyConnection) -> None:
    """Write what `choose` has found; called within the transaction that writes all."""
    con.execute("delete from identity.people where rowid in (select place from people_gone)")
    tables.add(con, "people")


def _place(sources: tuple[str, ...]) -> str:
    """SQL of the place of `trusted` among these, before its age and turn."""
    cases = " ".join(f"when '{source}' then {place}" for place, source in enumerate(sources))
    return f"cast(case trusted {cases} else {len(sources)} end as bigint) * {_AGE} * {_AGE} * {_NUMBERS}"


def _picks() -> str:
    """SQL of what is chosen of each field, what goes together packed, and of how much it is trusted."""
    picks = []
    for field, (names, told_by, trust) in _FIELDS.items():
        value = names[0] if len(names) == 1 else f"struct_pack({', '.join(names)})"
        told = f"filter (where {told_by} is not null)"
        picks += [f"arg_min({value}, {trust}) {told} as {field}", f"min({trust}) {told} as trust_in_{field}"]
    return ", ".join(picks)


def _unpacked() -> str:
    """SQL over `_picks` and `by_number` of the columns of each field, and of its source, whose number is the end of its trust."""
    return ", ".join(
        f"{', '.join(f'{field}.{name}' if len(names) > 1 else name for name in names)}, by_number[trust_in_{field} % {_NUMBERS}] as {field}_source"
        for field, (names, *_) in _FIELDS.items()
    )
