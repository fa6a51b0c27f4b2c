"""What a table tells of itself, without anybody knowing who is who: how reliable its records are (the model's `m`), how
often strangers are alike in it (`u`), and how many of its records are one person's."""

from __future__ import annotations

import math

import duckdb

from orchestration.identity import model

PAIRS = 100_000  # about so many pairs are learned from, at most
FEWEST_PAIRS = 1_000  # what is pinned stands where there is less to learn from
STRANGERS = 50_000  # pairs of any two records, to see how often strangers are alike
PINNED_STRANGERS = 1_000
PINNED = 100  # the pinned parameters count as much as so many pairs of one person
ROUNDS = 5
# However a table looks: so many records of a person it has at most on average, and a slip that hides a value wholly is rare.
MOST_OF_A_PERSON = 5
MOST_OTHER = 0.15


def learn(con: duckdb.DuckDBPyConnection, records: str, pairs: str) -> model.Learned:
    """Each level's `m` and `u`, and the odds that two records are one person, by expectation maximisation from what is pinned,
    over pairs that nothing rules out.

    Probabilities are counted in thousandths, as whole numbers, so that the order of adding makes no difference.
    """
    [(found,)] = con.execute(f"select count(*) from {pairs}").fetchall()
    # All pairs that there could be, also the many that no key brings together.
    [(rows, possible)] = con.execute(f"""
        select sum(records), (pow(sum(records), 2) - coalesce(sum(pow(records, 2)) filter (where only_once is not null), 0)) / 2
        from (select only_once, count(*) as records from {records} group by only_once)
    """).fetchall()
    learned = model.pinned(rows)
    if found < FEWEST_PAIRS:
        return learned
    u = _of_strangers(con, records, rows, learned)
    part = -(-found // PAIRS)
    con.execute(f"""
        create or replace temp table sampled_pairs as
        select {pairs}.* from {pairs} join {records} as l on l.n = join_key_l
        where md5_number_lower(l.record_id) % {part} = 0
    """)
    pinned = learned = model.Learned(learned.prior, {}, u)
    # Levels do not depend on the parameters: they are told once, and the weights shifted.
    model.score(con, records, "sampled_pairs", "scored_sample", pinned, levels=True)
    pinned_pairs = PINNED / pinned.prior
    for _ in range(ROUNDS):
        con.execute(f"""
            create or replace temp table expected as
            select *, cast(round(1000 / (1 + pow(2, -shifted))) as bigint) as thousandths
            from (select *, weight + {_shift(pinned, learned)} as shifted from scored_sample)
            where shifted > -7
        """)
        [(matches,)] = con.execute("select coalesce(sum(thousandths), 0) / 1000 from expected").fetchall()
        prior = min((PINNED + part * matches) / (pinned_pairs + possible), MOST_OF_A_PERSON / rows)
        learned = model.Learned(float(f"{prior:.3g}"), _reliability(con), u)
    return learned


def _shift(before: model.Learned, after: model.Learned) -> str:
    """SQL over levels: by how many bits a pair's weight differs with other parameters."""
    bits = [f"{math.log2(after.prior / before.prior):.6f}"]
    for name, comparison in model.COMPARISONS.items():
        cases = " ".join(
            f"when {comparison.number(level.name)} then {math.log2(after.m[name, level.name] / level.m):.6f}"
            for level in comparison.levels
            if (name, level.name) in after.m
        )
        bits += [f"case level_{name} {cases} else 0 end"] * bool(cases)
    return " + ".join(bits)


def _of_strangers(
    con: duckdb.DuckDBPyConnection, records: str, rows: int, learned: model.Learned
) -> dict[tuple[str, str], float]:
    """`u` of the levels that go by no value's frequency, from pairs in an order that has nothing to do with who they are."""
    con.execute(f"""
        create or replace temp table strangers as
        with shuffled as (select n, row_number() over (order by md5(record_id), n) as place from {records})
        select least(l.n, r.n) as join_key_l, greatest(l.n, r.n) as join_key_r, '0' as match_key
        from range(1, {min(rows // 2, -(-STRANGERS // rows) + 1)}) as steps(step)
        join shuffled as l on true
        join shuffled as r on r.place = l.place + step
    """)
    model.score(con, records, "strangers", "scored_strangers", learned, levels=True)
    u = {}
    for name, comparison in model.COMPARISONS.items():
        counts = dict(con.execute(f"select level_{name}, count(*) from scored_strangers group by all").fetchall())
        total = sum(count for level, count in counts.items() if level >= 0)
        for level in comparison.levels:
            if not level.frequent and not level.of_what_is_said:
                alike = PINNED_STRANGERS * level.u + counts.get(comparison.number(level.name), 0)
                u[name, level.name] = float(f"{alike / (PINNED_STRANGERS + total):.3g}")
    return u


def _reliability(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], float]:
    learned: dict[tuple[str, str], float] = {}
    for name, comparison in model.COMPARISONS.items():
        counts = dict(
            con.execute(f"select level_{name}, sum(thousandths) / 1000 from expected group by all").fetchall()
        )
        levels = [level for level in comparison.levels if not level.of_what_is_said]
        m = {level.name: PINNED * level.m + counts.get(comparison.number(level.name), 0) for level in levels}
        total, share = sum(m.values()), sum(level.m for level in levels)
        most = {"other": max(MOST_OTHER, comparison.levels[-1].m)}
        learned |= {
            (name, level): min(max(round(share * value / total, 4), 1e-4), most.get(level, 1))
            for level, value in m.items()
        }
    return learned
