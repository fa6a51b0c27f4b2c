"""`identity.identifiers`: to whom an e-mail address, a telephone number or a VANID of a consent leads, if it is one person's alone."""

from __future__ import annotations

import duckdb


def find(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temp table `identifiers` from the temp tables `open_records` and `source_records` and the marts: `identifier_kind`,
    `identifier`, `person_id`, of those identifiers in `marts.subscriptions` that lead to no voter by themselves. What a household shares leads
    to nobody. It is not published: `person_id` of `subscriptions` is made of it."""
    con.execute("""
        create or replace temp table identifiers as
        with asked as (select distinct identifier_kind, identifier from marts.subscriptions where voter_id is null),
        had as (
            select 'email' as identifier_kind, email as identifier, source, record_id from source_records
            union all select 'phone', phone, source, record_id from source_records
            union all select 'van_id', record_id, source, record_id from source_records where source = 'van_list'
            union all
            select 'phone', phone, lower(state_code) || '_voters', voter_id from marts.voters
            where phone in (select identifier from asked where identifier_kind = 'phone')
            union all
            select 'email', email, lower(state_code) || '_voters', voter_id from intermediate.int_voter_emails join marts.voters using (voter_id)
            where email in (select identifier from asked where identifier_kind = 'email')
        )
        select identifier_kind, identifier, min(person_id) as person_id
        from had
        join asked using (identifier_kind, identifier)
        join open_records using (source, record_id)
        group by identifier_kind, identifier having min(person_id) = max(person_id)
    """)


def write(con: duckdb.DuckDBPyConnection) -> None:
    """Write what `find` has found; called within the transaction that writes all."""
    con.execute("create or replace table identity.identifiers as from identifiers")
