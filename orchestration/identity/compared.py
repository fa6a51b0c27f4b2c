"""The records in the shape in which they are compared, brought to the marts as they are now: `identity.compared` of the run before, and what
is new, changed or gone. Nothing of schema `identity` is changed before `write`."""

from __future__ import annotations

import duckdb

from orchestration.identity import normalise
from orchestration.warehouse import has_table

# What a voter record says of its person, as `int_person_records` does of the others.
_VOTERS = """
    select
        lower(voters.state_code) || '_voters' as source, voters.voter_id as record_id, voters.first_name, voters.middle_name,
        voters.last_name, voters.name_suffix, voters.sex_code, registrations.birth_date, voters.birth_year,
        voters.residence_address as address, voters.residence_city as city, voters.state_code, voters.zip5, voters.phone,
        emails.email, voters.as_of
    from marts.voters
    left join (select voter_id, birth_date from intermediate.int_registrations where birth_date is not null) as registrations
        on registrations.voter_id = voters.voter_id
    left join (select voter_id, min(email) as email from intermediate.int_voter_emails group by voter_id) as emails
        on emails.voter_id = voters.voter_id
"""
_COLUMNS = ", ".join(normalise.COLUMNS)  # which staging has trimmed
_CONTENT = (
    "first_name", "middle_name", "last_name", "name_suffix", "sex_code", "birth_date", "birth_year", "address", "city", "state_code",
    "zip5", "phone", "email",
)  # fmt: skip
_SAID = f"hash({', '.join(_CONTENT)}) as content"
_ANEW = "identity.compared_anew"  # in the database, which packs it, and under another name until it counts


def is_there(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether records were compared before, with the columns that are wanted now."""
    if not (has_table(con, "compared", "identity") and has_table(con, "links", "identity")):
        return False
    return [name for name, *_ in con.execute("describe identity.compared").fetchall()] == [*normalise.READ, "content"]


def bring(con: duckdb.DuckDBPyConnection, first: bool, has_sources: bool) -> None:
    """Make the temp view `compared` of the records as they are now, the temp tables `links` of the pairs that were linked before, and
    `source_records` of what the marts say of who is no voter. Makes also `fresh_records` (`n`), which are new or changed, `touched` (`n`), which
    are looked at anew: these and what was linked with a record that is gone, `bereft` (`n`), whose voter is gone, and unless it is the `first` time
    `departed` (`source`, `record_id`), which were there before and are no more."""
    told = {name for name, *_ in con.execute("describe intermediate.int_person_records").fetchall()}
    said = ", ".join(name if name in told else f"null as {name}" for name in normalise.COLUMNS)
    # Of sources that nobody delivered nothing is asked: also an empty view reads all voters.
    con.execute(f"""
        create or replace temp table source_records as
        select {said}, voter_id, linked_by, as_of from intermediate.int_person_records {"" if has_sources else "limit 0"}
    """)
    con.execute("create or replace temp table bereft (n bigint)")
    if first:
        con.execute(
            "create or replace temp table links (n_l bigint, n_r bigint, stage varchar, evidence varchar, weight double)"
        )
        con.execute(f"create or replace temp table given_people as {_given()}")
        normalise.read(con, "given_people", f"table {_ANEW}", carried=("content",))
        con.execute("drop table given_people")
        con.execute(f"create or replace temp view compared as from {_ANEW}")
        con.execute("create or replace temp table fresh_records as select n from compared")
        con.execute("create or replace temp table touched as from fresh_records")
    else:
        _renew(con)


def _given(only: str = "") -> str:
    """SQL of all records with their `content`, or `only` of those that a table of `source` and `record_id` names."""
    of_voters = (
        f"where voters.voter_id in (select record_id from {only} where ends_with(source, '_voters'))" if only else ""
    )
    of_sources = f"semi join {only} using (source, record_id)" if only else ""
    return f"""
        select {_COLUMNS}, {_SAID} from ({_VOTERS} {of_voters})
        union all
        select {_COLUMNS}, {_SAID} from source_records {of_sources}
    """


def _renew(con: duckdb.DuckDBPyConnection) -> None:
    """Make `compared` of what stays of `identity.compared` and of the temp table `normalised`, in the place of what is `gone`."""
    # Of each record only what tells it from what it was, as one number: all that all of them say is written for the few that differ.
    con.execute(f"""
        create or replace temp table told as
        select source, record_id, hash(source, record_id, content) as said
        from (select source, record_id, {_SAID} from ({_VOTERS}) union all select source, record_id, {_SAID} from source_records)
    """)
    con.execute("""
        create or replace temp table differing as
        select n, source, record_id
        from told full join (select n, hash(source, record_id, content) as said from identity.compared) as compared using (said)
        where n is null or record_id is null
    """)
    con.execute("create or replace temp table fresh_told as select source, record_id from differing where n is null")
    con.execute("create or replace temp table gone as select n from differing where n is not null")
    con.execute("""
        create or replace temp table departed as
        select source, record_id from identity.compared semi join gone using (n) anti join fresh_told using (source, record_id)
    """)
    con.execute(f"create or replace temp table fresh_given as {_given('fresh_told')}")
    normalise.read(con, "fresh_given", "temp table normalised", carried=("content",))
    con.execute("drop table fresh_given; drop table told; drop table differing; drop table fresh_told")
    [(most,)] = con.execute("select coalesce(max(n), 0) from identity.compared").fetchall()
    con.execute(f"update normalised set n = n + {most}")
    con.execute("""
        create or replace temp view compared as
        select * from identity.compared anti join gone using (n) union all by name select * from normalised
    """)
    con.execute("create or replace temp table fresh_records as select n from normalised")
    con.execute("""
        create or replace temp table touched as
        select n_l as n from identity.links where n_r in (select n from gone)
        union select n_r from identity.links where n_l in (select n from gone)
        union all select n from fresh_records
    """)
    con.execute("""
        insert into bereft
        select distinct n_l from identity.links where stage = 'authoritative' and n_r in (select n from gone)
    """)
    con.execute("""
        create or replace temp table links as
        select * from identity.links where n_l not in (select n from gone) and n_r not in (select n from gone)
    """)


def write(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Let `compared` and `links` stand in schema `identity`; called within the transaction that writes all."""
    if first:
        con.execute("drop table if exists identity.compared; drop table if exists identity.links")
        con.execute(f"alter table {_ANEW} rename to compared")
        con.execute("""
            create table identity.links (
                n_l bigint not null, n_r bigint not null, stage varchar not null, evidence varchar not null, weight double not null
            )
        """)
    else:
        con.execute("delete from identity.compared where n in (select n from gone)")
        con.execute("insert into identity.compared by name from normalised")
        con.execute("delete from identity.links")
    con.execute("insert into identity.links from links")
