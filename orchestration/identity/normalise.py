"""From any table of person records to one shape in which they can be compared: names, births, addresses, phones, e-mails.

What says nothing about who somebody is (`UNKNOWN`, a birth year in the future, an e-mail address under many names) becomes
null here, so that no later step has to know of it.
"""

from __future__ import annotations

import csv
from importlib import resources

import duckdb

from orchestration.settings import ROOT

COLUMNS = (
    "record_id", "source", "first_name", "middle_name", "last_name", "name_suffix", "sex_code", "birth_date", "birth_year",
    "address", "city", "state_code", "zip5", "phone", "email",
)  # fmt: skip
SHARED_BY_NAMES = 20  # an e-mail address or telephone under more different names than this belongs to nobody
EARLIEST_YEAR = 1890

_PLACEHOLDERS = (
    "UNKNOWN|UNK|TEST|TESTING|NA|NONE|NULL|NAN|ANONYMOUS|ANON|X+|ASDF|ASDFASDF|QWERTY|FIRSTNAME|LASTNAME|FIRST|LAST|NAME|"
    "NONAME|NOTPROVIDED|NOTGIVEN|NOTAVAILABLE|REFUSED|FNU|LNU|RESIDENT|OCCUPANT|CURRENTRESIDENT|VOTER|DONOR|TBD"
)
_GENERATIONS = "JUNIOR|JR|SENIOR|SR|II|III|IV|V|2ND|3RD|4TH"
_NO_MAILBOX = "none|no|na|noemail|noreply|test|unknown|anonymous|email|null|refused|donotreply"


def normalise(con: duckdb.DuckDBPyConnection, relation: str, table: str, keep_shared: bool = False) -> None:
    """Make `table` from `relation`, one row a record.

    `relation` has `record_id` and any of `COLUMNS`, of whatever type. The table has `n`, the record's place by `source` and
    `record_id`; names in capital letters of any script without accents, blanks, hyphens, titles and generation (`first`,
    `first_forms` with the full names that it may stand for, `middle`, `last`, `last_parts`); `generation` (1 senior, 2 junior
    or second); `sex`; `born`, a date, and `birth_year`; `house`, `street`, `street_words`, `unit`, `place` and `address_key`; `zip5`, `city`,
    `state`; `phone` of ten digits; `email`. What is not known is null.
    With `keep_shared` an e-mail address or telephone under many names stays: where a part of the records is brought in, the part does not tell.
    """
    load_words(con)
    given = {name for name, *_ in con.execute(f"describe select * from {relation}").fetchall()}
    raw = ", ".join(_text(name) if name in given else f"cast(null as varchar) as {name}" for name in COLUMNS)
    con.execute(f"""
        create or replace temp table {table} as
        with given as (select {raw} from {relation}),
        upper_case as (
            select
                row_number() over (order by source, record_id) as n, record_id, source,
                {_upper("first_name")} as first_name, {_upper("middle_name")} as middle_name, {_upper("last_name")} as last_name,
                {_upper("name_suffix")} as name_suffix, upper(left(sex_code, 1)) as sex_code,
                {_date("birth_date")} as born, try_cast(birth_year as double) as birth_year,
                {_address("address")} as address, {_letters(_upper("city"))} as city,
                {_letters("upper(state_code)")} as state, regexp_replace(zip5, '[^0-9]', '', 'g') as zip,
                regexp_replace(regexp_replace(phone, '[^0-9]', '', 'g'), '^1([0-9]{{10}})$', '\\1') as phone,
                lower(email) as email
            from given
        ),
        -- A generation is also found behind either name.
        parted as (
            select * exclude (first_name, last_name, address),
                {_letters("regexp_replace(regexp_replace(first_name, '^(MR|MRS|MS|DR|REV|HON|MISS)[. ]+', ''), '[ ,]+(" + _GENERATIONS + ")[.]?$', '')")} as first_name,
                {_letters("regexp_replace(last_name, '[ ,]+(" + _GENERATIONS + ")[.]?$', '')")} as last_name,
                coalesce(
                    nullif(regexp_extract(regexp_replace(name_suffix, '[^A-Z0-9]', '', 'g'), '^({_GENERATIONS})$', 1), ''),
                    nullif(regexp_extract(last_name, '[ ,]+({_GENERATIONS})[.]?$', 1), ''),
                    nullif(regexp_extract(first_name, '[ ,]+({_GENERATIONS})[.]?$', 1), '')
                ) as suffix,
                array_to_string(list_transform(
                    string_split(address, ' '), lambda word: coalesce(map_extract_value(street_words.spellings, word), word)
                ), ' ') as address
            from upper_case cross join street_words
        ),
        compact as (
            select * exclude (first_name, last_name, middle_name, address),
                {_no_placeholder("replace(first_name, ' ', '')")} as first, string_split(first_name, ' ')[1] as first_word,
                {_no_placeholder("replace(" + _letters("middle_name") + ", ' ', '')")} as middle,
                {_no_placeholder("replace(last_name, ' ', '')")} as last,
                list_filter(string_split(last_name, ' '), lambda part: length(part) > 2) as last_parts,
                address,
                nullif(coalesce(
                    nullif(regexp_extract(address, '^(?:P ?O )?BOX ([0-9A-Z]+)', 1), ''),
                    regexp_extract(address, '^([0-9]+[A-Z]?) ', 1)
                ), '') as house,
                case
                    when regexp_matches(address, '^(P ?O )?BOX ') then 'BOX'
                    else nullif(trim(regexp_replace(regexp_replace(address, '^[0-9]+[A-Z]? ', ''), '(^| )UNIT( .*)?$', '')), '')
                end as street,
                nullif(regexp_extract(address, '(?:^| )(?:UNIT )+([A-Z0-9 ]+)$', 1), '') as unit
            from parted
        ),
        valued as (
            select n, record_id, source,
                case when not nobody then first end as first, case when not nobody then last end as last,
                case when length(first_word) > 2 then first_word end as first_word, middle, last_parts,
                case suffix
                    when 'JUNIOR' then 2 when 'JR' then 2 when 'II' then 2 when '2ND' then 2 when 'SENIOR' then 1 when 'SR' then 1
                    when 'III' then 3 when '3RD' then 3 when 'IV' then 4 when '4TH' then 4 when 'V' then 5
                end as generation,
                case when sex_code in ('M', 'F') then sex_code end as sex,
                case when {believed("year(born)")} and born <> date '1900-01-01' then born end as born,
                case
                    when born <> date '1900-01-01' and {believed("year(born)")} then year(born)
                    when {believed("birth_year")} then cast(birth_year as integer)
                end as birth_year,
                house, street, unit, city, state,
                case
                    when length(zip) in (4, 5) and try_cast(zip as integer) not in (0, 99999) then lpad(zip, 5, '0')
                    when length(zip) in (8, 9) and try_cast(zip as integer) > 9999 then left(lpad(zip, 9, '0'), 5)
                end as zip5,
                case
                    when length(phone) = 10 and length(replace(right(phone, 7), right(phone, 1), '')) > 0
                        and phone not in ('1234567890', '0123456789') then phone
                end as phone,
                case
                    when regexp_matches(email, '^[^@ ]+@[^@ ]+[.][a-z]{{2,}}$')
                        and not regexp_matches(email, '^({_NO_MAILBOX})@|@(test|none|noemail)[.]')
                        then case
                            when regexp_matches(email, '@(gmail|googlemail)[.]com$')
                                then replace(regexp_replace(email, '([+].*)?@.*$', ''), '.', '') || '@gmail.com'
                            else regexp_replace(email, '[+][^@]*@', '@')
                        end
                end as email
            from (
                select *, coalesce(last = 'DOE' and first in ('JOHN', 'JANE'), false) as nobody from compact
            )
        )
        select valued.* exclude (first_word),
            -- A name is among its own forms, as is the first of two, and the full names of which either is short.
            list_sort(list_distinct(list_filter(
                [first, first_word] || coalesce(nicknames.full_names, []) || coalesce(of_word.full_names, []),
                lambda form: form is not null
            ))) as first_forms,
            -- In other scripts, of whose names there is no list, another letter is rather another name than a slip.
            coalesce(first in (select name from given_names) or regexp_matches(first, '^[^A-Z]+$'), false) as is_known_name,
            list_filter(string_split(street, ' '), lambda word: length(word) > 4) as street_words,
            coalesce(zip5, city) as place,
            house || '|' || street || '|' || coalesce(zip5, city) as address_key
        from valued
        left join nicknames on nicknames.nickname = valued.first
        left join nicknames as of_word on of_word.nickname = valued.first_word and valued.first_word <> valued.first
        order by n
    """)
    for column in () if keep_shared else ("phone", "email"):
        con.execute(f"""
            update {table} set {column} = null where {column} in (
                select {column} from {table} where {column} is not null group by {column}
                having count(distinct coalesce(first, '') || ' ' || coalesce(last, '')) > {SHARED_BY_NAMES}
            )
        """)


def load_words(con: duckdb.DuckDBPyConnection) -> None:
    """Nicknames, how often names occur among Americans (Census 1990), and the spellings of words in addresses."""
    with (resources.files("nicknames") / "names.csv").open(encoding="utf-8") as lines:
        pairs = [(row["name1"].upper(), row["name2"].upper()) for row in csv.DictReader(lines)]
    con.execute(
        "create or replace temp table nicknames as select nickname, list(name order by name) as full_names "
        "from (select distinct unnest(?) as name, unnest(?) as nickname) group by nickname",
        [list(column) for column in zip(*pairs, strict=True)],
    )
    for table, files in (("given_names", ("female.first", "male.first")), ("family_names", ("all.last",))):
        names: list[str] = []
        shares: list[float] = []
        for file in files:
            for line in (resources.files("names") / f"dist.{file}").read_text(encoding="ascii").splitlines():
                name, percent, *_ = line.split()
                names.append(name)
                shares.append(float(percent) / 100 / len(files))
        con.execute(
            f"create or replace temp table {table} as select name, sum(share) as share "
            "from (select unnest(?) as name, unnest(?) as share) group by name",
            [names, shares],
        )
    with (ROOT / "dbt_project" / "seeds" / "street_words.csv").open(encoding="utf-8") as lines:
        spellings = {row["word"]: row["abbreviation"] for row in csv.DictReader(lines)}
    con.execute(
        "create or replace temp table street_words as select map(?, ?) as spellings",
        [list(spellings), list(spellings.values())],
    )


def _text(column: str) -> str:
    return f"nullif(trim(cast({column} as varchar)), '') as {column}"


def _upper(text: str) -> str:
    return f"upper(strip_accents({text}))"


def _letters(text: str) -> str:
    """Words of letters with a blank between them; apostrophes and full stops part no words."""
    return f"nullif(trim(regexp_replace(regexp_replace({text}, '[''’`´.]', '', 'g'), '[^\\p{{L}}\\p{{M}}]+', ' ', 'g')), '')"


def _no_placeholder(name: str) -> str:
    return (
        f"case when not regexp_matches({name}, '^({_PLACEHOLDERS})$') "
        f"and (length({name}) < 3 or replace({name}, left({name}, 1), '') <> '') then nullif({name}, '') end"
    )


def _date(text: str) -> str:
    styles = "['%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y%m%d', '%m/%d/%Y', '%m-%d-%Y']"
    return f"cast(try_strptime({text}, {styles}) as date)"


def believed(year: str) -> str:
    """SQL: whether a year of birth can be one."""
    return f"{year} between {EARLIEST_YEAR} and year(current_date)"


def _address(text: str) -> str:
    """Words and numbers with a blank between them; `#` is a unit."""
    plain = f"replace(regexp_replace({_upper(text)}, '[''’.]', '', 'g'), '#', ' UNIT ')"
    return f"nullif(trim(regexp_replace({plain}, '[^\\p{{L}}\\p{{M}}0-9]+', ' ', 'g')), '')"
