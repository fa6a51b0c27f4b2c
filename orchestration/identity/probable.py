"""The third stage of linking: records that no exact identifier settles are weighed against all others, with Splink and the parameters
pinned in `model.py`. Only pairs with a record that is new or changed are weighed."""

from __future__ import annotations

import math

import duckdb

from orchestration.identity import model, review
from orchestration.identity.blocking import KEYS, KEYS_OF_FORMS, LARGEST_BLOCK

THRESHOLD = round(math.log2(model.THRESHOLD / (1 - model.THRESHOLD)), 3)
UNSURE = -2.0  # bits, from which a pair is shown to somebody where the record fits nobody better: one in five
# However rare a name is among those whom the campaign knows, others have it, too.
_MORE_THAN_NAMES = (
    "(coalesce(birth_year_l = birth_year_r, false) or coalesce(zip5_l = zip5_r, false) or coalesce(city_l = city_r, false) "
    "or coalesce(phone_l = phone_r, false) or coalesce(email_l = email_r, false))"
)


def link(con: duckdb.DuckDBPyConnection) -> None:
    """Add to `identity.links` the likely pairs of `fresh_records`, and to `identity.match_review` those of which it is not certain."""
    con.execute("""
        create or replace temp table settled_by_id as
        with voters as (select n from identity.compared where ends_with(source, '_voters')),
        direct as (
            select n_l as n from identity.links where n_r in (select n from voters) and stage <> 'probable'
            union select n_r from identity.links where n_l in (select n from voters) and stage <> 'probable'
        )
        select n from direct
        union select n_l from identity.links where n_r in (select n from direct) and stage = 'exact'
        union select n_r from identity.links where n_l in (select n from direct) and stage = 'exact'
    """)
    # What is under many names is nobody's, as the stage before has found.
    con.execute("""
        create or replace temp view comparable as
        select * replace (
            case when phone not in (select phone from shared_phone) then phone end as phone,
            case when email not in (select email from shared_email) then email end as email
        ) from identity.compared
    """)
    # Of whom a name and anything else is known. Voters are what others are weighed against, not each other.
    con.execute("""
        create or replace temp table unsettled as
        select *, n in (select n from fresh_records) as is_fresh from comparable
        where not ends_with(source, '_voters') and n not in (select n from settled_by_id)
            and first is not null and last is not null and coalesce(cast(born as varchar), address_key, zip5, phone, email) is not null
    """)
    [(count,)] = con.execute("select count(*) from unsettled").fetchall()
    if not count:
        return
    _pair(con)
    [(count,)] = con.execute("select count(*) from weighed").fetchall()
    if not count:
        return
    con.execute("""
        create or replace temp table weighed_records as
        select * from comparable where n in (select join_key_l from weighed union all select join_key_r from weighed)
    """)
    [(records,)] = con.execute("select count(*) from identity.compared").fetchall()
    model.add_frequencies(con, "weighed_records", among="comparable")
    model.score(con, "weighed_records", "weighed", "person_pairs", model.pinned(records))
    con.execute(f"""
        insert into identity.links
        select n_l, n_r, 'probable', coalesce({review.words("for")}, 'many small likenesses'), weight
        from person_pairs
        join (select {model.sided("weighed_records", "l")}) using (n_l) join (select {model.sided("weighed_records", "r")}) using (n_r)
        where weight >= {THRESHOLD} and {_MORE_THAN_NAMES}
    """)
    con.execute(f"""
        delete from identity.match_review where reason = '{review.UNSURE}' and (
            (source_a, record_a) in (select (source, record_id) from fresh_records)
            or (source_b, record_b) in (select (source, record_id) from fresh_records)
        )
    """)
    con.execute(f"""
        insert into identity.match_review by name
        with best as (
            select n, n_l, n_r, weight
            from (select n_l as n, * from person_pairs union all select n_r, * from person_pairs)
            where n in (select n from unsettled)
            qualify row_number() over (partition by n order by weight desc, n_l, n_r) = 1
        )
        select distinct
            source_l as source_a, record_id_l as record_a, source_r as source_b, record_id_r as record_b, '{review.UNSURE}' as reason,
            {review.words("for")} as evidence_for, {review.words("against")} as evidence_against, weight
        from best
        join (select {model.sided("weighed_records", "l")}) using (n_l) join (select {model.sided("weighed_records", "r")}) using (n_r)
        where weight >= {UNSURE} and not (weight >= {THRESHOLD} and {_MORE_THAN_NAMES})
    """)


def _pair(con: duckdb.DuckDBPyConnection) -> None:
    """Make `weighed` of the pairs of an unsettled record and any other of which one is fresh, which share a key and nothing rules out."""
    con.execute("create or replace temp table candidates (n_l bigint, n_r bigint)")
    [(all_fresh,)] = con.execute("select bool_and(is_fresh) from unsettled").fetchall()
    every = [(key, "{}") for key in KEYS.values()]
    every += [
        ("form || ' ' || " + key, "(select *, unnest(first_forms) as form from {})") for key in KEYS_OF_FORMS.values()
    ]
    for key, of in every:
        con.execute(f"""
            insert into candidates
            with mine as (select distinct n, {key} as value, is_fresh from {of.format("unsettled")} where value is not null),
            wanted as (select distinct value from mine),
            block as (
                select distinct n, {key} as value from {of.format("comparable")}
                where value in (select value from wanted)
            ),
            few as (select * from block qualify count(*) over (partition by value) between 2 and {LARGEST_BLOCK})
            select least(mine.n, few.n), greatest(mine.n, few.n) from mine join few on few.value = mine.value and few.n <> mine.n
            {"" if all_fresh else "where mine.is_fresh or few.n in (select n from fresh_records)"}
        """)
    con.execute(f"""
        create or replace temp table weighed as
        select n_l as join_key_l, n_r as join_key_r, '0' as match_key
        from (select distinct n_l, n_r from candidates anti join identity.links using (n_l, n_r))
        join (select {model.sided("identity.compared", "l")}) using (n_l) join (select {model.sided("identity.compared", "r")}) using (n_r)
        where {model.veto(households=True)} is null
    """)
