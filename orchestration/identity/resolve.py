"""Which records are one person: the way from a table of person records to a table of people."""

from __future__ import annotations

import math
from dataclasses import dataclass

import duckdb

from orchestration.identity import blocking, clusters, learning, model
from orchestration.identity.normalise import normalise

# What makes two records the same description of somebody.
_CONTENT = (
    "first", "middle", "last", "generation", "sex", "born", "birth_year", "house", "street", "unit", "city", "state_code", "zip5",
    "phone", "email",
)  # fmt: skip
_STRONG = "first is not null and last is not null and coalesce(cast(born as varchar), address_key, cast(phone as varchar), email) is not null"
# Where so few descriptions have a housemate (same last name and address, other first name and birth year), nobody's family
# is in the table, and no rule has to keep one apart. It takes a table of some size to know that.
_FEW_HOUSEMATES = 0.01
_LARGE_ENOUGH = 1000


@dataclass(frozen=True)
class Resolution:
    """What became of a table: counts of records, people, and descriptions that a duplicate-free source seems to have twice."""

    records: int
    people: int
    twice: int


def resolve(
    con: duckdb.DuckDBPyConnection, relation: str, table: str, duplicate_free: tuple[str, ...] = ()
) -> Resolution:
    """Make `table` (`record_id`, `person_id`) from `relation`, which `normalise` describes. A person's id is the record id of
    its first record by source and id. The tables `person_descriptions` (what was compared) and `person_pairs` (pairs that
    nothing rules out, with their weights) stay for who wants to know why.

    Records of a source in `duplicate_free` are never one person with each other.
    """
    normalise(con, relation, "normalised")
    _describe(con, duplicate_free)
    model.add_frequencies(con, "person_descriptions", "person_descriptions", among="person_descriptions")
    blocking.candidate_pairs(con, "person_descriptions", "candidates")
    households = _has_households(con)
    _rule_out(con, model.veto(households))
    learned = learning.learn(con, "person_descriptions", "candidates")
    model.score(con, "person_descriptions", "candidates", "person_pairs", learned)
    threshold = round(math.log2(model.THRESHOLD / (1 - model.THRESHOLD)), 3)
    con.execute(
        f"create or replace temp table links as select n_l, n_r, weight, true as fit from person_pairs where weight >= {threshold}"
    )
    apart = model.contradiction(households)
    clusters.drop_ambiguous(con, "links", "person_descriptions", apart)
    clusters.cluster(con, "links", "person_descriptions", apart, "clusters")
    con.execute(f"""
        create or replace table {table} as
        select normalised.record_id, firsts.record_id as person_id
        from normalised
        join described on described.n = normalised.n
        join clusters on clusters.n = described.description
        join normalised as firsts on firsts.n = clusters.cluster
        order by normalised.n
    """)
    [(records, people)] = con.execute(f"select count(*), count(distinct person_id) from {table}").fetchall()
    [(twice,)] = con.execute("""
        select coalesce(sum(records - 1), 0) from (
            select count(*) as records from person_descriptions
            where only_once is not null and first is not null and last is not null and birth_year is not null
                and coalesce(cast(born as varchar), address_key) is not null
            group by only_once, first, last, birth_year, coalesce(cast(born as varchar), address_key), generation
            having count(*) > 1
        )
    """).fetchall()
    return Resolution(records, people, int(twice))


def _describe(con: duckdb.DuckDBPyConnection, duplicate_free: tuple[str, ...]) -> None:
    """Records that say the same, and enough to tell one person by, are compared as one description."""
    content = ", ".join(f"coalesce(cast({column} as varchar), '')" for column in _CONTENT)
    con.execute(
        f"""
        create or replace temp table described as
        select n, only_once, min(n) over (partition by case
                when only_once is null and {_STRONG} then md5(concat_ws('|', {content})) else cast(n as varchar)
            end) as description
        from (select *, case when list_contains(?, source) then source end as only_once from normalised)
        """,
        [list(duplicate_free)],
    )
    con.execute("""
        create or replace temp table person_descriptions as
        select normalised.*, described.only_once
        from normalised join described on described.n = normalised.n where described.description = described.n
    """)


def _rule_out(con: duckdb.DuckDBPyConnection, veto: str) -> None:
    """Take from the candidates what no weight could make one person."""
    con.execute(f"""
        create or replace temp table candidates as
        select join_key_l, join_key_r, match_key
        from candidates
        join (select columns('^(.*)$') as '\\1_l' from person_descriptions) on n_l = join_key_l
        join (select columns('^(.*)$') as '\\1_r' from person_descriptions) on n_r = join_key_r
        where {veto} is null
    """)


def _has_households(con: duckdb.DuckDBPyConnection) -> bool:
    [(told,)] = con.execute(
        "select count(first || last || birth_year || address_key) from person_descriptions"
    ).fetchall()
    [(housemates,)] = con.execute("""
        select count(*) from candidates
        join person_descriptions as l on l.n = join_key_l join person_descriptions as r on r.n = join_key_r
        where l.last = r.last and l.address_key = r.address_key and abs(l.birth_year - r.birth_year) > 1
            and jaro_winkler_similarity(l.first, r.first) < 0.78
    """).fetchall()
    return told < _LARGE_ENOUGH or housemates >= _FEW_HOUSEMATES * told
