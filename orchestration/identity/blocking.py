"""Which pairs of records are looked at: those that share one of several keys, no key being shared by too many."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

# Records that may share a key; what more share (John Smith) tells nobody apart, and finer keys hold those records too.
LARGEST_BLOCK = 100
LARGEST_LOOSE_BLOCK = 30
FEW = 20  # the same of a campaign's records, where a state's millions share all but the finest keys
RARE = 4  # of these, records of the same names between which nothing else need be alike
# What keys are made of beside the columns that `normalise` describes.
_PARTS = {
    "names": "least(first, last) || ' ' || greatest(first, last)",
    "first_3": "left(first, 3)",
    "last_3": "left(last, 3)",
    "last_4": "left(last, 4)",
    "first_end": "right(first, 3)",
    "last_end": "right(last, 3)",
    "street_4": "left(street, 4)",
}
KEYS = {
    "e-mail": ("email",),
    "telephone": ("phone",),
    "address": ("address_key",),
    "names": ("names",),
    "names and year": ("names", "birth_year"),
    "names and place": ("names", "place"),
    "last name and birth": ("last", "born"),
    "first name and birth": ("first", "born"),
    "birth and place": ("born", "place"),
    "birth and house": ("born", "house"),
    "first name and house": ("first", "house", "street_4"),
}
# Keys that a campaign's millions share by chance: of what they find there one link in a thousand is found by no other.
KEYS_OF_A_TABLE = {
    "names and house": ("names", "house"),
    "last name, year and place": ("last", "birth_year", "place"),
    "first name, year and place": ("first", "birth_year", "place"),
    "beginnings and year": ("first_3", "last_4", "birth_year"),
    "last name and house": ("last", "house"),
}
# Keys that hold records with slips in all the others; they work where records are few and fall away where they are many.
LOOSE_KEYS = {
    "birth": ("born",),
    "last name and ZIP": ("last", "zip5"),
    "first name and ZIP": ("first", "zip5"),
    "last name and city": ("last", "city"),
    "first name and city": ("first", "city"),
    "house and ZIP": ("house", "zip5"),
    "house and city": ("house", "city"),
    "street": ("street",),
    "last name and year": ("last", "birth_year"),
    "year and ZIP": ("birth_year", "zip5"),
    "year and city": ("birth_year", "city"),
    "house and beginning of the first name": ("house", "first_3"),
    "house and beginning of the last name": ("house", "last_3"),
    "beginnings of names": ("first_3", "last_3"),
    "ends of names": ("first_end", "last_end"),
}
# Of a name also the full names that it may be short for.
KEYS_OF_FORMS = {"full name and year": ("last", "birth_year"), "full name and place": ("last", "place")}


def key(columns: tuple[str, ...]) -> str:
    """SQL of the number that records of the same values share; null where one of the values is not known."""
    known = " and ".join(f"{column} is not null" for column in columns)
    return f"case when {known} then hash({', '.join(columns)}) end"


def parts(columns: Iterable[str]) -> str:
    """SQL over `normalise`'s columns: numbers that stand for these columns and parts of them, under their names."""
    said = {column: _PARTS.get(column, column) for column in columns}
    return ", ".join(f"case when {value} is not null then hash({value}) end as {name}" for name, value in said.items())


def candidate_pairs(con: duckdb.DuckDBPyConnection, records: str, table: str) -> None:
    """Make `table` of pairs (`join_key_l` < `join_key_r`, `match_key`, as Splink wants them) of `n` of `records`.

    Two records of one source that is free of duplicates (`only_once`) are no pair.
    """
    every = KEYS | KEYS_OF_A_TABLE | LOOSE_KEYS | KEYS_OF_FORMS
    names = sorted({name for columns in every.values() for name in columns})
    con.execute(f"create or replace temp table hashed as select n, only_once, {parts(names)} from {records}")
    keys = [
        f"select '{name}' as rule, {largest} as largest, {key(columns)} as value, n, only_once from hashed"
        for largest, some in ((LARGEST_BLOCK, KEYS | KEYS_OF_A_TABLE), (LARGEST_LOOSE_BLOCK, LOOSE_KEYS))
        for name, columns in some.items()
    ]
    keys += [
        f"select '{name}', {LARGEST_BLOCK}, hash(form, {key(columns)}), n, only_once "
        f"from (select *, unnest(first_forms) as form from {records}) where {' and '.join(f'{c} is not null' for c in columns)}"
        for name, columns in KEYS_OF_FORMS.items()
    ]
    con.execute(f"""
        create or replace temp table blocks as
        select hash(rule, value) as block, n, only_once from ({" union all ".join(keys)}) where value is not null
        qualify count(*) over (partition by block) between 2 and largest
    """)
    con.execute(f"""
        create or replace temp table {table} as
        select distinct l.n as join_key_l, r.n as join_key_r, '0' as match_key
        from blocks as l join blocks as r on r.block = l.block and r.n > l.n
        where not coalesce(l.only_once = r.only_once, false)
    """)
    con.execute("drop table blocks; drop table hashed")
