"""The first two stages of linking: ids that a state or a tool gives, and combinations that two people hardly share."""

from __future__ import annotations

import duckdb

from orchestration.identity import model
from orchestration.identity.normalise import SHARED_BY_NAMES

# How sure a link is, beside the bits of a weighed one.
AUTHORITATIVE = 200.0
# What two records have to have in common besides first and last name, and how that counts.
COMBINATIONS = {
    "e-mail": ("email", 60.0),
    "telephone": ("phone", 55.0),
    "day of birth and place": ("born || '|' || place", 50.0),
    "address": ("address_key", 40.0),
}
IS_LED = (
    "ends_with(evidence, 'of one voter alone')"  # a link to the voter to whom an address or number leads in all marts
)
LARGEST = 30  # records that may share a combination: more are no one person's


def link(con: duckdb.DuckDBPyConnection) -> None:
    """Bring `identity.links` to `given_people` and `fresh_records`, and add to `touched` whose links are other ones than before."""
    con.execute(f"""
        create or replace temp table led as
        select records.n as n_l, voters.n as n_r,
            case when linked_by = 'state_voter_id' then 'authoritative' else 'exact' end as stage,
            case linked_by when 'state_voter_id' then 'state voter id' else 'first and last name, and ' || linked_by || ' of one voter alone' end as evidence,
            case when linked_by = 'state_voter_id' then {AUTHORITATIVE} else 65.0 end as weight
        from given_people as given
        join identity.compared as records on records.source = given.source and records.record_id = given.record_id
        join identity.compared as voters on voters.record_id = given.voter_id and ends_with(voters.source, '_voters')
        where given.voter_id is not null
    """)
    # What an exact identifier leads to may change without the record, as when a second voter has the number.
    con.execute(f"""
        create or replace temp table led_before as
        select * from identity.links where stage = 'authoritative' or {IS_LED}
    """)
    con.execute("""
        create or replace temp table changed_links as
        (select * from led except select * from led_before) union all (select * from led_before except select * from led)
    """)
    con.execute(f"delete from identity.links where stage = 'authoritative' or {IS_LED}")
    con.execute("insert into identity.links select * from led")
    con.execute("insert into touched select n_l from changed_links union select n_r from changed_links")
    for column in ("phone", "email"):
        con.execute(f"""
            create or replace temp table shared_{column} as
            select {column} from identity.compared where {column} is not null group by {column}
            having count(*) > {SHARED_BY_NAMES} and count(distinct coalesce(first, '') || ' ' || coalesce(last, '')) > {SHARED_BY_NAMES}
        """)
    for name, (key, weight) in COMBINATIONS.items():
        shared = f"and {key} not in (select {key} from shared_{key})" if key in ("phone", "email") else ""
        con.execute(f"""
            insert into identity.links
            with keyed as (
                select n, first || '|' || last || '|' || {key} as value from identity.compared
                where first is not null and last is not null and {key} is not null {shared}
            ),
            wanted as (select distinct value from keyed semi join fresh_records using (n)),
            blocks as (
                select n, value from keyed semi join wanted using (value)
                qualify count(*) over (partition by value) between 2 and {LARGEST}
            ),
            pairs as (
                select l.n as n_l, r.n as n_r from blocks as l join blocks as r on r.value = l.value and r.n > l.n
                where l.n in (select n from fresh_records) or r.n in (select n from fresh_records)
            )
            select n_l, n_r, 'exact', 'first and last name, and {name}', {weight}
            from pairs
            join (select {model.sided("identity.compared", "l")}) using (n_l) join (select {model.sided("identity.compared", "r")}) using (n_r)
            where {model.veto(households=True)} is null and not (ends_with(source_l, '_voters') and source_l = source_r)
        """)
