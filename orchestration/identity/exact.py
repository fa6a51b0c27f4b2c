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
# Of these keys those that every record has that has a finer one, too.
_EVERY_KEY = {frozenset(columns) for columns in (blocking.KEYS | blocking.KEYS_OF_FORMS).values()}
_FOUND_BY = [
    columns
    for columns in (blocking.KEYS | blocking.KEYS_OF_FORMS).values()
    if not any(coarser < frozenset(columns) for coarser in _EVERY_KEY)
]
# What columns of keys are made of, and hardly more records share.
_RATHER = {
    "names": "case when first is not null and last is not null then xor(hash(first), hash(last)) end",
    "place": PLACE,
    "address_key": "case when house is not null and street is not null then hash(house, street) end",
    "street_4": "left(street, 4)",
}
_TOLD_ALIKE = ("zip5", "city", "phone", "email")


def link(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Bring `links` to `source_records` and `fresh_records`, and add to `touched` whose links are other ones than before.

    Only records that no id leads to a voter are linked with others: the rest are settled, and say what they say for those. Makes `loose`, which
    these are (`n`); `hashed`, what all that may be linked are found by; and the first time `paired` of all. To `fresh_records` come those that an id led before.
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
    _hash(con, first)
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
        with told as (select n, generation, sex, birth_year, born, middle, phone, email from compared {"" if first else "semi join near using (n)"})
        select n_l, n_r, 'exact', 'first and last name, and ' || evidence, weight
        from alike
        join (select {model.sided("told", "l")}) using (n_l) join (select {model.sided("told", "r")}) using (n_r)
        where {model.namesakes_veto()} is null
    """)
    tables.drop(con, "led", "led_before", "alike")


def paired(con: duckdb.DuckDBPyConnection, which: str, among: str = "compared") -> None:
    """Make the temp table `paired` of the records of `among` whose `n` the query `which` gives, with all that pairs are judged by."""
    con.execute(f"create or replace temp table asked_of as select distinct n from ({which}) as asked(n)")
    con.execute(f"""
        create or replace temp table asked_records as
        select * exclude (content) from {among} semi join asked_of using (n)
    """)
    complete(con, "asked_records", "paired")
    tables.drop(con, "asked_of", "asked_records")


_ONE_FRESH = "where n in (select n from fresh_records) or other in (select n from fresh_records)"


def _hash(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Make `shared_phone` and `shared_email`, what is under so many names that it is nobody's, and without these `hashed` of all that is compared
    the first time and later of those `near` (`n`, `is_voter`, `is_loose`, of what keys are made as numbers, of the first names `named`, and of what is
    told of a person `told_*`)."""
    for column in ("phone", "email"):
        con.execute(f"""
            create or replace temp table shared_{column} as
            with often as (
                select {column} from compared where {column} is not null group by {column} having count(*) > {SHARED_BY_NAMES}
            )
            select {column} from compared semi join often using ({column}) group by {column}
            having count(distinct coalesce(first, '') || ' ' || coalesce(last, '')) > {SHARED_BY_NAMES}
        """)
    if not first:
        _find_near(con)
    con.execute(f"""
        create or replace temp table hashed as
        select n, ends_with(source, '_voters') as is_voter, n in (select n from loose) as is_loose, hash(first, first_word) as named, {blocking.parts(_HASHED)},
            generation as told_generation, sex as told_sex, birth_year as told_birth_year, born as told_born, left(middle, 1) as told_initial,
            {", ".join(f"case when {name} is not null then hash({name}) end as told_{name}" for name in _TOLD_ALIKE)}
        from (
            select *, {PLACE} as place, house || '|' || street || '|' || {PLACE} as address_key
            from compared {"" if first else "semi join near using (n)"}
        )
    """)
    for column in ("phone", "email"):
        con.execute(f"""
            update hashed set {column} = null, told_{column} = null where {column} in (select hash({column}) from shared_{column})
        """)


def _find_near(con: duckdb.DuckDBPyConnection) -> None:
    """Make `near` (`n`, `first`, `first_word`): all records that share what a record of `fresh_records` shares with one of `loose`. Every link that is
    to be found is between two of them, and of each value that it is found by they are all that have it."""
    said = ", ".join(f"{_shared_by(columns)} as key_{place}" for place, columns in enumerate(_FOUND_BY))
    con.execute(f"""
        create or replace temp table keys_asked as
        select n in (select n from fresh_records) as is_fresh, n in (select n from loose) as is_loose, {said}
        from (from compared semi join (select n from fresh_records union select n from loose) using (n))
    """)
    asked = []
    for place, columns in enumerate(_FOUND_BY):
        key = f"key_{place}"
        con.execute(f"""
            create or replace temp table asked_{key} as
            select {key} from keys_asked where is_fresh and {key} is not null
            intersect select {key} from keys_asked where is_loose and {key} is not null
        """)
        if con.execute(f"select 1 from asked_{key} limit 1").fetchall():
            asked.append(f"{_shared_by(columns)} in (select {key} from asked_{key})")
    con.execute(
        f"create or replace temp table near as select n, first, first_word from compared where {' or '.join(asked) or 'false'}"
    )
    tables.drop(con, "keys_asked", *(f"asked_key_{place}" for place, _ in enumerate(_FOUND_BY)))


def _shared_by(columns: tuple[str, ...]) -> str:
    """SQL over `compared` of a number that records share if they share the key of these columns, and that takes less work: it is told once for all of them."""
    said = [_RATHER.get(column, column) for column in columns]
    return f"case when {' and '.join(f'{text} is not null' for text in said)} then hash({', '.join(said)}) end"
