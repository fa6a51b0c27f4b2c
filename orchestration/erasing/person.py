"""All that is known as one person's: from the identifier that somebody names to every other that stands in records with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb

from orchestration.erasing.register import MARKS, SHARED, as_delivered, first_name, keys, normal, normal_sql, voter_key
from orchestration.ingestion import load
from orchestration.ingestion.contracts import Contract, all_contracts
from orchestration.ingestion.load import raw_table
from orchestration.settings import Mendable, contract_states
from orchestration.warehouse import has_table, text_literal

Others = Literal["ask", "with", "without"]
# Columns of the tables behind raw by the kind of identifier in them.
KINDS = {
    "voter_id": "voter", "friend_voter_id": "voter", "candidate_voter_id": "voter", "relative_voter_id": "voter", "elder_id": "voter",
    "younger_id": "voter", "van_id": "van", "consumer_id": "l2", "member_id": "member", "user_id": "visitor",
    "anonymous_id": "browser", "donor_id": "donor", "receipt_id": "receipt", "email": "email", "donor_email": "email", "phone": "phone",
    "donor_phone": "phone", "identifier": "email", "fec_contribution_id": "fec",
}  # fmt: skip
PERSONS = ("person_id", "other_person_id", "person_a", "person_b")


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
    def voters(self) -> list[str]:
        """The keys of the voters who they are: mostly one, or none."""
        return sorted(key for key in self.keys if key.startswith("voter:"))

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


def find(con: duckdb.DuckDBPyConnection, named: str, others: Others = "ask") -> Person:
    """The person whom an identifier or a `person_id` names, by the records in raw and by `identity`: what stands in one record is of one person. An
    e-mail address or a number leads on only to records of the same first name, and never to another voter.

    `identity` may say that they are several voters: then `with` takes all, `without` only the one who is named.

    Raises:
        NotAPerson: `named` is nobody's; two voters have the e-mail address or number; or they are several voters and nobody said of whom it is.
    """
    ids = _records_of(con, [named]) if re.fullmatch("P-.+", named) else []
    person = Person({key for key, *_ in ids} | {f"person:{named}"} if ids else {key_of(named)})
    person.person_ids |= {named} if ids else set()
    start, names_a_voter = set(person.keys), bool(person.voters)
    deliveries = [(c, d) for c, d in _deliveries(con) if c.kind != "vote_history" and c.person.leads_on]
    before = None
    while before != person.keys:
        before = set(person.keys)
        for contract, delivery in deliveries:
            _follow(con, contract, delivery, person)
        if len(person.voters) > 1 and not names_a_voter:
            raise NotAPerson("several voters have it; name one of them by the voter_id")
        _follow_identity(con, person, others)
        names_a_voter |= bool(person.person_ids)
    person.shared = {
        k for k in person.keys - start if k.partition(":")[0] in SHARED and _has_another(con, deliveries, k, person)
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
        where {_is_theirs(person)}
        """
    ).fetchall():
        person.keys |= {*sure, *shared}
        person.written |= {*written}
        person.first_names |= {first} - {None}
        person.last_names |= {last} - {None}


def _is_theirs(person: Person) -> str:
    """The SQL that says whether a row of `_rows` is a person's: by an identifier that is theirs alone, or by one that a household may share and no other
    first name; and never if it is of a voter who they are not."""
    names, voters = (listed(values) for values in (person.first_names, {*person.voters}))
    return f"""
        coalesce((list_has_any(sure, {listed(person.keys)}) or list_has_any(shared, {listed(person.keys)})
            and (first_name is null or len({names}) = 0 or list_contains({names}, first_name)))
        and (voter is null or len({voters}) = 0 or list_contains({voters}, voter)), false)
    """


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


def _follow_identity(con: duckdb.DuckDBPyConnection, person: Person, others: Others) -> None:
    """Add to a person the records that are theirs by `identity`, those of other voters as `others` says."""
    keys = sorted(key for key in person.keys if key.partition(":")[0] not in ("phone", "browser"))
    if has_table(con, "person_records", "identity"):
        of_theirs = con.execute(
            f"select distinct person_id from identity.person_records where list_contains($keys::varchar[], {record_key()})",
            {"keys": keys},
        )
        person.person_ids |= {one for (one,) in of_theirs.fetchall()}
    records = _records_of(con, sorted(person.person_ids))
    strangers = sorted(
        record for key, record, source in records if source.endswith("_voters") and key not in person.keys
    )
    if strangers and others == "ask":
        raise NotAPerson(
            f"they are voter {', '.join(strangers)}, too, by what `groundgame why` says of the two. Say whether that goes as well: --every-voter, or "
            "--only-this-voter"
        )
    for key, record, _ in records:
        if others == "with" or record not in strangers:
            person.keys |= {key} - {None}
            person.written.add(record)


def _records_of(con: duckdb.DuckDBPyConnection, person_ids: list[str]) -> list[tuple[str, str, str]]:
    """The key, id and source of each record that `identity` has under these people."""
    if not person_ids or not has_table(con, "person_records", "identity"):
        return []
    return con.execute(
        f"""
        select {record_key()}, record_id, source from identity.person_records
        where list_contains($ids::varchar[], person_id) and valid_to is null
        """,
        {"ids": person_ids},
    ).fetchall()


def _has_another(
    con: duckdb.DuckDBPyConnection, deliveries: list[tuple[Contract, str]], key: str, person: Person
) -> bool:
    """Whether a record that has a key is another's: of another voter, or of another first name."""
    return any(
        con.execute(
            f"""
            select 1 from {_rows(contract, delivery)} where list_contains(shared, $key)
                and (voter is not null and not list_contains($voters::varchar[], voter) or first_name is not null
                    and not list_contains($names::varchar[], first_name))
            limit 1
            """,
            {"key": key, "voters": person.voters, "names": sorted(person.first_names)},
        ).fetchall()
        for contract, delivery in deliveries
        if key.partition(":")[0] in contract.person_keys()
    )


def key_in(name: str) -> str:
    """The SQL of a key in a column of `KINDS`, whose identifiers are in one form already."""
    kind = KINDS[name]
    if name == "identifier":
        return f"(case when contains({name}, '@') then 'email:' else 'phone:' end || {name})"
    if kind in ("email", "phone"):
        return f"('{kind}:' || {name})"
    if kind == "voter":
        return voter_key(name)
    return f"('{kind}:' || {normal_sql(kind, [as_delivered(name)])})"


def listed(values: set[str]) -> str:
    """A list of texts in SQL."""
    return f"[{', '.join(map(text_literal, sorted(values)))}]::varchar[]"


def names_person(person: Person, columns: list[str]) -> str:
    """The SQL that says whether a row with these columns names a person by one of the ids that `identity` gave them."""
    named = [f"list_contains({listed(person.person_ids)}, {name})" for name in PERSONS if name in columns]
    return f"coalesce({' or '.join(named) or 'false'}, false)"


def raw_records(con: duckdb.DuckDBPyConnection, person: Person) -> dict[str, list[dict[str, Any]]]:
    """The records in raw that are a person's, as they were delivered, by contract; each with its `delivery_id` and its place in the file,
    `record_number`, from 1."""
    found: dict[str, list[dict[str, Any]]] = {}
    for contract, delivery in _deliveries(con):
        places = load.places_of(con, _rows(contract, delivery), _is_theirs(person))
        if not places:
            continue
        gaps = con.execute(
            "select rows_before, shift from raw.record_gaps where delivery_id = ?", [delivery]
        ).fetchall()
        asked = con.execute(load.rows_at(raw_table(contract.name, delivery), places))
        names = [column[0] for column in asked.description]
        numbers = load.numbers_of(places, load.missing_of(gaps))
        for number, row in zip(numbers, asked.fetchall(), strict=True):
            values = {
                name: value
                for name, value in zip(names, row, strict=True)
                if value is not None and name != load.RECORD_HASH
            }
            found.setdefault(contract.name, []).append({"delivery_id": delivery, "record_number": number, **values})
    return found


def reports_like(con: duckdb.DuckDBPyConnection, person: Person) -> list[str]:
    """The ids of contributions in reports to the Federal Election Commission under a person's first and last name, from a ZIP code of theirs.
    Nothing else in a report tells whose it is, so nobody is linked to them."""
    if not all(has_table(con, table, "marts") for table in ("fec_contributions", "voters")):
        return []
    found = con.execute(
        f"""
        select fec_contribution_id from marts.fec_contributions
        where list_contains({listed(person.last_names)}, donor_last_name) and list_contains({listed(person.first_names)}, donor_first_name)
            and donor_zip5 in (select zip5 from marts.voters where list_contains({listed(person.own)}, {voter_key("voter_id")}))
        order by 1
        """
    )
    return [report for (report,) in found.fetchall()]
