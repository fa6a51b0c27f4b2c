"""The first two stages of linking: ids that a state or a tool gives, and combinations that two people hardly share."""

from __future__ import annotations

import duckdb

from orchestration.identity import blocking, model, tables
from orchestration.identity.normalise import PLACE, SHARED_BY_NAMES, complete

# How sure a link is, beside the bits of a weighed one.
AUTHORITATIVE = 200.0
# What two records have to have in common besides first and last name, and how that counts.
COMBINATIONS = {
    "e-mail": (("email",), 60.0),
    "telephone": (("phone",), 55.0),
    "day of birth and place": (("born", "place"), 50.0),
    "address": (("address_key",), 40.0),
}
IS_LED = (
    "ends_with(evidence, 'of one voter alone')"  # a link to the voter to whom an address or number leads in all marts
)
LARGEST = 30  # records that may share a combination: more are no one person's


_HASHED = sorted({name for columns in (blocking.KEYS | blocking.KEYS_OF_FORMS).values() for name in columns})
_TOLD_ALIKE = ("zip5", "city", "phone", "email")


def link(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Bring `links` to `source_records` and `fresh_records`, and add to `touched` whose links are other ones than before.

    Only records that no id leads to a voter are linked with others: the rest are settled, and say what they say for those. Makes `hashed`,
    what all are found by and which these are (`is_loose`), and the first time `paired` of all. To `fresh_records` come those that an id led before.
    """
    con.execute(f"""
        create or replace temp table led as
        with given as (select source, record_id, voter_id, linked_by from source_records where voter_id is not null),
        voters as (select record_id as voter_id, n from compared where ends_with(source, '_voters'))
        select records.n as n_l, voters.n as n_r,
            case when linked_by = 'state_voter_id' then 'authoritative' else 'exact' end as stage,
            case linked_by when 'state_voter_id' then 'state voter id' else 'first and last name, and ' || linked_by || ' of one voter alone' end as evidence,
            case when linked_by = 'state_voter_id' then {AUTHORITATIVE} else 65.0 end as weight
        from given
        join (select source, record_id, n from compared) as records using (source, record_id)
        join voters using (voter_id)
    """)
    # What an exact identifier leads to may change without the record, as when a second voter has the number.
    con.execute(f"""
        create or replace temp table led_before as
        select * from links where stage = 'authoritative' or {IS_LED}
    """)
    if not first:
        con.execute("""
            create or replace temp table changed_links as
            (select * from led except select * from led_before) union all (select * from led_before except select * from led)
        """)
        con.execute(f"delete from links where stage = 'authoritative' or {IS_LED}")
        con.execute("insert into touched select n_l from changed_links union select n_r from changed_links")
    con.execute("insert into links select * from led")
    con.execute("""
        create or replace temp table loose as
        select n from compared
        anti join (select n_l as n from led where stage = 'authoritative') using (n) where not ends_with(source, '_voters')
    """)
    if not first:
        con.execute("""
            create or replace temp table come_loose as
            select n from loose
            semi join (select n_l as n from changed_links where stage = 'authoritative' union select n from bereft) using (n)
            anti join fresh_records using (n)
        """)
        con.execute(f"""
            delete from links
            where stage <> 'authoritative' and not {IS_LED} and (
                n_l in (select n from come_loose) or n_r in (select n from come_loose)
                or n_l in (select n_l from led where stage = 'authoritative') and n_r not in (select n from loose)
                or n_r in (select n_l from led where stage = 'authoritative') and n_l not in (select n from loose)
            )
        """)
        con.execute("insert into fresh_records select n from come_loose")
    if first:  # All are looked at in each stage: made once, since to choose of them takes longer than to make all.
        complete(con, "(select * exclude (content) from compared)", "paired")
    _hash(con)
    con.execute("create or replace temp table alike (n_l bigint, n_r bigint, evidence varchar, weight double)")
    for name, (columns, weight) in COMBINATIONS.items():
        key = blocking.key(("first", "last", *columns))
        con.execute(f"""
            insert into alike
            with mine as (select n, {key} as value from hashed where is_loose and {key} is not null),
            block as (select n, is_loose, {key} as value from hashed where {key} in (select value from mine)),
            few as (select value from block group by value having count(*) between 2 and {LARGEST}),
            pairs as (
                select mine.n, block.n as other from mine join few using (value) join block using (value)
                where block.n > mine.n or block.n < mine.n and not is_loose
            )
            select least(n, other), greatest(n, other), '{name}', {weight} from pairs
            {"" if first else _ONE_FRESH}
        """)
    con.execute(f"""
        insert into links
        with told as (select n, generation, sex, birth_year, born, middle, phone, email from compared)
        select n_l, n_r, 'exact', 'first and last name, and ' || evidence, weight
        from alike
        join (select {model.sided("told", "l")}) using (n_l) join (select {model.sided("told", "r")}) using (n_r)
        where {model.namesakes_veto()} is null
    """)
    tables.drop(con, "led", "led_before", "loose", "alike")


def paired(con: duckdb.DuckDBPyConnection, which: str, among: str = "compared") -> None:
    """Make the temp table `paired` of the records of `among` whose `n` the query `which` gives, with all that pairs are judged by."""
    con.execute(f"create or replace temp table asked_of as select distinct n from ({which}) as asked(n)")
    complete(con, f"(select * exclude (content) from {among} semi join asked_of using (n))", "paired")
    tables.drop(con, "asked_of")


_ONE_FRESH = "where n in (select n from fresh_records) or other in (select n from fresh_records)"


def _hash(con: duckdb.DuckDBPyConnection) -> None:
    """Make `shared_phone` and `shared_email`, what is under so many names that it is nobody's, and `hashed` of all that is compared (`n`,
    `is_voter`, `is_loose`, of what keys are made as numbers, of the first names `named`, and of what is told of a person `told_*`) without these."""
    for column in ("phone", "email"):
        con.execute(f"""
            create or replace temp table shared_{column} as
            with often as (
                select {column} from compared where {column} is not null group by {column} having count(*) > {SHARED_BY_NAMES}
            )
            select {column} from compared semi join often using ({column}) group by {column}
            having count(distinct coalesce(first, '') || ' ' || coalesce(last, '')) > {SHARED_BY_NAMES}
        """)
    con.execute(f"""
        create or replace temp table hashed as
        select n, ends_with(source, '_voters') as is_voter, n in (select n from loose) as is_loose, hash(first, first_word) as named, {blocking.parts(_HASHED)},
            generation as told_generation, sex as told_sex, birth_year as told_birth_year, born as told_born, left(middle, 1) as told_initial,
            {", ".join(f"case when {name} is not null then hash({name}) end as told_{name}" for name in _TOLD_ALIKE)}
        from (select *, {PLACE} as place, house || '|' || street || '|' || {PLACE} as address_key from compared)
    """)
    for column in ("phone", "email"):
        con.execute(f"""
            update hashed set {column} = null, told_{column} = null where {column} in (select hash({column}) from shared_{column})
        """)
