"""What each channel's file holds: its columns, where they come from, and how a row is made of the people who may be contacted.

Rows come from the temporary view `chosen`: `voters` who may be contacted, with the `text_phone` and `email` of `asked`. Sources of the
formats, as read in 2026: VAN's bulk upload (a header row, to match by VANID or the state's voter id; help of state parties that use it),
Meta's "How to format a customer list" (business help 2082575038703844) and Google's "Format your customer data file" (Ads help
7659867 and 7476159); RFC 4180 for all.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.exporting.law import Channel, Law

# What a spreadsheet runs if a cell begins with it (CWE-1236), also in the wide forms that some take for the same.
FORMULA = "('=', '+', '-', '@', chr(9), chr(13), '＝', '＋', '－', '＠')"


@dataclass(frozen=True)
class Column:
    """A column of a file: its header, the SQL of its cells, and the published columns that these are made of."""

    header: str
    sql: str
    origins: tuple[str, ...] = ()
    is_text: bool = True

    def cell(self) -> str:
        """The SQL of a cell that no spreadsheet runs."""
        if not self.is_text:
            return f'{self.sql} as "{self.header}"'
        return f"case when left({self.sql}, 1) in {FORMULA} then '''' || {self.sql} else nullif({self.sql}, '') end as \"{self.header}\""


@dataclass(frozen=True)
class Format:
    """A file: its columns, the relation that they are read from, the order of its rows, and how a reader finds people again.

    `people` is SQL for the voter_id of everybody behind the rows of the relation `file`; null where cells are hashed.
    """

    columns: tuple[Column, ...]
    relation: str
    order: str
    people: str | None = "select voter_id from file"

    def select(self) -> str:
        """The query whose result is the file, in its order."""
        return (
            f"select {', '.join(column.cell() for column in self.columns)} from {self.relation} order by {self.order}"
        )

    def origins(self) -> list[str]:
        """The published columns that the file is made of."""
        return sorted({origin for column in self.columns for origin in column.origins})


def of(channel: str, law: Law, segment: str) -> Format:
    """The format of a channel's file. `segment` names the list in a file that wants its name."""
    if channel in ("phone", "text"):
        return _numbers(channel, law.channels[channel], law)
    if channel == "van":
        return _van(segment)
    return {"mail": MAIL, "email": EMAIL, "walk": WALK, "meta": META, "google": GOOGLE}[channel]


def _of_voters(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, name, (f"voters.{name}",)) for name in names)


# Who lives in group quarters is no household, nor is anybody whose residence is not known.
_HOUSEHOLD = (
    "case when households.household_kind <> 'group quarters' then households.household_id else chosen.voter_id end"
)
_WITH_HOUSEHOLDS = """
    chosen left join published.household_members as members on members.voter_id = chosen.voter_id
    left join published.households as households on households.household_id = members.household_id
"""
# A unit has its designator, or the sign # and a blank, as the Postal Service reads it (Publication 28, 213).
_POSTAL = "trim(regexp_replace(regexp_replace({0}, ' ?# ?([A-Z]{{2,}}) ', ' \\1 '), ' ?# ?([0-9]|[A-Z]$)', ' # \\1'))"
_NAME = ("voters.first_name", "voters.last_name", "voters.name_suffix", "household_members.household_id")


def _mailed(header: str, mailing: str, residence: str | None) -> Column:
    """A part of the address: of the mailing address where there is one, else of the residence."""
    origins = (f"voters.{mailing}", *([f"voters.{residence}"] if residence else []))
    sql = f"address.{header}"
    return Column(header, _POSTAL.format(sql) if header == "address" else sql, ("voters.mailing_address_1", *origins))


_MAILED = {
    "address": ("mailing_address_1", "residence_address"),
    "address_2": ("mailing_address_2", None),
    "address_3": ("mailing_address_3", None),
    "address_4": ("mailing_address_4", None),
    "city": ("mailing_city", "residence_city"),
    "state": ("mailing_state_code", "state_code"),
    "zip5": ("mailing_zip5", "zip5"),
    "zip4": ("mailing_zip4", "zip4"),
    "country": ("mailing_country", None),
}
_ADDRESS = ", ".join(
    f"'{header}': case when mailing_address_1 is not null then chosen.{mailing}"
    f" else {f'chosen.{residence}' if residence else 'null'} end"
    for header, (mailing, residence) in _MAILED.items()
)
# A household gets one piece at each address to which its members have their mail sent.
MAIL = Format(
    (
        Column(
            "household_id",
            "household_id",
            ("household_members.household_id", "households.household_kind", "voters.voter_id"),
        ),
        Column(
            "addressee",
            "case when people = 1 then first_full"
            " when people = 2 and surnames = 1 then first_given || ' & ' || last_full"
            " when people = 2 then first_full || ' & ' || last_full"
            " when surnames = 1 then surname || ' HOUSEHOLD' else first_full || ' & HOUSEHOLD' end",
            _NAME,
        ),
        *(_mailed(header, *parts) for header, parts in _MAILED.items()),
        Column("people", "people", ("household_members.household_id",), is_text=False),
    ),
    f"""(
        select {_HOUSEHOLD} as household_id, count(*) as people, count(distinct coalesce(last_name, '')) as surnames,
            max(last_name) as surname, arg_min(concat_ws(' ', first_name, last_name, name_suffix), chosen.voter_id) as first_full,
            arg_max(concat_ws(' ', first_name, last_name, name_suffix), chosen.voter_id) as last_full,
            arg_min(coalesce(first_name, last_name, ''), chosen.voter_id) as first_given,
            arg_min({{{_ADDRESS}}}, chosen.voter_id) as address
        from {_WITH_HOUSEHOLDS}
        group by {_HOUSEHOLD}, mailing_address_1, mailing_zip5
    )""",
    "address.country nulls first, address.zip5, address.address, household_id",
    f"select chosen.voter_id from {_WITH_HOUSEHOLDS} where {_HOUSEHOLD} in (select household_id from file)",
)

EMAIL = Format(
    (*_of_voters("voter_id", "first_name", "last_name"), Column("email", "email", ("subscriptions.identifier",))),
    "chosen",
    "email",
)

WALK = Format(
    (
        *(Column(name, name, ("residences.precinct_code", "residences.county_fips")) for name in ("turf", "precinct")),
        Column("stop", "stop", ("residences.residence_street",), is_text=False),
        Column("side", "side", ("residences.residence_street",)),
        Column("number", "number", ("residences.residence_street",)),
        Column("street", "street", ("residences.residence_street", "voters.residence_address")),
        Column("unit", "unit", ("residences.residence_unit",)),
        Column("city", "city", ("residences.residence_city",)),
        Column("zip5", "zip5", ("residences.zip5",)),
        *_of_voters("voter_id", "first_name", "last_name", "name_suffix"),
        Column("age", "age_years", ("voters.age_years",), is_text=False),
        Column("party", "party_code", ("voters.party_code",)),
        *(Column(name, "''") for name in ("result", "notes")),
    ),
    "walk",  # the temporary table of `walking.TURFS`
    "turf, stop, last_name, first_name, voter_id",
)


def _numbers(channel: str, rule: Channel, law: Law) -> Format:
    number = "phone" if channel == "phone" else "text_phone"
    after, before = rule.hours or ("09:00", "20:00")
    origins = ("voters.phone",) if channel == "phone" else ("subscriptions.identifier",)
    return Format(
        (
            *_of_voters("voter_id", "first_name", "last_name"),
            Column("phone", number, origins),
            *_of_voters("residence_city", "state_code"),
            Column("time_zone", _time_zone(law), ("voters.state_code", "voters.county_fips")),
            Column("not_before", f"'{after}'"),
            Column("not_after", f"'{before}'"),
        ),
        "chosen",
        f"{number}, voter_id",
    )


def _time_zone(law: Law) -> str:
    """SQL for the time zone of a voter's residence; of the number itself nobody knows where it rings."""
    of_county = [(zone, codes) for zone, codes in law.time_zones.items() if not isinstance(codes, str)]
    of_state = [(zone, state) for state, zone in law.time_zones.items() if isinstance(zone, str)]
    whens = [
        "when county_fips in ({}) then '{}'".format(", ".join(f"'{code}'" for code in codes), zone)
        for zone, codes in of_county
    ]
    whens += [f"when state_code = '{state}' then '{zone}'" for zone, state in of_state]
    return f"(case {' '.join(whens)} end)"


def _van(segment: str) -> Format:
    return Format(
        (
            Column("Voter File VANID", "van_id", ("van_ids.van_id",)),
            Column("State Voter ID", "state_voter_id", ("voters.state_voter_id",)),
            Column("First Name", "first_name", ("voters.first_name",)),
            Column("Middle Name", "middle_name", ("voters.middle_name",)),
            Column("Last Name", "last_name", ("voters.last_name",)),
            Column("Suffix", "name_suffix", ("voters.name_suffix",)),
            Column("Address", "residence_address", ("voters.residence_address",)),
            Column("City", "residence_city", ("voters.residence_city",)),
            Column("State", "state_code", ("voters.state_code",)),
            Column("Zip5", "zip5", ("voters.zip5",)),
            Column("Activist Code", f"'{segment}'"),
        ),
        "chosen left join (select voter_id, van_id from published.van_ids) as numbered using (voter_id)",
        "state_voter_id",
        'select voter_id from published.voters semi join file on file."State Voter ID" = voters.state_voter_id'
        ' and file."State" = voters.state_code',
    )


def _plain(column: str) -> str:
    """Small letters without punctuation, as Meta wants names and cities; accents and blanks stay."""
    return f"trim(regexp_replace(lower({column}), '[^\\p{{L}} ]', '', 'g'))"


def _hashed(header: str, sql: str, *origins: str) -> Column:
    return Column(header, f"sha256(nullif({sql}, ''))", origins, is_text=False)


META = Format(
    (
        _hashed("email", "lower(trim(email))", "subscriptions.identifier"),
        _hashed("phone", "'1' || phone", "voters.phone"),
        _hashed("fn", _plain("first_name"), "voters.first_name"),
        _hashed("ln", _plain("last_name"), "voters.last_name"),
        _hashed("ct", f"replace({_plain('residence_city')}, ' ', '')", "voters.residence_city"),
        _hashed("st", "lower(state_code)", "voters.state_code"),
        _hashed("zip", "zip5", "voters.zip5"),
        _hashed("country", "'us'"),
    ),
    "chosen",
    "fn, ln, zip, phone, email",
    None,
)

# Of addresses at Gmail dots and what follows a plus say nothing; Google wants them taken out.
_AT_GOOGLE = (
    "case when split_part({0}, '@', 2) in ('gmail.com', 'googlemail.com')"
    " then replace(split_part(split_part({0}, '@', 1), '+', 1), '.', '') || '@' || split_part({0}, '@', 2) else {0} end"
).format("lower(trim(email))")
GOOGLE = Format(
    (
        _hashed("Email", _AT_GOOGLE, "subscriptions.identifier"),
        _hashed("Phone", "'+1' || phone", "voters.phone"),
        _hashed("First Name", "regexp_replace(lower(trim(first_name)), ' +', ' ', 'g')", "voters.first_name"),
        _hashed("Last Name", "regexp_replace(lower(trim(last_name)), ' +', ' ', 'g')", "voters.last_name"),
        Column("Country", "'US'"),
        Column("Zip", "zip5", ("voters.zip5",)),
    ),
    "chosen",
    '"First Name", "Last Name", "Zip", "Phone", "Email"',
    None,
)
