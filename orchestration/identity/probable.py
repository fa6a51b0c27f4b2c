"""The third stage of linking: records that no exact identifier settles are weighed against all others, with Splink and the parameters
pinned in `model.py`. Only pairs with a record that is new or changed are weighed."""

from __future__ import annotations

import math

import duckdb

from orchestration.identity import blocking, exact, model, normalise, review, tables

THRESHOLD = round(math.log2(model.THRESHOLD / (1 - model.THRESHOLD)), 3)
UNSURE = -2.0  # bits, from which a pair is shown to somebody where the record fits nobody better: one in five
# However rare a name is among those whom the campaign knows, others have it, too.
_MORE_THAN_NAMES = (
    "(coalesce(birth_year_l = birth_year_r, false) or coalesce(zip5_l = zip5_r, false) or coalesce(city_l = city_r, false) "
    "or coalesce(phone_l = phone_r, false) or coalesce(email_l = email_r, false))"
)
# Who share a key with any of these share more than names.
_IS_MORE = {"birth_year", "born", "place", "address_key", "phone", "email"}
# What is under many names is nobody's, as the stage before has found.
_WITHOUT_SHARED = """
    select * replace (
        case when phone not in (select phone from shared_phone) then phone end as phone,
        case when email not in (select email from shared_email) then email end as email
    )
"""


def link(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Add to `links` the likely pairs of `fresh_records`, and to `match_review` those of which it is not certain."""
    _link(con, first)
    tables.drop(
        con,
        "settled_by_id",
        "unsettled",
        "hashed",
        "loose",
        "near",
        "weighed_records",
        "person_pairs",
        *model.FREQUENCIES,
    )


def _link(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    con.execute("""
        create or replace temp table settled_by_id as
        with ends as (
            select n_l as n, n_r as other from links where stage <> 'probable'
            union all select n_r, n_l from links where stage <> 'probable'
        ),
        placed as (
            select ends.n, other, is_voter, other not in (select n from loose) as is_settled
            from ends semi join loose using (n) join (select n as other, ends_with(source, '_voters') as is_voter from compared) using (other)
        ),
        direct as (select distinct n from placed where is_voter)
        select n from direct
        union select n from placed where is_settled or other in (select n from direct)
    """)
    # Of whom a name and anything else is known. Voters are what others are weighed against, not each other. By their numbers first: told at
    # once, the engine puts all that is known of everybody into order.
    con.execute("""
        create or replace temp table numbers_unsettled as
        select n from hashed anti join settled_by_id using (n)
        where is_loose and first is not null and last is not null and coalesce(born, address_key, phone, email, told_zip5) is not null
    """)
    fresh = "true" if first else "n in (select n from fresh_records)"
    con.execute(f"""
        create or replace temp table unsettled as
        select *, {fresh} as is_fresh from hashed semi join numbers_unsettled using (n)
    """)
    tables.drop(con, "numbers_unsettled")
    [(count,)] = con.execute("select count(*) from unsettled").fetchall()
    if not count:
        return
    _pair(con, first)
    [(count,)] = con.execute("select count(*) from weighed").fetchall()
    if not count:
        return
    con.execute(f"""
        create or replace temp view comparable as
        {_WITHOUT_SHARED} from compared
    """)
    con.execute(
        "create or replace temp table asked_of as select join_key_l as n from weighed union select join_key_r from weighed"
    )
    records = f"({_WITHOUT_SHARED} from paired semi join asked_of using (n))"
    [(count,)] = con.execute("select count(*) from compared").fetchall()
    # Where all is weighed almost all values are asked of, and where little is, those of the records that are made for it.
    model.add_frequencies(con, records, "weighed_records", among="comparable", some=None if first else "paired")
    tables.drop(con, "asked_of")
    model.score(con, "weighed_records", "weighed", "person_pairs", model.pinned(count), parts=False)
    con.execute(f"""
        insert into links
        select n_l, n_r, 'probable', coalesce({review.words("for")}, 'many small likenesses'), weight
        from person_pairs
        join (select {model.sided("weighed_records", "l")}) using (n_l) join (select {model.sided("weighed_records", "r")}) using (n_r)
        where weight >= {THRESHOLD} and {_MORE_THAN_NAMES}
    """)
    if not first:
        con.execute(f"""
            delete from match_review where reason = '{review.UNSURE}' and (
                (source_a, record_a) in (select (source, record_id) from compared semi join fresh_records using (n))
                or (source_b, record_b) in (select (source, record_id) from compared semi join fresh_records using (n))
            )
        """)
    con.execute(f"""
        insert into match_review by name
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


def _pair(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Make `weighed` of the pairs of an unsettled record and any other of which one is fresh, which share a key and nothing rules out."""
    con.execute("create or replace temp table candidates (n_l bigint, n_r bigint)")
    [(all_fresh,)] = con.execute("select bool_and(is_fresh) from unsettled").fetchall()
    fresh = "" if all_fresh else "and (mine.is_fresh or others.n in (select n from fresh_records))"
    # Who shares a key with few is found by that alone: a finer one is asked of the others.
    crowded = f"select names from hashed where names is not null group by names having count(*) > {blocking.FEW}"
    con.execute(f"create or replace temp table crowded as {crowded}")
    for columns in blocking.KEYS.values():
        key = blocking.key(columns)
        asked = f"{key} is not null" + " and names in (select names from crowded)" * (
            "names" in columns and len(columns) > 1
        )
        con.execute(f"""
            insert into candidates
            with mine as (select n, {key} as value, is_fresh, {_told("l")} from unsettled where {asked}),
            others as (select n, {key} as value, {_told("r")} from hashed where {asked} and {key} in (select value from mine)),
            few as (select value, count(*) <= {blocking.RARE} as is_rare from others group by value having count(*) between 2 and {blocking.FEW})
            {_PAIRS} {"" if _IS_MORE.intersection(columns) else _NO_MERE_NAMESAKES} {fresh}
        """)
    normalise.list_forms(con, "compared" if first else "near", "forms_of")
    for columns in blocking.KEYS_OF_FORMS.values():
        key = blocking.key(columns)
        # Who have the very same name are found by the keys before.
        con.execute(f"""
            insert into candidates
            with others as (
                select n, first, hash(value, form) as value, {_told("r")}
                from (
                    select n, first, named, {key} as value, columns('^told_') from hashed where {key} in (select {key} from unsettled)
                ) join forms_of using (named)
            ),
            few as (
                select value from others group by value
                having count(*) between 2 and {blocking.FEW} and min(first) <> max(first)
            ),
            mine as (
                select n, first, value, is_fresh, {_told("l")}
                from (select n, first, value from others) join (select n, is_fresh, columns('^told_') from unsettled) using (n)
            )
            {_PAIRS} and mine.first <> others.first {fresh}
        """)
    con.execute(
        "create or replace temp table looked_at as select distinct n_l, n_r from candidates anti join links using (n_l, n_r)"
    )
    tables.drop(con, "candidates", "crowded", "forms_of")
    if not first:
        exact.paired(con, "select n_l from looked_at union select n_r from looked_at")
    con.execute(f"""
        create or replace temp table weighed as
        select n_l as join_key_l, n_r as join_key_r, '0' as match_key
        from looked_at
        join (select {model.sided("paired", "l")}) using (n_l) join (select {model.sided("paired", "r")}) using (n_r)
        where {model.veto(households=True)} is null
    """)
    tables.drop(con, "looked_at")


def _told(side: str) -> str:
    """SQL of what a row of `hashed` says itself, with a side's ending."""
    return f"columns('^told_(.*)$') as '\\1_{side}'"


# Ruled out as they are found by the facts that rows of `hashed` say themselves, which does with half of them.
_PAIRS = f"""
    select least(mine.n, others.n), greatest(mine.n, others.n) from mine join few using (value) join others using (value)
    where others.n <> mine.n and {model.plain_contradiction()} is null
"""
# No link is made by names alone (`_MORE_THAN_NAMES`); somebody is asked where hardly anybody else has them, or the middle name begins alike.
_NO_MERE_NAMESAKES = f"and (is_rare or {_MORE_THAN_NAMES} or coalesce(initial_l = initial_r, false))"
