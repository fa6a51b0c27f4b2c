"""`match_review`: pairs of records that somebody should look at, with what speaks for one person and what against."""

from __future__ import annotations

import duckdb

from orchestration.identity import model
from orchestration.identity.exact import LARGEST
from orchestration.identity.normalise import believed

TWICE = "two ids of one state"
RIVALS = "fits two people"
APART = "linked, and yet two people"
UNSURE = "a weight between yes and no"
STATES = "voters of two states"
# What two records say of each other, in words without their values.
_FOR = {
    "same first name": "first_l = first_r",
    "a short form of the first name": "first_l <> first_r and list_has_any(first_forms_l, first_forms_r)",
    "same last name": "last_l = last_r",
    "same generation": "generation_l = generation_r",
    "same day of birth": "born_l = born_r",
    "same year of birth": "birth_year_l = birth_year_r and not coalesce(born_l = born_r, false)",
    "same address": "address_key_l = address_key_r",
    "same ZIP": "zip5_l = zip5_r and not coalesce(address_key_l = address_key_r, false)",
    "same telephone": "phone_l = phone_r",
    "same e-mail": "email_l = email_r",
}
_AGAINST = {
    "other first name": "first_l <> first_r and not list_has_any(first_forms_l, first_forms_r)",
    "other middle initial": "left(middle_l, 1) <> left(middle_r, 1)",
    "other last name": "last_l <> last_r",
    "other generation": "generation_l <> generation_r",
    "other sex": "sex_l <> sex_r",
    "other year of birth": "birth_year_l <> birth_year_r",
    "other address": "address_key_l <> address_key_r",
}


def words(facts: str) -> str:
    """SQL over `*_l` and `*_r` of two compared records: what speaks `for` one person, or `against` it, as text; null for nothing."""
    said = {"for": _FOR, "against": _AGAINST}[facts]
    cases = ", ".join(f"case when {condition} then '{fact}' end" for fact, condition in said.items())
    return f"nullif(concat_ws(', ', {cases}), '')"


def begin(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Make the temp table `match_review` of what is reported now, of which the run's is made; none where all is compared anew."""
    con.execute(f"create or replace temp table match_review as from identity.match_review {'limit 0' if first else ''}")


def write(con: duckdb.DuckDBPyConnection) -> None:
    """Let the temp table `match_review` stand; called within the transaction that writes all."""
    con.execute("delete from identity.match_review")
    con.execute("insert into identity.match_review from match_review")


def write_twice(con: duckdb.DuckDBPyConnection) -> None:
    """Report anew the voters whom a state seems to have twice: the same names and year of birth, at one residence or born on one day."""
    con.execute(f"delete from match_review where reason = '{TWICE}'")
    con.execute("""
        create or replace temp table namesakes as
        with keyed as (select voter_id, residence_id, hash(state_code, first_name, last_name, birth_year, name_suffix) as alike from marts.voters)
        select voter_id, residence_id, alike from keyed
        where alike in (select alike from keyed group by alike having count(*) > 1)
    """)
    con.execute(f"""
        insert into match_review by name
        with told as (
            select voter_id, residence_id, birth_date, lower(state_code) || '_voters' as source, alike
            from namesakes
            join (select voter_id, birth_date, state_code, first_name, last_name, birth_year from intermediate.int_registrations) using (voter_id)
            where first_name is not null and last_name is not null and {believed("birth_year")}
        ),
        -- A join each, since one with an `or` compares all of a name with all of it.
        of_one_day as (
            select * from told where birth_date is not null qualify count(*) over (partition by alike, birth_date) between 2 and {LARGEST}
        ),
        at_one_home as (
            select * from told where residence_id is not null qualify count(*) over (partition by alike, residence_id) between 2 and {LARGEST}
        ),
        pairs as (
            select one.source, one.voter_id as record_a, two.voter_id as record_b, 'same day of birth' as also
            from of_one_day as one join of_one_day as two
                on two.alike = one.alike and two.birth_date = one.birth_date and two.voter_id > one.voter_id
            union all
            select one.source, one.voter_id, two.voter_id, 'same address'
            from at_one_home as one join at_one_home as two
                on two.alike = one.alike and two.residence_id = one.residence_id and two.voter_id > one.voter_id
            where one.birth_date is null or two.birth_date is null
        )
        select
            source as source_a, record_a, source as source_b, record_b, '{TWICE}' as reason,
            'same first and last name and year of birth, ' || also as evidence_for, 'a state''s file has nobody twice' as evidence_against
        from pairs
    """)


def write_doubts(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Report anew, of the records in `touched`, the links that were not followed: those in `ambiguous`, and those of `sure_links` between two
    groups of `grouped`, all of them records of `involved`. `first` says that nothing was reported of them before."""
    if not first:
        _forget(con)
    con.execute(f"""
        create or replace temp table doubts as
        select n_l, n_r, min(reason) as reason from (
            select least(n, other) as n_l, greatest(n, other) as n_r, '{RIVALS}' as reason from ambiguous
            union all
            select least(n_l, n_r), greatest(n_l, n_r), '{APART}' from sure_links
            join grouped as l on l.n = n_l join grouped as r on r.n = n_r
            where abs(l.cluster - r.cluster) > 0
        ) group by n_l, n_r
    """)
    con.execute(f"""
        insert into match_review by name
        select
            source_l as source_a, record_id_l as record_a, source_r as source_b, record_id_r as record_b, reason,
            {words("for")} as evidence_for,
            concat_ws(', ', case reason when '{RIVALS}' then 'another person fits as well' end, {words("against")}) as evidence_against
        from doubts
        join (select {model.sided("involved", "l")}) using (n_l) join (select {model.sided("involved", "r")}) using (n_r)
    """)


def _forget(con: duckdb.DuckDBPyConnection) -> None:
    """Take out what was reported of records in `touched`, or in `departed`."""
    con.execute(f"""
        delete from match_review where reason not in ('{TWICE}', '{UNSURE}', '{STATES}') and (
            (source_a, record_a) in (select (source, record_id) from touched join compared using (n))
            or (source_b, record_b) in (select (source, record_id) from touched join compared using (n))
        )
    """)
    con.execute(f"""
        create or replace temp table match_review as
        with stands as (
            select * from match_review
            anti join (select source as source_a, record_id as record_a from departed) using (source_a, record_a)
            anti join (select source as source_b, record_id as record_b from departed) using (source_b, record_b)
        )
        from match_review where reason = '{TWICE}' union all from stands where reason <> '{TWICE}'
    """)


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Take out the pairs in `decided`. Voters of one state that a steward confirmed to be one person stay reported."""
    con.execute("""
        create or replace temp table answered as
        select source_a, record_a, source_b, record_b, decision from decided
        union all select source_b, record_b, source_a, record_a, decision from decided
    """)
    con.execute("""
        delete from match_review
        where (source_a, record_a, source_b, record_b) in (select (source_a, record_a, source_b, record_b) from answered)
    """)
    con.execute(f"""
        insert into match_review by name
        select
            source_a, record_a, source_b, record_b, '{TWICE}' as reason, 'a steward said so' as evidence_for,
            'a state''s file has nobody twice' as evidence_against
        from decided where decision = 'confirm' and source_a = source_b and ends_with(source_a, '_voters')
    """)


def name_persons(con: duckdb.DuckDBPyConnection) -> None:
    """Write to every pair whose its records are now. What has become one person by other ways is no question any more, and what is asked for two
    reasons is asked once."""
    con.execute(f"""
        create or replace temp table match_review as
        with asked as (
            select source_a as source, record_a as record_id from match_review union select source_b, record_b from match_review
        ),
        whose as (select source, record_id, person_id from open_records semi join asked using (source, record_id)),
        named as (
            select pairs.* replace (coalesce(one.person_id, person_a) as person_a, coalesce(two.person_id, person_b) as person_b)
            from (select *, rowid as turn from match_review) as pairs
            left join whose as one on one.source = source_a and one.record_id = record_a
            left join whose as two on two.source = source_b and two.record_id = record_b
        )
        select * exclude (turn) from named
        where reason = '{TWICE}' or not coalesce(person_a = person_b, false)
        qualify row_number() over (
            partition by least(source_a || record_a, source_b || record_b), greatest(source_a || record_a, source_b || record_b)
            order by reason desc, turn
        ) = 1
    """)
