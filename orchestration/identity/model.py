"""How much each agreement and disagreement of two records says, as a Splink model with pinned parameters, and what rules a
pair out whatever its weight."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

import duckdb

PRIOR_PEOPLE = 10_000  # imagined typical records beside the given ones: a small file does not make common names rare
THRESHOLD = 0.9  # probability from which two records are one person, if nothing rules them out
# The columns whose values' frequency counts, and the share of a value where nothing is known of it: as if the imagined records were spread evenly over so many.
_SHARES = {
    "first": "coalesce((select share from given_names where hash(name) = value), 1e-5)",
    "last": "coalesce((select share from family_names where hash(name) = value), 5e-6)",
    "born": "4e-5",
    "birth_year": "0.014",
    "street": "5e-5",
    "house": "1e-3",
    "zip5": "3e-5",
    "city": "1e-4",
    "phone": "1e-8",
    "email": "1e-8",
}
_OF_ONE = ("phone", "email")  # of which almost everybody has another one

FREQUENCIES = tuple(f"tf_{column}" for column in _SHARES)


@dataclass(frozen=True)
class Level:
    """One way in which two records may compare: a condition over `*_l` and `*_r`, and how often it holds for two records of one
    person (`m`) and of two (`u`). With `frequent` the share of that column's value stands for `u`. With `of_what_is_said` the
    level is as much about how a record is written, or another field, as about who it is; only the ratio of the two means something."""

    name: str
    condition: str
    m: float
    u: float
    frequent: str | None = None
    of_what_is_said: bool = False


@dataclass(frozen=True)
class Comparison:
    """When there is nothing to compare, and the levels in the order in which they are tried; the last has no condition."""

    unsaid: str
    levels: tuple[Level, ...]

    def number(self, level: str) -> int:
        """Splink's number of a level: the last has 0."""
        return next(place for place, each in enumerate(reversed(self.levels)) if each.name == level)


Parameters = dict[tuple[str, str], float]  # `m` by comparison and level


def _alike(name: str, similarity: float) -> str:
    return f"jaro_winkler_similarity({name}_l, {name}_r) >= {similarity}"


# By cases, since the engine asks all of an `or` but in a condition of its own, and edits take the longest to count: names of one edit have
# about one length and the same beginning or end.
_SLIP = (
    "least(length({0}_l), length({0}_r)) > 3 and case when jaro_winkler_similarity({0}_l, {0}_r) >= 0.92 then true "
    "when abs(length({0}_l) - length({0}_r)) > 1 or left({0}_l, 1) <> left({0}_r, 1) and right({0}_l, 1) <> right({0}_r, 1) then false "
    "else damerau_levenshtein({0}_l, {0}_r) <= 1 end"
)
SWAPPED = (
    "(jaro_winkler_similarity(first_l, last_r) >= 0.9 and jaro_winkler_similarity(first_r, last_l) >= 0.9 "
    "and jaro_winkler_similarity(first_l, first_r) < 0.9)"
)
_SAME_CITY = "(city_l = city_r or jaro_winkler_similarity(city_l, city_r) >= 0.9)"
_SAME_STREET = (
    "case when street_l = street_r then true when jaro_winkler_similarity(street_l, street_r) >= 0.88 then true "
    "when abs(length(street_l) - length(street_r)) > 2 then false else damerau_levenshtein(street_l, street_r) <= 2 end"
)
_DATES = "(born_l is not null and born_r is not null)"
_DATE_SLIP = (
    f"({_DATES} and (damerau_levenshtein(strftime(born_l, '%Y%m%d'), strftime(born_r, '%Y%m%d')) <= 1 "
    "or (year(born_l) = year(born_r) and month(born_l) = day(born_r) and day(born_l) = month(born_r))))"
)
_SAME_DAY_OF_YEAR = f"({_DATES} and strftime(born_l, '%m%d') = strftime(born_r, '%m%d'))"

# Who goes by the middle name has no other one: who has is somebody of that first name.
_GOES_BY_MIDDLE_NAME = " or ".join(
    f"length(middle_{a}) > 2 and middle_{a} = first_{b} and coalesce(left(middle_{b}, 1) = left(first_{a}, 1), true)"
    for a, b in (("l", "r"), ("r", "l"))
)
# First names: what is beyond these levels are two people's.
FIRST = (
    Level("same", "first_l = first_r", 0.80, 0.01, "first"),
    Level("swapped", SWAPPED, 0.01, 1e-6),
    Level("crossed", "first_l = last_r or first_r = last_l", 0.005, 0.003),
    Level("short form", "list_has_any(first_forms_l, first_forms_r)", 0.06, 0.004),
    Level("middle name", _GOES_BY_MIDDLE_NAME, 0.02, 0.002),
    Level("initial", "least(length(first_l), length(first_r)) = 1 and left(first_l, 1) = left(first_r, 1)", 0.03, 0.0025, of_what_is_said=True),
    # Two known names that are alike are rather two people's (Joan and John) than a slip.
    Level("slip", f"not (is_known_name_l and is_known_name_r) and {_SLIP.format('first')}", 0.05, 0.001),
    Level("near names", _SLIP.format("first"), 0.012, 0.004),
    Level("alike", f"not (is_known_name_l and is_known_name_r) and {_alike('first', 0.78)}", 0.015, 0.01),
)  # fmt: skip
_OF_A_WOMAN = "((sex_l = 'F' or sex_r = 'F') and coalesce(sex_l <> 'M', true) and coalesce(sex_r <> 'M', true))"
# `last_parts` is of names of several words; such as have one are their own part.
_SHARED_PART = (
    "case when last_parts_l is null and last_parts_r is null then false "
    "else list_has_any(coalesce(last_parts_l, list_value(last_l)), coalesce(last_parts_r, list_value(last_r))) end"
)
LAST = (
    Level("same", "last_l = last_r", 0.88, 0.005, "last"),
    Level("swapped", SWAPPED, 0.01, 0.01, of_what_is_said=True),
    Level("crossed", "first_l = last_r or first_r = last_l", 0.01, 0.01, of_what_is_said=True),
    Level("shared part", _SHARED_PART, 0.015, 0.0007),
    Level("slip", _SLIP.format("last"), 0.04, 0.0015),
    Level("alike", _alike("last", 0.85), 0.01, 0.006),
    Level("name at birth", "length(middle_l) > 2 and middle_l = last_r or length(middle_r) > 2 and middle_r = last_l", 0.01, 0.0005),
    # A woman's name may have changed with her marriage.
    Level("other, of a woman", _OF_A_WOMAN, 0.08, 0.97),
)  # fmt: skip
COMPARISONS = {
    "first": Comparison("first_l is null or first_r is null", (*FIRST, Level("other", "ELSE", 0.015, 0.97))),
    "last": Comparison("last_l is null or last_r is null", (*LAST, Level("other", "ELSE", 0.02, 0.97))),
    "middle": Comparison(
        "middle_l is null or middle_r is null",
        (
            Level("same", "length(middle_l) > 1 and middle_l = middle_r", 0.5, 0.01, of_what_is_said=True),
            Level("initial", "left(middle_l, 1) = left(middle_r, 1)", 0.45, 0.07, of_what_is_said=True),
            Level("alike", _alike("middle", 0.85), 0.02, 0.02),
            Level("other", "ELSE", 0.05, 0.9),
        ),
    ),
    "birth": Comparison(
        "birth_year_l is null or birth_year_r is null",
        (
            Level("same date", "born_l = born_r", 0.9, 4e-5, "born"),
            Level("slip in the date", _DATE_SLIP, 0.03, 0.0012),
            Level("same day of another year", _SAME_DAY_OF_YEAR, 0.01, 0.0027),
            Level(
                "same year",
                f"birth_year_l = birth_year_r and not {_DATES}",
                0.96,
                0.014,
                "birth_year",
                of_what_is_said=True,
            ),
            Level("other day of the year", "birth_year_l = birth_year_r", 0.012, 0.014),
            Level(
                "next year",
                f"abs(birth_year_l - birth_year_r) = 1 and not {_DATES}",
                0.028,
                0.028,
                of_what_is_said=True,
            ),
            Level("other", "ELSE", 0.02, 0.97),
        ),
    ),
    "street": Comparison(
        "street_l is null or street_r is null",
        (
            Level("same", "street_l = street_r", 0.7, 0.001, "street"),
            Level("alike", _SAME_STREET, 0.08, 0.003),
            Level("shared word", "list_has_any(street_words_l, street_words_r)", 0.02, 0.005),
            Level("other", "ELSE", 0.2, 0.97),
        ),
    ),
    # A house number says little of another street: people move.
    "house": Comparison(
        "house_l is null or house_r is null",
        (
            Level(
                "other unit",
                f"house_l = house_r and unit_l <> unit_r and {_SAME_STREET}",
                0.05,
                0.004,
                of_what_is_said=True,
            ),
            Level("same", f"house_l = house_r and coalesce({_SAME_STREET}, true)", 0.7, 0.005, "house"),
            Level("same, other street", "house_l = house_r", 0.02, 0.005),
            Level(
                "slip",
                f"damerau_levenshtein(house_l, house_r) <= 1 and {_SAME_STREET}",
                0.02,
                0.02,
                of_what_is_said=True,
            ),
            Level("elsewhere", f"not {_SAME_STREET}", 0.2, 0.2, of_what_is_said=True),
            Level("other", "ELSE", 0.05, 0.97, of_what_is_said=True),
        ),
    ),
    "place": Comparison(
        "(zip5_l is null or zip5_r is null) and (city_l is null or city_r is null)",
        (
            Level("same ZIP", "zip5_l = zip5_r", 0.75, 0.001, "zip5"),
            Level("nearly the same ZIP", f"damerau_levenshtein(zip5_l, zip5_r) = 1 and {_SAME_CITY}", 0.03, 0.0005),
            Level("same city", "city_l = city_r", 0.1, 0.01, "city"),
            Level("like ZIP or city", f"damerau_levenshtein(zip5_l, zip5_r) = 1 or {_SAME_CITY}", 0.03, 0.01),
            Level("other", "ELSE", 0.1, 0.95),
        ),
    ),
    "phone": Comparison(
        "phone_l is null or phone_r is null",
        (Level("same", "phone_l = phone_r", 0.6, 1e-6, "phone"), Level("other", "ELSE", 0.4, 0.99)),
    ),
    "email": Comparison(
        "email_l is null or email_r is null",
        (
            Level("same", "email_l = email_r", 0.6, 1e-6, "email"),
            Level(
                "same mailbox elsewhere",
                "length(split_part(email_l, '@', 1)) > 6 and split_part(email_l, '@', 1) = split_part(email_r, '@', 1)",
                0.05,
                1e-4,
            ),
            Level("other", "ELSE", 0.35, 0.99),
        ),
    ),
}
# One flat may be 3 in one list and 103 or 1C in another, but not 103 and 104.
_OTHER_FLAT = "unit_l <> unit_r and length(unit_l) = length(unit_r) and regexp_full_match(unit_l || unit_r, '[0-9]+')"


def _none_holds(*conditions: str) -> str:
    """SQL: whether none of these is known to hold. By cases, since the engine asks all of an `or` within `not`, and likenesses take long."""
    return f"case {' '.join(f'when {condition} then false' for condition in conditions)} else true end"


# Of names so unlike none of the last levels of `FIRST` holds: an edit leaves .76 (of all words of up to five letters out of four).
_UNLIKE = "jaro_winkler_similarity(first_l, first_r) < 0.7"
_NAMES_DIFFER = _none_holds(
    "first_l is null or first_r is null",
    *(level.condition for level in FIRST[:-3]),
    f"case when {_UNLIKE} then false else {_none_holds(*(level.condition for level in FIRST[-3:]))} = false end",
)
# Known facts that no one person has both of.
_CONTRADICTIONS = {"generation": "generation_l <> generation_r", "sex": "sex_l <> sex_r"}
_OTHER_MIDDLE = "coalesce(left(middle_l, 1) <> left(middle_r, 1), false)"
_SAME_OF_A_PERSON = "coalesce(born_l = born_r or phone_l = phone_r or email_l = email_r, false)"
# Facts that differ in one household; without households they are slips, and only weigh.
_IN_A_HOUSEHOLD = {
    "birth year": f"abs(birth_year_l - birth_year_r) > 1 and not coalesce({_SAME_DAY_OF_YEAR}, false)",
    "first name": _NAMES_DIFFER,
    # Written out, since initials are often wrong; and a man's, since a woman's name at birth may have become her middle name.
    "middle name": f"least(length(middle_l), length(middle_r)) > 2 and {_OTHER_MIDDLE} and (sex_l = 'M' or sex_r = 'M') "
    f"and not {_SAME_OF_A_PERSON} and not coalesce(birth_year_l = birth_year_r, false)",
}
# What a household shares (family name, address, telephone, e-mail) is not enough by itself.
_HOUSEHOLD_ONLY = f"""
    not coalesce(born_l = born_r, false) and (
        first_l is null or first_r is null
        or first_l <> first_r and {_none_holds(SWAPPED, _GOES_BY_MIDDLE_NAME)}
            and not coalesce(birth_year_l = birth_year_r, false)
            and (is_known_name_l and is_known_name_r and not list_has_any(first_forms_l, first_forms_r) or {_OTHER_MIDDLE})
    )
"""
# Who has married and moved is known by what goes with the person; a neighbour of the same first name is not. Who has married and
# stayed is a woman as far as somebody says so, called the same otherwise, in the same flat; of others it takes a middle name.
_FIRST_NAME_ONLY = f"""
    last_l is not null and last_r is not null
    and {_none_holds(*(level.condition for level in LAST if level.name != "other, of a woman"))}
    and not {_SAME_OF_A_PERSON}
    and not coalesce(
        first_l = first_r and not {_OTHER_MIDDLE} and house_l = house_r and {_SAME_STREET}
        and not coalesce({_OTHER_FLAT}, false)
        and ({_OF_A_WOMAN} or length(middle_l) > 2 and middle_l = middle_r), false
    )
"""


def sided(records: str, side: str) -> str:
    """The columns of a record with a side's ending, for conditions over pairs."""
    return f"columns('^(.*)$') as '\\1_{side}' from {records}"


def contradiction(households: bool) -> str:
    """SQL over the columns `*_l` and `*_r` of two records: the fact that says they are two people, else null."""
    return _first_of(_CONTRADICTIONS | (_IN_A_HOUSEHOLD if households else {}))


def plain_contradiction() -> str:
    """SQL as `contradiction` in households, of facts alone that need no likeness: it asks of `generation`, `sex`, `birth_year` and `born`."""
    return _first_of(_CONTRADICTIONS | {"birth year": _IN_A_HOUSEHOLD["birth year"]})


def namesakes_veto() -> str:
    """SQL as `veto` in households, of two records of the same first and last name: all that a pair can be ruled out by there needs few columns."""
    return _first_of(
        {fact: condition for fact, condition in (_CONTRADICTIONS | _IN_A_HOUSEHOLD).items() if fact != "first name"}
    )


def _first_of(facts: dict[str, str]) -> str:
    cases = " ".join(f"when {condition} then '{fact}'" for fact, condition in facts.items())
    return f"case {cases} end"


def veto(households: bool) -> str:
    """SQL as `contradiction`, which also names a pair that shares no more than a household or neighbours do."""
    if not households:
        return contradiction(households)
    thin = f"case when {_HOUSEHOLD_ONLY} then 'household only' when {_FIRST_NAME_ONLY} then 'first name only' end"
    return f"coalesce({contradiction(households)}, {thin})"


def add_frequencies(
    con: duckdb.DuckDBPyConnection, records: str, table: str, among: str, some: str | None = None
) -> None:
    """Make `table` of the relation `records` with `street_words` and a column `tf_*` for each of these: which share of the others has that value,
    among those of the table `among` that have one and `PRIOR_PEOPLE` imagined records beside them. `some` is the table whose values alone are asked of, where
    these are few. The temp tables `tf_*` of values, as hashes, and their shares stay, for `score`."""
    counts = ", ".join(f"count({column})" for column in _SHARES)
    [told_of] = con.execute(f"select {counts} from {among}").fetchall()
    for (column, share), told in zip(_SHARES.items(), told_of, strict=True):
        # Where few values are many people's, all are counted sooner than those that are asked of are found.
        asked = f"where value in (select hash({column}) from {some})" if some else ""
        only = f"and {column} in (select {column} from {some})" if some and column in _OF_ONE else ""
        con.execute(f"""
            create or replace temp table tf_{column} as
            select value as {column}, (greatest(records - 1, 0.5) + {PRIOR_PEOPLE} * {share}) / ({told} + {PRIOR_PEOPLE}) as tf_{column}
            from (
                select hash({column}) as value, count(*) as records from {among} where {column} is not null {only} group by value
            ) {asked}
        """)
    # Written once with all of them: to update a column after the other takes longer than all that is asked of them.
    con.execute(f"""
        create or replace temp table {table} as
        select records.*, list_filter(string_split(records.street, ' '), lambda word: length(word) > 4) as street_words, {", ".join(FREQUENCIES)}
        from {records} as records
        {" ".join(f"left join tf_{column} on tf_{column}.{column} = hash(records.{column})" for column in _SHARES)}
    """)


@dataclass(frozen=True)
class Learned:
    """What a table tells of itself: the odds that two of its records are one person, and `m` and `u` by comparison and level
    in place of the pinned ones."""

    prior: float
    m: dict[tuple[str, str], float]
    u: dict[tuple[str, str], float]


def pinned(rows: int) -> Learned:
    """What holds for a table of so many records of which nothing is learned: one in two has a second of its person."""
    return Learned(1 / (rows + PRIOR_PEOPLE), {}, {})


def score(
    con: duckdb.DuckDBPyConnection,
    records: str,
    pairs: str,
    table: str,
    learned: Learned,
    levels: bool = False,
    parts: bool = True,
) -> None:
    """Make `table` of the pairs (`join_key_l`, `join_key_r`, both `n` of `records`) with `weight`, log2 of the odds that they
    are one person, to three places, and where `parts` are wanted each comparison's part of it, `weight_*`, or its level, `level_*`.
    """
    import splink  # takes a second, and only this step wants it
    from splink.internals.duckdb.database_api import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)

    class InTempTables(DuckDBAPI):
        """So that a run that is killed leaves no table of Splink's in the database."""

        def _setup_for_execute_sql(self, sql: str, physical_name: str) -> str:
            made = super()._setup_for_execute_sql(sql, physical_name)
            return made.replace("CREATE TABLE", "CREATE TEMP TABLE", 1)

    database = InTempTables(con)
    parameters = settings(learned, levels, parts)
    # Splink copies the records on either side, with all columns that it is given.
    con.execute(f"create or replace temp view judged_records as select {', '.join(_judged_columns())} from {records}")
    linker = splink.Linker(database.register("judged_records"), parameters, log_level=None, validate_settings=False)
    linker.table_management.register_blocked_pairs_for_predict(database.register(pairs))
    for column in _SHARES:  # else Splink counts anew what the records say already
        linker.table_management.register_term_frequency_lookup(database.register(f"tf_{column}"), column)
    predicted = linker.inference.predict(warning_mode="never")
    con.execute(f"""
        create or replace temp table {table} as
        select n_l, n_r, round(match_weight, 3) as weight{"".join(", " + _part(name, levels) for name in COMPARISONS if parts)}
        from {predicted.physical_name}
    """)
    database.delete_tables_created_by_splink_from_db()


def _judged_columns() -> list[str]:
    conditions = [
        condition
        for comparison in COMPARISONS.values()
        for condition in (comparison.unsaid, *(level.condition for level in comparison.levels))
    ]
    asked = {name for condition in conditions for name in re.findall(r"\b(\w+)_[lr]\b", condition)}
    return ["n", *sorted(asked | set(FREQUENCIES))]


def _part(name: str, levels: bool) -> str:
    if levels:
        return f"cast(gamma_{name} as integer) as level_{name}"
    frequent = any(level.frequent for level in COMPARISONS[name].levels)
    return f"round(mw_{name}{f' + mw_tf_adj_{name}' if frequent else ''}, 3) as weight_{name}"


def settings(learned: Learned, levels: bool = False, parts: bool = True) -> dict:
    """The model as Splink's settings; with `levels` each pair's levels are told."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "n",
        "probability_two_random_records_match": learned.prior,
        "retain_matching_columns": levels,
        "retain_intermediate_calculation_columns": parts,
        "blocking_rules_to_generate_predictions": ["l.n = r.n"],
        "comparisons": [
            {
                "output_column_name": name,
                "comparison_levels": [
                    {"sql_condition": comparison.unsaid, "is_null_level": True, "label_for_charts": "not said"},
                    *(_level(level, learned, (name, level.name)) for level in comparison.levels),
                ],
            }
            for name, comparison in COMPARISONS.items()
        ],
    }


def _level(level: Level, learned: Learned, key: tuple[str, str]) -> dict:
    found = {
        "sql_condition": level.condition,
        "label_for_charts": level.name,
        "m_probability": learned.m.get(key, level.m),
        "u_probability": learned.u.get(key, level.u),
    }
    if level.frequent:
        found |= {"tf_adjustment_column": level.frequent, "disable_tf_exact_match_detection": True}
    return found
