"""From links to groups of records: which of the records that a new, changed or gone one touches are one person's."""

from __future__ import annotations

import duckdb

from orchestration.identity import clusters, exact, model

_VOTERS_FIRST = (
    "(case when ends_with(source, '_voters') then '0' else '1' end || source || '|' || record_id)"  # as an order
)
# The tables of which nothing is asked once doubts are told.
MADE = (
    "touched", "fresh_records", "by_stewards", "of_several", "settled", "rejected", "group_links", "paired", "led_to", "units", "sure_links", "linked", "kept_apart",
    "grouped", "confirmed", "joined", "together", "members_together", "doubts", *clusters.MADE,
)  # fmt: skip
_TWO_VOTERS = "source_l = source_r and ends_with(source_l, '_voters')"


def group(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Make the temp table `regrouped`: the records of all people whom one of `touched` touches by `links` or by what stewards `decided`, with
    the group of which each is (`grouped_as`) and what makes it belong there."""
    con.execute("""
        create or replace temp table settled as
        select decision, one.n as n_l, two.n as n_r from decided
        join compared as one on one.source = source_a and one.record_id = record_a
        join compared as two on two.source = source_b and two.record_id = record_b
    """)
    if not first:
        con.execute("""
            create or replace temp table by_stewards as
            select source, record_id from identity.person_records where valid_to is null and stage = 'steward'
        """)
        con.execute("""
            insert into touched
            select n_l from settled union select n_r from settled union select n from compared join by_stewards using (source, record_id)
        """)
        _find_touched(con)
    _group(con, first)


def _find_touched(con: duckdb.DuckDBPyConnection) -> None:
    """Widen `touched` to all records that are linked with it, directly or by way of others, or are of the same people now."""
    con.execute("""
        create or replace temp table of_several as
        with open as (
            select source, record_id, person_id from identity.person_records
            where valid_to is null and person_id in (select person_id from identity.people where record_count > 1)
        )
        select n, person_id from compared join open using (source, record_id)
    """)
    size = -1
    while True:
        con.execute("""
            create or replace temp table touched as
            select n from touched
            union select n_l from links join touched on n = n_r
            union select n_r from links join touched on n = n_l
            union select n_r from settled join touched on n = n_l
            union select n_l from settled join touched on n = n_r
            union select theirs.n from touched join of_several as own using (n) join of_several as theirs using (person_id)
        """)
        [(now,)] = con.execute("select count(*) from touched").fetchall()
        if now == size:
            return
        size = now


def _group(con: duckdb.DuckDBPyConnection, first: bool) -> None:
    """Put the records in `touched` into groups. Whom an exact identifier leads to a voter goes with her from the start, so that links count
    between voters with all that is theirs, and others."""
    con.execute(f"""
        create or replace temp table group_links as
        select n_l, n_r, stage, evidence, weight from links {"" if first else "where n_l in (select n from touched)"}
        union all
        select n_l, n_r, 'steward', 'a steward said so', 1000 from settled where decision = 'confirm'
    """)
    if not first:  # Whom links join, with the voters to whom ids lead these.
        exact.paired(
            con,
            """
            with ends as (
                select n_l as n from group_links where stage <> 'authoritative' union select n_r from group_links where stage <> 'authoritative'
                union select n_l from settled union select n_r from settled
            )
            select n from ends union select n_r from group_links semi join ends on ends.n = n_l where stage = 'authoritative'
            """,
        )
    con.execute("""
        create or replace temp table rejected as
        select n_l, n_r from settled where decision = 'reject' union select n_r, n_l from settled where decision = 'reject'
    """)
    # Of two records that lead to one voter and are two people by a steward the one goes with her that leads there more surely.
    con.execute(f"""
        create or replace temp table led_to as
        with led as (
            select * from group_links where stage = 'authoritative'
            union all
            select group_links.* from group_links
            join (select {model.sided("paired", "l")}) using (n_l) join (select {model.sided("paired", "r")}) using (n_r)
            where {exact.IS_LED} and {model.contradiction(households=True)} is null
        ),
        who_leads as (select n_l as n, n_r as unit, stage, evidence, weight from led anti join rejected using (n_l, n_r)),
        parted as (
            select mine.n
            from rejected join who_leads as mine on mine.n = n_l join who_leads as theirs on theirs.n = n_r and theirs.unit = mine.unit
            where theirs.weight > mine.weight or theirs.weight = mine.weight and theirs.n < mine.n
        )
        select n, unit, stage, evidence from who_leads anti join parted using (n)
    """)
    con.execute("""
        create or replace temp table units as
        select n, coalesce(led_to.unit, n) as unit from touched left join led_to using (n)
    """)
    # What was linked by what both say `fit` then, and still does if no steward said otherwise.
    con.execute(f"""
        create or replace temp table sure_links as
        with following as (
            select least(l.unit, r.unit) as n_l, greatest(l.unit, r.unit) as n_r, weight,
                l.unit = l.n and r.unit = r.n and stage <> 'authoritative' and not {exact.IS_LED} as fit
            from (from group_links anti join led_to on led_to.n = n_l and led_to.unit = n_r) as following
            join units as l on l.n = n_l join units as r on r.n = n_r
            where abs(l.unit - r.unit) > 0 and stage <> 'steward'
        )
        select n_l, n_r, max(weight) as weight, bool_or(fit) and n_l not in (select unit from units join rejected on n_l = n) as fit
        from following group by n_l, n_r
    """)
    con.execute("""
        create or replace temp table kept_apart as
        select one.unit as n, list(two.unit) as others
        from rejected join units as one on one.n = n_l join units as two on two.n = n_r
        group by one.unit
    """)
    con.execute("""
        create or replace temp table linked as
        select n_l as n from sure_links union select n_r from sure_links
        union select unit from units join settled on n = n_l union select unit from units join settled on n = n_r
    """)
    # Of few of them anything is asked, so nothing is copied.
    con.execute("""
        create or replace temp view involved as
        select paired.*, cast(null as varchar) as only_once, coalesce(others, []) as not_with
        from paired semi join linked using (n) left join kept_apart using (n)
    """)
    by_stewards = "when list_contains(not_with_l, n_r) then 'a steward said so'"
    said = model.contradiction(households=True)
    apart = f"case {by_stewards} when {_TWO_VOTERS} then 'two voters of one state' else {said} end"
    rivals = f"case {by_stewards} when {_TWO_VOTERS} and not {clusters.SAME_TWICE} then 'two voters of one state' else {said} end"
    clusters.drop_ambiguous(con, "sure_links", "involved", rivals)
    clusters.cluster(con, "sure_links", "involved", apart, "grouped")
    # What stewards confirmed joins groups whatever contradicts it, but for what they rejected.
    con.execute("""
        create or replace temp table confirmed as
        with between as (
            select decision, least(l.cluster, r.cluster) as n_l, greatest(l.cluster, r.cluster) as n_r
            from settled join units as one on one.n = n_l join units as two on two.n = n_r
            join grouped as l on l.n = one.unit join grouped as r on r.n = two.unit
        )
        select distinct n_l, n_r from between where decision = 'confirm' and n_l < n_r
            and (n_l, n_r) not in (select (n_l, n_r) from between where decision = 'reject')
    """)
    con.execute("create or replace temp table joined as select distinct cluster as n, cluster from grouped")
    clusters.connect(con, "confirmed", "joined")
    con.execute("""
        create or replace temp table grouped as
        select grouped.n, joined.cluster from grouped join joined on joined.n = grouped.cluster
    """)
    # By what each belongs to its group: what leads it to its voter, or where several came together the best of its links there, but for the
    # record that the others joined.
    con.execute("""
        create or replace temp table together as
        select cluster as grouped_as from grouped group by cluster having count(*) > 1
        union
        select coalesce(cluster, unit) from units
        join (select n_l as n from settled union select n_r from settled) using (n) left join grouped on grouped.n = unit
    """)
    # Records by their numbers, and what is written of them once at the end. The first time these numbers are an order, too.
    turn = f"case when ends_with(source, '_voters') then n else n + {1 << 40} end" if first else _VOTERS_FIRST
    among = "compared" if first else "compared semi join units using (n)"
    con.execute(f"""
        create or replace temp table members_together as
        select n, coalesce(cluster, unit) as grouped_as, turn
        from units join (select n, {turn} as turn from {among}) using (n) left join (select n as unit, cluster from grouped) using (unit)
        where coalesce(cluster, unit) in (select grouped_as from together)
    """)
    con.execute("""
        create or replace temp table regrouped as
        with firsts as (select arg_min(n, turn) as n, true as is_first from members_together group by grouped_as),
        members as (select n, grouped_as, coalesce(is_first, false) as is_first from members_together left join firsts using (n)),
        linked as (select rowid as link, n_l, n_r, weight from group_links),
        ways as (
            select one.n, one.is_first, two.n as other, two.is_first as is_other_first, link, weight
            from linked join members as one on one.n = n_l join members as two on two.n = n_r and two.grouped_as = one.grouped_as
        ),
        best as (
            select n, arg_max(link, weight) as link
            from (
                select n, link, weight from ways where not is_first
                union all select other, link, weight from ways where not is_other_first
            ) group by n
        ),
        told as (select n, stage, evidence, weight from best join group_links on group_links.rowid = link)
        select
            source, record_id, coalesce(grouped_as, units.unit) as grouped_as,
            case when grouped_as is null then coalesce(led_to.stage, 'first') when is_first then 'first' else told.stage end as stage,
            case when grouped_as is null then led_to.evidence else told.evidence end as evidence,
            case when told.stage = 'probable' then told.weight end as weight
        from units join (select n, source, record_id from compared) using (n)
        left join members using (n) left join told using (n) left join led_to using (n)
    """)
