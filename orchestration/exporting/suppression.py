"""Who may be contacted: one reason for each voter who may not be, by channel. Nothing that asks for a list can override it.

What the campaign holds beside the deliveries lies in `suppressions/` of the data directory and counts from the moment that a file
is put there: `do_not_contact.csv` (the house's own list) and `litigators.csv` (people who sue over calls and texts), CSV with the header
`kind,value`; a kind is voter_id, phone or email.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from orchestration.erasing import register
from orchestration.exporting.law import Channel
from orchestration.settings import Mendable, Settings
from orchestration.warehouse import has_table, text_literal

LISTS = ("do_not_contact", "litigators")
SUBSCRIBED = ("phone", "text", "email")  # the channels that people say yes or no to
CALLED = ("phone", "text")  # the channels that people sue over
KINDS = ("voter_id", "phone", "email")
# What may be known of a voter beyond the voter file, each a bit of one number: to gather and to ask twelve columns takes three times as long.
# Asked is opted in, and proven if it is known what was said and when.
BITS = {
    mark: 1 << n
    for n, mark in enumerate(
        (
            "erased",
            "do_not_contact",
            "litigator",
            *(f"{word}_{name}" for name in SUBSCRIBED for word in ("refused", "asked", "proven")),
        )
    )
}
# In this order, and each voter for the first that applies.
REASONS = {
    "erased": "was erased, or has the number or address of somebody who was",
    "holdout": "in the global holdout, which no list touches",
    "do_not_contact": "on the house's own list of people not to be contacted",
    "litigator": "on the list of people who sue over calls and texts",
    "opted_out": "asked not to be contacted this way",
    "not_at_residence": "inactive, military or overseas by the voter file: not at the address",
    "no_address": "no postal address",
    "no_phone": "no telephone number",
    "no_email": "no e-mail address",
    "no_consent": "did not ask for it, or nobody can show that they did",
    "same_identifier": "somebody else on the list has the same number or address",
    "not_in_voters": "left the voter file",
}


class SuppressionError(Mendable):
    """A list of people not to be contacted cannot be read, so nobody is; the message names file and line."""


def prepare(
    con: duckdb.DuckDBPyConnection, settings: Settings, may_use: Callable[[str], bool] = lambda source: True
) -> None:
    """Make the temporary views `marks`, one row for each voter of whom something is known beyond the voter file, `consents` (see `_consents`) and
    `asked`, one row for each voter who asked to be reached.

    Columns of `marks`: voter_id; bits, what is known, as `BITS` counts it. Of `asked`: voter_id; text_phone, email: the identifier by which the
    person asked to be reached, null where there is none. `published` has to be attached; `may_use` says of a source of consent whether it may
    serve what the list is for.

    Raises:
        SuppressionError: a list cannot be read.
    """
    con.execute("create or replace temp table suppressed (list varchar, kind varchar, value varchar)")
    for name in LISTS:
        _read(con, settings, name)
    _consents(con, may_use)
    _erased(con, settings)
    of_list = f"case list when 'do_not_contact' then {BITS['do_not_contact']} else {BITS['litigator']} end"
    said = " ".join(
        f"""
        when '{name}' then case when not is_opted_in then {BITS[f"refused_{name}"]}
            when is_proven then {BITS[f"asked_{name}"] | BITS[f"proven_{name}"]} when is_opted_in then {BITS[f"asked_{name}"]} end
        """
        for name in SUBSCRIBED
    )
    con.execute(
        f"""
        create or replace temp view marks as
        with known as (
            select value as voter_id, {of_list} as bits from suppressed where kind = 'voter_id'
            union all
            -- What was said of a number is said of whoever has it in the voter file: asked in one pass over the voters.
            select voters.voter_id, bits from published.voters
            inner join (
                select value, {of_list} as bits from suppressed where kind = 'phone'
                union all
                select value, case channel {said} end from consents where kind = 'phone' and not is_opted_in
            ) as of_numbers on of_numbers.value = voters.phone
            union all
            select consents.voter_id, {of_list} from consents
            inner join suppressed on suppressed.kind = consents.kind and suppressed.value = consents.value
            union all
            select voter_id, {BITS["erased"]} from erased_voters
            union all
            select voter_id, case channel {said} end from consents where voter_id is not null
        )
        select voter_id, bit_or(bits) as bits from known group by voter_id
        """
    )
    con.execute(
        """
        create or replace temp view asked as
        select
            voter_id,
            min(value) filter (where channel = 'text' and is_proven) as text_phone,
            -- Who refused e-mail at one address is not found by another, on advertising platforms either.
            case when not bool_or(channel = 'email' and not is_opted_in)
                then min(value) filter (where channel = 'email' and is_opted_in) end as email
        from consents where voter_id is not null
        group by voter_id
        """
    )


def _read(con: duckdb.DuckDBPyConnection, settings: Settings, name: str) -> None:
    file = settings.suppressions / f"{name}.csv"
    if not file.exists():
        return
    try:
        con.execute(
            """
            create or replace temp table delivered as
            select kind, value from read_csv($file, header = true, delim = ',', quote = '"', auto_detect = false, strict_mode = true,
                columns = {'kind': 'varchar', 'value': 'varchar'})
            """,
            {"file": str(file)},
        )
    except duckdb.Error:
        raise SuppressionError(
            f"{file}: not a CSV with the two columns kind,value; nothing was exported. Mend the file"
        ) from None
    bad = con.execute(
        """
        select rowid + 2, kind in ('voter_id', 'phone', 'email') from delivered
        where kind is null or value is null or kind not in ('voter_id', 'phone', 'email')
            or (kind = 'phone' and length(right(regexp_replace(value, '[^0-9]', '', 'g'), 10)) <> 10)
            or (kind = 'email' and not contains(value, '@'))
        order by 1 limit 1
        """
    ).fetchone()
    if bad:
        what = "the value is not of its kind" if bad[1] else f"the kind is none of {', '.join(KINDS)}"
        raise SuppressionError(f"{file}, line {bad[0]}: {what}; nothing was exported. Mend that line")
    con.execute(
        """
        insert into suppressed
        select $name, kind, case kind when 'phone' then right(regexp_replace(value, '[^0-9]', '', 'g'), 10)
            when 'email' then lower(trim(value)) else trim(value) end
        from delivered
        """,
        {"name": name},
    )


def _erased(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """The temporary table `erased_voters`: voters who were erased since the version was published, or whose number or address somebody
    had who was."""
    con.execute("create or replace temp table erased_voters (voter_id varchar)")
    erased = register.erased(settings)
    if erased.is_empty:
        return
    erased.prepare(con)
    [(published_at,)] = con.execute("select published_at from published.publication").fetchall()
    conditions = [erased.is_listed("'phone:' || phone")]
    if any((e.done_at or "9") > published_at.isoformat() for e in register.every(settings)):
        conditions.append(erased.is_listed(register.voter_key("voter_id")))
    con.execute(f"insert into erased_voters select voter_id from published.voters where {' or '.join(conditions)}")
    con.execute(
        f"insert into erased_voters select voter_id from consents where voter_id is not null and {erased.is_listed('kind || chr(58) || value')}"
    )


def _consents(con: duckdb.DuckDBPyConnection, may_use: Callable[[str], bool]) -> None:
    """The temporary view `consents`: what counts now of each address, number and channel, by the published subscriptions.

    An opt-out counts whatever its source; an opt-in only if its source may be used. `is_proven`: it is known what was said and when.
    """
    if not has_table(con, "subscriptions", database="published"):
        con.execute(
            """
            create or replace temp view consents as
            select null::varchar as voter_id, null::varchar as kind, null::varchar as value, null::varchar as channel,
                null::boolean as is_opted_in, null::boolean as is_proven
            where false
            """
        )
        return
    sources = con.execute("select distinct source from published.subscriptions").fetchall()
    usable = ", ".join(text_literal(source) for (source,) in sources if may_use(source))
    con.execute(
        f"""
        create or replace temp view consents as
        select voter_id, identifier_kind as kind, identifier as value,
            -- Who is not to be called is not texted, which is a call before the law.
            unnest(case when channel = 'phone' and not is_opted_in then ['phone', 'text'] else [channel] end) as channel,
            is_opted_in, is_opted_in and identifier_kind = 'phone' and evidence is not null and happened_at is not null as is_proven
        from published.subscriptions
        where is_current and (not is_opted_in or list_contains([{usable}]::varchar[], source))
        """
    )


def reason(name: str, channel: Channel, holdout: str) -> str:
    """The SQL that says why a voter of `voters` with the `bits` of `marks` is not contacted on a channel; null for one who may be.

    `holdout` is the condition of `in_holdout`.
    """
    is_away, no_address = "voters.registration_status <> 'active'", "voters.residence_id is null or voters.zip5 is null"
    if channel.reached_by == "mail":
        # Mail also reaches soldiers and citizens abroad, if only where they have it sent.
        has_mail = "voters.mailing_address_1 is not null"
        is_away = f"({is_away} and not (voters.registration_status = 'temporary' and {has_mail}))"
        no_address = f"not ({has_mail}) and ({no_address})"
    cases = [
        (_known("erased"), "erased"),
        (holdout, "holdout"),
        (_known("do_not_contact"), "do_not_contact"),
        (_known("litigator") if "litigators" in lists_of(name) else "", "litigator"),
        (_known(f"refused_{name}") if name in SUBSCRIBED else "", "opted_out"),
        (is_away if channel.at_residence else "", "not_at_residence"),
    ]
    if channel.reached_by in ("mail", "residence"):
        cases.append((no_address, "no_address"))
    if channel.reached_by == "phone":
        cases.append(("voters.phone is null", "no_phone"))
    if channel.consent != "not_opted_out":
        said = "proven" if channel.consent == "proven" else "asked"
        cases.append((f"not coalesce({_known(f'{said}_{name}')}, false)", "no_consent"))
    whens = " ".join(f"when {condition} then '{why}'" for condition, why in cases if condition)
    return f"case {whens} end"


def _known(mark: str) -> str:
    return f"bits & {BITS[mark]} <> 0"


def lists_of(name: str) -> list[str]:
    """The campaign's own lists that count for a channel."""
    return [*LISTS] if name in CALLED else ["do_not_contact"]


def in_holdout(settings: Settings) -> str:
    """The SQL that says whether a voter of `voters` is in the holdout: all who live at a residence are, or none.

    The last four hex digits of a residence's id, which is a hash already, are below those of the holdout's share.
    """
    bound = f"{round(settings.campaign.holdout_percent / 100 * 0x10000):04x}"
    return f"substr(coalesce(voters.residence_id, md5(voters.voter_id)), -4) < '{bound}'"
