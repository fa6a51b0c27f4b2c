"""All that is known as one person's: from the identifier that somebody names to every other that stands in records with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import duckdb

from orchestration.erasing.register import MARKS, SHARED, as_delivered, first_name, keys, normal, normal_sql, voter_key
from orchestration.ingestion.contracts import Contract, all_contracts, contract_states
from orchestration.ingestion.load import raw_table
from orchestration.settings import Mendable


class NotAPerson(Mendable):
    """What was named is no identifier, or one of several people; the message says which are."""


@dataclass
class Person:
    """One person's identifiers as they are compared (`voter:NCAA1`), and what else tells their records."""

    keys: set[str]
    written: set[str] = field(default_factory=set)  # the identifiers as the records have them
    first_names: set[str] = field(default_factory=set)
    last_names: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)  # those of the keys that others have, too
    person_ids: set[str] = field(default_factory=set)  # under which `identity` has had their records

    @property
    def voter(self) -> str | None:
        """The key of the voter who they are, if they are one."""
        return next((key for key in sorted(self.keys) if key.startswith("voter:")), None)

    @property
    def own(self) -> set[str]:
        """The keys that nobody else has."""
        return self.keys - self.shared

    @property
    def listed(self) -> set[str]:
        """What a later record is compared with: a key that others have, too, only together with the first name."""
        return self.own | {f"{key}|{name}" for key in self.shared for name in self.first_names}


def key_of(person: str) -> str:
    """The key of what somebody names: a voter_id, an e-mail address, a telephone number, or `kind:id` as in `van:1234`.

    Raises:
        NotAPerson: it is none of these.
    """
    kinds = sorted({kind for contract in all_contracts() for kind in contract.person_keys()} - {"voter"})
    kind, _, value = person.strip().partition(":")
    if value and kind in kinds:
        key = f"{kind}:{normal(kind, value)}"
    elif "@" in person:
        key = f"email:{normal('email', person)}"
    elif re.fullmatch(rf"({'|'.join(contract_states())})-.+", person.strip().upper()):
        state, _, number = person.strip().upper().partition("-")
        key = f"voter:{state}{normal('voter', number)}"
    elif re.fullmatch(r"\+?[\d ().-]{10,20}", person.strip()):
        key = f"phone:{normal('phone', person)}"
    else:
        key = ""
    if not key.partition(":")[2]:
        raise NotAPerson(
            f"{person} is no voter_id (the state, a dash and the state's own id), no e-mail address and no telephone number; an id of a "
            f"source is written kind:id, where a kind is one of {', '.join(kinds)}"
        )
    return key


def find(con: duckdb.DuckDBPyConnection, key: str) -> Person:
    """The person whose key this is, by the records in raw: what stands in one record is of one person. An e-mail address or a number leads
    on only to records of the same first name, and never to another voter.

    Raises:
        NotAPerson: two voters have the e-mail address or number.
    """
    person = Person({key})
    names_a_voter = key.startswith("voter:")
    deliveries = [(c, d) for c, d in _deliveries(con) if c.kind != "vote_history" and c.person.leads_on]
    before = None
    while before != person.keys:
        before = set(person.keys)
        for contract, delivery in deliveries:
            _follow(con, contract, delivery, person)
        _follow_identity(con, person)
        voters = [k for k in person.keys if k.startswith("voter:")]
        if len(voters) > 1 and not names_a_voter:
            raise NotAPerson("several voters have it; name one of them by the voter_id")
    person.shared = {
        k for k in person.keys - {key} if k.partition(":")[0] in SHARED and _has_another(con, deliveries, k, person)
    }
    return person


def _deliveries(con: duckdb.DuckDBPyConnection) -> list[tuple[Contract, str]]:
    """The contracts and ids of all deliveries that have a table in raw, of contracts whose records are people's."""
    names = {contract.name: contract for contract in all_contracts() if contract.person_keys()}
    tables = con.execute(
        "select table_name from duckdb_tables() where schema_name = 'raw' and contains(table_name, '__') order by 1"
    ).fetchall()
    split = [name.rsplit("__", 1) for (name,) in tables]
    return [(names[contract], delivery) for contract, delivery in split if contract in names]


def _rows(contract: Contract, delivery: str) -> str:
    """A relation of a delivery's records: sure and shared keys, the identifiers as they are written, names, voter."""
    found = keys(contract)
    sure = [sql for kind, sql in found if kind not in SHARED]
    shared = [sql for kind, sql in found if kind in SHARED]
    columns = [
        part.strip() for names in contract.person_keys().values() for name in names for part in name.split("+")[-1:]
    ]
    last = f"nullif(upper(trim(\"{contract.person.last_name}\")), '')" if contract.person.last_name else "null"
    voter = (
        f"coalesce({', '.join(sql for kind, sql in found if kind == 'voter')})"
        if "voter" in contract.person_keys()
        else "null"
    )
    return f"""
        (select list_distinct([{", ".join(sure)}]::varchar[]) as sure,
            list_distinct([{", ".join(shared)}]::varchar[]) as shared,
            list_distinct([{", ".join(f'"{column}"' for column in columns)}]::varchar[]) as written,
            {first_name(contract)} as first_name, {last} as last_name, {voter} as voter
        from {raw_table(contract.name, delivery)})
    """


def _follow(con: duckdb.DuckDBPyConnection, contract: Contract, delivery: str, person: Person) -> None:
    """Add to a person what stands in a delivery's records that are theirs."""
    for sure, shared, written, first, last in con.execute(
        f"""
        select sure, shared, written, first_name, last_name from {_rows(contract, delivery)}
        where (list_has_any(sure, $keys::varchar[]) or list_has_any(shared, $keys::varchar[])
                and (first_name is null or len($names::varchar[]) = 0 or list_contains($names::varchar[], first_name)))
            and (voter is null or $voter is null or voter = $voter)
        """,
        {"keys": sorted(person.keys), "names": sorted(person.first_names), "voter": person.voter},
    ).fetchall():
        person.keys |= {*sure, *shared}
        person.written |= {*written}
        person.first_names |= {first} - {None}
        person.last_names |= {last} - {None}


def record_key(source: str = "source", record: str = "record_id") -> str:
    """The SQL of the key of a record as `identity.person_records` names it: by its source, and by its id there."""
    cases = " ".join(
        f"when '{name}' then '{kind}:' || {normal_sql(kind, [as_delivered(record)])}" for name, kind in _RECORDS.items()
    )
    return (
        f"(case when ends_with({source}, '_voters') then {voter_key(record)}"
        f" when contains({record}, '@') then 'email:' || {normal_sql('email', [record])} else case {source} {cases} end end)"
    )


def key_of_record(source: str, record_id: str) -> str:
    """The same of one record."""
    if source.endswith("_voters"):
        state, _, number = record_id.partition("-")
        return f"voter:{state}{normal('voter', number)}"
    kind = "email" if "@" in record_id else _RECORDS.get(source, "")
    return f"{kind}:{normal(kind, re.sub(MARKS, '', record_id))}"


_RECORDS = {
    "actblue_contributions": "donor", "actionnetwork_activists": "activist", "app_members": "member", "l2_consumer": "l2", "van_list": "van",
    "web_events": "visitor",
}  # fmt: skip


def _follow_identity(con: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Add to a person the records that are theirs by `identity`, but no other voter."""
    known = "select 1 from duckdb_tables() where schema_name = 'identity' and table_name = 'person_records'"
    if not con.execute(known).fetchone():
        return
    keys = sorted(key for key in person.keys if key.partition(":")[0] not in ("phone", "browser"))
    of_theirs = con.execute(
        f"select distinct person_id from identity.person_records where list_contains($keys::varchar[], {record_key()})",
        {"keys": keys},
    )
    person.person_ids |= {one for (one,) in of_theirs.fetchall()}
    others = con.execute(
        f"""
        select {record_key()}, record_id from identity.person_records
        where list_contains($ids::varchar[], person_id) and valid_to is null and not ends_with(source, '_voters')
        """,
        {"ids": sorted(person.person_ids)},
    )
    for key, record in others.fetchall():
        person.keys |= {key} - {None}
        person.written.add(record)


def _has_another(
    con: duckdb.DuckDBPyConnection, deliveries: list[tuple[Contract, str]], key: str, person: Person
) -> bool:
    """Whether a record that has a key is another's: of another voter, or of another first name."""
    return any(
        con.execute(
            f"""
            select 1 from {_rows(contract, delivery)} where list_contains(shared, $key)
                and (voter is not null and voter is distinct from $voter or first_name is not null
                    and not list_contains($names::varchar[], first_name))
            limit 1
            """,
            {"key": key, "voter": person.voter, "names": sorted(person.first_names)},
        ).fetchall()
        for contract, delivery in deliveries
        if key.partition(":")[0] in contract.person_keys()
    )
