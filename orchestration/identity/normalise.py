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
# What `read` makes of them.
READ = (
    "n", "record_id", "source", "first", "last", "middle", "last_parts", "generation", "sex", "born", "birth_year", "house", "street", "unit",
    "city", "zip5", "phone", "email", "first_word",
)  # fmt: skip
SHARED_BY_NAMES = 20  # an e-mail address or telephone under more different names than this belongs to nobody
EARLIEST_YEAR = 1890
MORE_OFTEN = 10  # what is short for a name is at most so many times as frequent
PLACE = "coalesce(zip5, city)"

_PLACEHOLDERS = (
    "UNKNOWN|UNK|TEST|TESTING|NA|NONE|NULL|NAN|ANONYMOUS|ANON|X+|ASDF|ASDFASDF|QWERTY|FIRSTNAME|LASTNAME|FIRST|LAST|NAME|"
    "NONAME|NOTPROVIDED|NOTGIVEN|NOTAVAILABLE|REFUSED|FNU|LNU|RESIDENT|OCCUPANT|CURRENTRESIDENT|VOTER|DONOR|TBD"
)
_GENERATIONS = "JUNIOR|JR|SENIOR|SR|II|III|IV|V|2ND|3RD|4TH"
_NO_MAILBOX = "none|no|na|noemail|noreply|test|unknown|anonymous|email|null|refused|donotreply"


def normalise(con: duckdb.DuckDBPyConnection, relation: str, table: str) -> None:
    """Make the temp table `table` from `relation`, one row a record.

    `relation` has `record_id` and any of `COLUMNS`, of whatever type; the table is as `read` says. An e-mail address or telephone under many
    names is nobody's and becomes null.
    """
    given = {name: kind for name, kind, *_ in con.execute(f"describe select * from {relation}").fetchall()}
    con.execute(f"create or replace temp table given_texts as select {texts(given)} from {relation}")
    read(con, "given_texts", "temp table plain", carried=("state_code",))
    complete(con, "plain", table)
    con.execute("drop table given_texts; drop table plain")
    for column in ("phone", "email"):
        con.execute(f"""
            update {table} set {column} = null where {column} in (
                select {column} from {table} where {column} is not null group by {column}
                having count(distinct coalesce(first, '') || ' ' || coalesce(last, '')) > {SHARED_BY_NAMES}
            )
        """)


def texts(given: dict[str, str]) -> str:
    """SQL of `COLUMNS` of a relation with columns of these types, as `read` wants them: trimmed text, null where there is none, or a date."""
    return ", ".join(
        name
        if name == "birth_date" and given.get(name) == "DATE"
        else f"nullif(trim(cast({name} as varchar)), '') as {name}"
        if name in given
        else f"cast(null as varchar) as {name}"
        for name in COLUMNS
    )


def read(con: duckdb.DuckDBPyConnection, given_texts: str, table: str, carried: tuple[str, ...] = ()) -> None:
    """Make `table` (`temp table ...` or `table ...`) from the table `given_texts`, whose columns `texts` makes.

    It has `n`, the record's place by `source` and `record_id`; names in capital letters of any script without accents, blanks, hyphens,
    titles and generation (`first`, `first_word` where the first of two words is another, `middle`, `last`, `last_parts` where it has
    several); `generation` (1 senior, 2 junior or second); `sex`; `born`, a date, and `birth_year`; `house`, `street` and `unit`; `zip5`, `city`;
    `phone`, a number of ten digits; `email`; and the columns of `given_texts` in `carried`. What is not known is null.
    """
    load_words(con)
    con.execute(f"""
        create or replace temp table numbered as
        select rowid as place, row_number() over (order by source, record_id) as n from {given_texts}
    """)
    _read_names(con, given_texts)
    _read_places(con, given_texts)
    [(_, kind, *_)] = con.execute(f"describe select birth_date from {given_texts}").fetchall()
    con.execute(f"""
        create or replace temp table births as
        select birth_date as given, {"birth_date" if kind == "DATE" else _date("birth_date")} as born
        from (select distinct birth_date from {given_texts} where birth_date is not null)
    """)
    con.execute(f"""
        create or replace {table} as
        with joined as (
            select
                numbered.n, record_id, source, {"".join(f"{name}, " for name in carried)}
                coalesce(last = 'DOE' and first in ('JOHN', 'JANE'), false) as nobody,
                first, first_word, middle, last, last_parts,
                coalesce(
                    nullif(regexp_extract(regexp_replace(upper(strip_accents(name_suffix)), '[^A-Z0-9]', '', 'g'), '^({_GENERATIONS})$', 1), ''),
                    last_names.suffix, first_names.suffix
                ) as suffix,
                upper(left(sex_code, 1)) as sex_code, born, try_cast(birth_year as double) as birth_year,
                house, street, unit, places.city, places.zip5,
                case
                    when regexp_matches(phone, '^[0-9]{{10}}$') then phone
                    else regexp_replace(regexp_replace(phone, '[^0-9]', '', 'g'), '^1([0-9]{{10}})$', '\\1')
                end as phone,
                lower(email) as email
            from {given_texts} as given_texts
            join numbered on numbered.place = given_texts.rowid
            left join first_names on first_names.given = given_texts.first_name
            left join last_names on last_names.given = given_texts.last_name
            left join middle_names on middle_names.given = given_texts.middle_name
            left join births on births.given = given_texts.birth_date
            left join addresses on addresses.given = given_texts.address
            left join places on given_city = coalesce(given_texts.city, '') and given_zip5 = coalesce(given_texts.zip5, '')
        )
        select
            n, record_id, source,
            case when not nobody then first end as first, case when not nobody then last end as last, middle, last_parts,
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
            house, street, unit, city, zip5,
            case
                when length(phone) = 10 and length(replace(right(phone, 7), right(phone, 1), '')) > 0
                    and phone not in ('1234567890', '0123456789') then try_cast(phone as bigint)
            end as phone,
            case
                when regexp_matches(email, '^[^@ ]+@[^@ ]+[.][a-z]{{2,}}$')
                    and not regexp_matches(email, '^({_NO_MAILBOX})@|@(test|none|noemail)[.]')
                    then case
                        when ends_with(email, '@gmail.com') or ends_with(email, '@googlemail.com')
                            then replace(split_part(split_part(email, '@', 1), '+', 1), '.', '') || '@gmail.com'
                        when contains(email, '+') then regexp_replace(email, '[+][^@]*@', '@')
                        else email
                    end
            end as email,
            case when nobody or first_word is distinct from first then first_word end as first_word
            {"".join(f", {name}" for name in carried)}
        from joined
    """)
    for name in ("numbered", "first_names", "last_names", "middle_names", "births", "addresses", "places"):
        con.execute(f"drop table {name}")


def complete(con: duckdb.DuckDBPyConnection, records: str, table: str) -> None:
    """Make the temp table `table` of `records`, as `read` makes them, with what follows from their columns: `first_forms` and
    `is_known_name`; `place` and `address_key`. `load_words` goes before."""
    con.execute(f"""
        create or replace temp table {table} as
        with {_FORMS.format(records)}
        select records.* exclude (first_word), first_forms, is_known_name,
            {PLACE} as place, house || '|' || street || '|' || {PLACE} as address_key
        from {records} as records
        join forms on named = hash(records.first, records.first_word)
    """)


def list_forms(con: duckdb.DuckDBPyConnection, records: str, table: str) -> None:
    """Make the temp table `table` of the names in `records` (`first` and `first_word` among its columns): `named`, a hash of both, and
    `form`, a hash of each name that they may stand for."""
    con.execute(f"""
        create or replace temp table {table} as
        with {_FORMS.format(records)}
        select named, hash(unnest(first_forms)) as form from forms where first is not null
    """)


_FORMS = """
    named as (select distinct first, first_word from {}),
    forms as (
        select hash(first, first_word) as named, first,
            -- A name is among its own forms, as is the first of two, and the full names of which either is short.
            list_sort(list_distinct(list_filter(
                [first, first_word] || coalesce(nicknames.full_names, []) || coalesce(of_word.full_names, []),
                lambda form: form is not null
            ))) as first_forms,
            -- In other scripts, of whose names there is no list, another letter is rather another name than a slip.
            coalesce(first in (select name from given_names) or regexp_matches(first, '^[^A-Z]+$'), false) as is_known_name
        from named
        left join nicknames on nicknames.nickname = named.first
        left join nicknames as of_word on of_word.nickname = named.first_word and named.first_word <> named.first
    )
"""


def _read_names(con: duckdb.DuckDBPyConnection, given_texts: str) -> None:
    """Make `first_names`, `middle_names` and `last_names` of the records: each as it is `given`, once, since a state has few names and many
    people, and what it says. A generation is also found behind either name."""
    behind = f"nullif(regexp_extract(given_name, '[ ,]+({_GENERATIONS})[.]?$', 1), '') as suffix"
    bare = f"regexp_replace(given_name, '[ ,]+({_GENERATIONS})[.]?$', '')"
    untitled = "regexp_replace(given_name, '^(MR|MRS|MS|DR|REV|HON|MISS)[. ]+', '')"
    con.execute(f"""
        create or replace temp table first_names as
        with given as (
            select first_name as given, {_upper("first_name")} as given_name
            from (select distinct first_name from {given_texts} where first_name is not null)
        ),
        parted as (
            select given, {behind}, {_letters(bare.replace("given_name", untitled, 1))} as words from given
        ),
        named as (
            select given, suffix, {_no_placeholder("replace(words, ' ', '')")} as first,
                case when length(string_split(words, ' ')[1]) > 2 then string_split(words, ' ')[1] end as first_word
            from parted
        )
        select * from named
    """)
    con.execute(f"""
        create or replace temp table last_names as
        with given as (
            select last_name as given, {_upper("last_name")} as given_name
            from (select distinct last_name from {given_texts} where last_name is not null)
        )
        select given, suffix, {_no_placeholder("replace(words, ' ', '')")} as last,
            case when contains(words, ' ') then list_filter(string_split(words, ' '), lambda part: length(part) > 2) end as last_parts
        from (select given, {behind}, {_letters(bare)} as words from given)
    """)
    con.execute(f"""
        create or replace temp table middle_names as
        select middle_name as given, {_no_placeholder("replace(" + _letters(_upper("middle_name")) + ", ' ', '')")} as middle
        from (select distinct middle_name from {given_texts} where middle_name is not null)
    """)


def _read_places(con: duckdb.DuckDBPyConnection, given_texts: str) -> None:
    """Make `addresses` and `places` (city and ZIP) of the records, each as it is `given` once, and what it says."""
    # What stands behind house numbers is read once, since a state has few streets and many houses.
    con.execute(f"""
        create or replace temp table addresses as
        with given as (
            select given, number, case when number is null then given else substr(given, length(number) + 2) end as behind
            from (
                select address as given, case when regexp_matches(address, '^[0-9]+[A-Za-z]? ') then upper(split_part(address, ' ', 1)) end as number
                from (select distinct address from {given_texts} where address is not null)
            )
        ),
        upper as (  -- `#` is a unit
            select behind, is_whole, replace(regexp_replace({_upper("behind")}, '[''’.]', '', 'g'), '#', ' UNIT ') as text
            from (select distinct behind, number is null as is_whole from given)
        ),
        -- Words and numbers with a blank between them, as most are already: to put each blank anew takes longer than all else.
        plain as (
            select behind, is_whole, nullif(trim(case when regexp_matches(text, '[^A-Z0-9 ]|  ')
                then regexp_replace(text, '[^\\p{{L}}\\p{{M}}0-9]+', ' ', 'g') else text end), '') as words
            from upper
        ),
        spelt as (
            select behind, is_whole, array_to_string(list_transform(
                string_split(words, ' '), lambda word: coalesce(map_extract_value(street_words.spellings, word), word)
            ), ' ') as address
            from plain cross join street_words
        ),
        parted as (
            select behind, is_whole, address, case when is_whole then regexp_extract(address, '^(?:P ?O )?BOX ([0-9A-Z]+)', 1) end as box,
                case when is_whole and regexp_matches(address, '^[0-9]+[A-Z]? ') then split_part(address, ' ', 1) end as number
            from spelt
        ),
        read as (
            select behind, is_whole, coalesce(nullif(box, ''), number) as house,
                case
                    when is_whole and regexp_matches(address, '^(P ?O )?BOX ') then 'BOX'
                    else nullif(trim(regexp_replace(named, '(^| )UNIT( .*)?$', '')), '')
                end as street,
                nullif(regexp_extract(address, '(?:^| )(?:UNIT )+([A-Z0-9 ]+)$', 1), '') as unit
            from (select *, case when number is null then address else substr(address, length(number) + 2) end as named from parted)
        )
        select given, coalesce(number, house) as house, street, unit
        from given join read on read.behind = given.behind and is_whole = (number is null)
    """)
    con.execute(f"""
        create or replace temp table places as
        select given_city, given_zip5, city, case
            when length(zip) in (4, 5) and try_cast(zip as integer) not in (0, 99999) then lpad(zip, 5, '0')
            when length(zip) in (8, 9) and try_cast(zip as integer) > 9999 then left(lpad(zip, 9, '0'), 5)
        end as zip5
        from (
            select coalesce(city, '') as given_city, coalesce(zip5, '') as given_zip5,
                {_letters(_upper("city"))} as city, regexp_replace(zip5, '[^0-9]', '', 'g') as zip
            from (select distinct city, zip5 from {given_texts})
        )
    """)


def load_words(con: duckdb.DuckDBPyConnection, family_names: bool = True) -> None:
    """Nicknames, how often names occur among Americans (Census 1990), and the spellings of words in addresses. How often family names do, which takes
    most of the time, is asked where pairs are weighed."""
    with (resources.files("nicknames") / "names.csv").open(encoding="utf-8") as lines:
        pairs = [(row["name1"].upper(), row["name2"].upper()) for row in csv.DictReader(lines)]
    of_names = {"given_names": ("female.first", "male.first")} | (
        {"family_names": ("all.last",)} if family_names else {}
    )
    for table, files in of_names.items():
        texts = [(resources.files("names") / f"dist.{file}").read_text(encoding="ascii") for file in files]
        # Read by the engine, of columns of fixed width: 88,799 lines one by one take longer than all else that a few new records take.
        con.execute(
            f"""
            create or replace temp table {table} as
            select split_part(line, ' ', 1) as name, sum(cast(trim(substr(line, 15, 7)) as double) / 100 / {len(files)}) as share
            from (select unnest(string_split(?, chr(10))) as line) where line <> '' group by name
            """,
            ["".join(texts)],
        )
    # The list has it both ways, and Robert for Bill: a name that many have is not short for one that few have.
    con.execute(
        f"""
        create or replace temp table nicknames as
        select nickname, list(pairs.name order by pairs.name) as full_names
        from (select distinct unnest(?) as name, unnest(?) as nickname) as pairs
        left join given_names as full_name on full_name.name = pairs.name
        left join given_names as short on short.name = nickname
        where coalesce(full_name.share, 0) * {MORE_OFTEN} >= coalesce(short.share, 0)
        group by nickname
        """,
        [list(column) for column in zip(*pairs, strict=True)],
    )
    with (ROOT / "dbt_project" / "seeds" / "street_words.csv").open(encoding="utf-8") as lines:
        spellings = {row["word"]: row["abbreviation"] for row in csv.DictReader(lines)}
    con.execute(
        "create or replace temp table street_words as select map(?, ?) as spellings",
        [list(spellings), list(spellings.values())],
    )


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
