"""Gate `raw`: the deliveries add up, hold what they should, and have not changed beyond belief since the last one."""

from __future__ import annotations

import re

from orchestration.ingestion.contracts import Contract, contracts_of, yaml_line
from orchestration.warehouse import text_literal
from quality import reconcile
from quality.suites import no_rows

FILLED_SHARE = 0.5
DUPLICATE_SHARE = 0.001  # a state's ids are unique but for a few; a doubled delivery has half its rows twice
# Against the delivery before, in the same scope. Weekly files differ by a fraction of a percent; a yearly one by a few.
ROWS_FEWER, ROWS_MORE = 0.10, 0.50
FILLED_CHANGE = 0.10  # of a column's share of rows with a value
MIX_CHANGE = 0.05  # of a party's or status's share of rows
CODES_UNLISTED = 0.005  # of the rows
# An unlisted code is shown where so many rows have it and so few others are unlisted: then it is no voter's own value.
SHOWN_FROM, SHOWN_OF = 10, 20


def tables(settings) -> tuple[str, ...]:
    """The tables that the gate judges: one a contract of the campaign's states."""
    return tuple(f"raw.{contract.name}" for contract in contracts_of(settings.campaign.states))


def expectations(settings, con) -> dict[str, list]:
    """The checks by table."""
    return {f"raw.{contract.name}": _checks(con, contract) for contract in contracts_of(settings.campaign.states)}


def _checks(con, contract: Contract) -> list:
    if (
        contract.state is None
        and not con.execute("select 1 from raw.scopes where contract = ?", [contract.name]).fetchall()
    ):
        return []  # nobody has to have such a file
    checks = [
        no_rows(
            reconcile.delivered(con, contract),
            "records read are the rows loaded, those in quarantine and those of erased people",
        ),
        no_rows(reconcile.current(contract), "the rows of each county come from its newest delivery, all of them"),
        no_rows(_change(contract, _ROWS), "rows are as many as in the delivery before, give or take"),
        no_rows(
            _change(contract, _FILLED + _known_to_go(contract)),
            "each column is as full as in the delivery before, give or take",
        ),
        no_rows(
            _change(contract, _MIX),
            "parties and statuses have the shares of the delivery before, give or take",
        ),
    ]
    for column in contract.filled:
        query = f"select 1 from {{batch}} having count(*) > 0 and count({column}) < {FILLED_SHARE} * count(*)"
        checks.append(no_rows(query, f"{column} is there in at least {FILLED_SHARE:.0%} of the rows"))
    if contract.is_json_lines:
        checks.append(_keys(con, contract))
    checks += [_codes(con, contract, column, listed) for column, listed in contract.listed.items()]
    if contract.kind == "voters":
        voter = contract.id_column
        twice = f"select count(*) as n, count(distinct {voter}) as ids, count({voter}) as filled from {{batch}}"
        checks += [
            no_rows(
                f"select 1 from ({twice}) where filled - ids > {DUPLICATE_SHARE} * filled and filled - ids > 10",
                f"no more than {DUPLICATE_SHARE:.1%} of the voter ids occur twice",
            ),
            no_rows(
                f"select unnest(range(filled - ids)) from ({twice})",
                "each voter id occurs once",
                severity="warning",
            ),
        ]
    return checks


def _keys(con, contract: Contract):
    """A check that the objects have no keys that the contract does not name. It says which, and what to paste; a key that few
    have, or of many, may be a person's and is only counted."""
    unknown = f"""
        select value as key, sum(row_count) as n from raw.profiles
        where delivery_id in (select delivery_id from raw.scopes where contract = '{contract.name}') and column_name = '_unknown'
        group by 1
    """
    found = con.execute(f"select key, n from ({unknown}) order by n desc, key").fetchall()
    shown = [(key, n) for key, n in found if n >= SHOWN_FROM and re.fullmatch(r"[A-Za-z_$][\w$.-]{0,60}", key)]
    words = f"{contract.name} says of each key of its objects what becomes of it"
    if found:
        words += f"; {len(found):,} keys are read past"
    if shown and len(found) <= SHOWN_OF:
        words += (
            f", as {', '.join(f'{key} ({n:,})' for key, n in shown)}. To read one, name it under `columns:` in {contract.file}; else put "
            f"them into its `ignored:` list: {', '.join(key for key, _ in shown)}"
        )
    return no_rows(unknown, words, severity="warning")


def _codes(con, contract: Contract, column: str, listed: list[str]):
    """A check that few rows of the current deliveries have a code that the contract does not list. It says which, and what to
    paste if they are right."""
    codes = ", ".join(text_literal(code) for code in listed)
    unlisted = f"""
        select upper(trim(value)) as code, sum(row_count) as n from raw.profiles
        where delivery_id in (select delivery_id from raw.scopes where contract = '{contract.name}')
          and column_name = '{column}' and trim(value) <> '' and upper(trim(value)) not in ({codes})
        group by 1
    """
    rows = f"(select count(*) as rows from raw.{contract.name})"
    found = con.execute(f"select code, n from ({unlisted}) order by n desc, code").fetchall()
    longest = max(map(len, listed))  # a longer one may be a word out of another column
    shown = [(c, n) for c, n in found if n >= SHOWN_FROM and re.fullmatch(rf"[A-Z0-9 /*?_-]{{1,{longest}}}", c)]
    words = f"{column} of {contract.name} has the codes that its layout lists, but for {CODES_UNLISTED:.1%} of the rows"
    if shown and len(found) <= SHOWN_OF:
        words += (
            f"; not listed: {', '.join(f'{code} ({n:,})' for code, n in shown)}. If these are right, say in {contract.models} what "
            f"they mean, and under `listed:` in {contract.file}: {yaml_line(column, [*listed, *(code for code, _ in shown)])}"
        )
    elif found:
        words += (
            f"; {len(found):,} values are not listed, too many or too rare to be codes: the column may be another one"
        )
    return no_rows(
        f"select 1 from (select sum(n) as n from ({unlisted})), {rows} where n > {CODES_UNLISTED} * rows", words
    )


def _known_to_go(contract: Contract) -> str:
    """A column that not every vintage has may be gone from the later of two deliveries."""
    columns = ", ".join(f"'{column}'" for column in contract.optional) or "''"
    return f" and not (now.share is null and before.column_name in ({columns}))"


def _change(contract: Contract, query: str) -> str:
    """`query` over each current delivery `now` and the one that it replaced in the same scope, `before`."""
    return f"""
        with pairs as (
            select distinct s.delivery_id, s.previous_delivery_id
            from raw.scopes s
            join meta.deliveries d on d.delivery_id = s.delivery_id
            join meta.deliveries p on p.delivery_id = s.previous_delivery_id
            where s.contract = '{contract.name}' and d.scope = p.scope
        ),
        sizes as (select delivery_id, rows_loaded as n from meta.deliveries where rows_loaded > 0),
        shares as (
            select f.delivery_id, f.column_name, f.value, f.row_count / s.n as share
            from raw.profiles f join sizes s using (delivery_id) where f.column_name not in ('_county', '_unknown')
        )
        {query}
    """


_ROWS = f"""
    select 1 from pairs
    join sizes now on now.delivery_id = pairs.delivery_id
    join sizes before on before.delivery_id = pairs.previous_delivery_id
    where now.n < {1 - ROWS_FEWER} * before.n or now.n > {1 + ROWS_MORE} * before.n
"""
_SHARES = """
    select 1 from pairs
    join shares before on before.delivery_id = pairs.previous_delivery_id and before.value is {null}
    left join shares now on now.delivery_id = pairs.delivery_id and now.column_name = before.column_name
      and now.value is not distinct from before.value
    where abs(coalesce(now.share, 0) - before.share) > {limit}
"""
_FILLED = _SHARES.format(null="null", limit=FILLED_CHANGE)
_MIX = _SHARES.format(null="not null", limit=MIX_CHANGE)
