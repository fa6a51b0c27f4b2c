"""Which pairs of records are looked at: those that share one of several keys, no key being shared by too many."""

from __future__ import annotations

import duckdb

# Records that may share a key; what more share (John Smith) tells nobody apart, and finer keys hold those records too.
LARGEST_BLOCK = 100
LARGEST_LOOSE_BLOCK = 30
KEYS = {
    "e-mail": "email",
    "telephone": "phone",
    "address": "address_key",
    "names": "least(first, last) || ' ' || greatest(first, last)",
    "names and year": "least(first, last) || ' ' || greatest(first, last) || birth_year",
    "names and place": "least(first, last) || ' ' || greatest(first, last) || place",
    "names and house": "least(first, last) || ' ' || greatest(first, last) || house",
    "last name and birth": "last || born",
    "first name and birth": "first || born",
    "birth and place": "born || '|' || place",
    "birth and house": "born || '|' || house",
    "last name, year and place": "last || birth_year || place",
    "first name, year and place": "first || birth_year || place",
    "beginnings and year": "left(first, 3) || left(last, 4) || birth_year",
    "last name and house": "last || house",
    "first name and house": "first || house || left(street, 4)",
}
# Keys that hold records with slips in all the others; they work where records are few and fall away where they are many.
LOOSE_KEYS = {
    "birth": "born",
    "last name and ZIP": "last || zip5",
    "first name and ZIP": "first || zip5",
    "last name and city": "last || city",
    "first name and city": "first || city",
    "house and ZIP": "house || '|' || zip5",
    "house and city": "house || city",
    "street": "street",
    "last name and year": "last || birth_year",
    "year and ZIP": "birth_year || '|' || zip5",
    "year and city": "birth_year || city",
    "house and beginning of the first name": "house || left(first, 3)",
    "house and beginning of the last name": "house || left(last, 3)",
    "beginnings of names": "left(first, 3) || left(last, 3)",
    "ends of names": "right(first, 3) || right(last, 3)",
}
# Of a name also the full names that it may be short for.
KEYS_OF_FORMS = {"full name and year": "last || ' ' || birth_year", "full name and place": "last || ' ' || place"}


def candidate_pairs(con: duckdb.DuckDBPyConnection, records: str, table: str) -> None:
    """Make `table` of pairs (`join_key_l` < `join_key_r`, `match_key`, as Splink wants them) of `n` of `records`.

    Two records of one source that is free of duplicates (`only_once`) are no pair.
    """
    keys = [
        f"select '{name}' as rule, {largest} as largest, {key} as value, n, only_once from {records}"
        for largest, some in ((LARGEST_BLOCK, KEYS), (LARGEST_LOOSE_BLOCK, LOOSE_KEYS))
        for name, key in some.items()
    ]
    keys += [
        f"select '{name}', {LARGEST_BLOCK}, form || ' ' || {key}, n, only_once from (select *, unnest(first_forms) as form from {records})"
        for name, key in KEYS_OF_FORMS.items()
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
    con.execute("drop table blocks")
