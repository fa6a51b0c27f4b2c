"""From links between two records to people: records that links connect are one person at once if they are few, well linked
and nowhere contradict each other; the others are put together link by link, the strongest first."""

from __future__ import annotations

import duckdb

from orchestration.identity.model import sided

MARGIN = 1.0  # in bits: of two links to records of two people one has to be stronger by this, or neither counts
LARGEST_PERSON = 60  # different descriptions of one person
FEWEST_LINKS = 0.4  # of the pairs of one person's records, so that no chain of likenesses makes a person
ROUNDS = 60  # what is not together by then stays apart
MADE = (
    "ways", "rivals", "ambiguous", "several", "pairs_within", "doubtful", "open_links", "open_groups", "asked_records", "nearest", "unfit",
    "ends", "connected",
)  # fmt: skip
# SQL over two records: whether one source plainly has a person twice.
SAME_TWICE = (
    "coalesce(first_l = first_r and last_l = last_r and birth_year_l = birth_year_r "
    "and (born_l = born_r or address_key_l = address_key_r), false)"
)


def drop_ambiguous(con: duckdb.DuckDBPyConnection, links: str, records: str, contradiction: str) -> None:
    """Take from `links` (`n_l` < `n_r`, `weight`, and whether it is known that the two `fit`) those of a record that fits two people equally well.

    Two people are records that contradict each other, or that one duplicate-free source has, unless it plainly has the same
    person twice.
    """
    con.execute(f"""
        create or replace temp table ways as
        select n_l as n, n_r as other, weight from {links} union all select n_r, n_l, weight from {links}
    """)
    con.execute(f"""
        create or replace temp table rivals as
        select n, one, two
        from (
            select l.n, l.other as one, r.other as two, least(one, two) as n_l, greatest(one, two) as n_r
            from ways as l join ways as r on r.n = l.n and r.other <> l.other and r.weight > l.weight - {MARGIN}
        ) anti join (select n_l, n_r from {links} where fit) using (n_l, n_r)
    """)
    con.execute(f"""
        create or replace temp table ambiguous as
        select distinct rivals.n, rivals.one as other
        from rivals
        join (select {sided(records, "l")}) on n_l = rivals.one
        join (select {sided(records, "r")}) on n_r = rivals.two
        where {contradiction} is not null or (only_once_l = only_once_r and not {SAME_TWICE})
    """)
    con.execute(f"""
        delete from {links} where (n_l, n_r) in (select (n, other) from ambiguous union all select (other, n) from ambiguous)
    """)


def cluster(con: duckdb.DuckDBPyConnection, links: str, records: str, contradiction: str, table: str) -> None:
    """Make `table` (`n`, `cluster`: the least `n` of the person) of all `records`.

    No cluster has two records that contradict each other, nor two of one duplicate-free source, nor more than `LARGEST_PERSON`.
    """
    con.execute(f"create or replace temp table {table} as select n, n as cluster from {records}")
    connect(con, links, table)
    con.execute(f"""
        create or replace temp table several as
        select cluster, size, coalesce(links, 0) as links, coalesce(fitting, 0) as fitting, size * (size - 1) / 2 as pairs
        from (select cluster, count(*) as size from {table} group by cluster having count(*) > 1)
        left join (select cluster, count(*) as links, count(*) filter (fit) as fitting from {links} join {table} on n = n_l group by cluster) using (cluster)
    """)
    # Most are of two whose link says that they fit. Apart from what is asked of the others, since planned together the engine asks it of other
    # pairs, too.
    con.execute(f"""
        create or replace temp table pairs_within as
        with asked as (
            select cluster, n from {table} semi join (select cluster from several where fitting < pairs and size <= {LARGEST_PERSON}) using (cluster)
        )
        select cluster, n_l, n_r
        from (select one.cluster, one.n as n_l, two.n as n_r from asked as one join asked as two on two.cluster = one.cluster and two.n > one.n)
        anti join (select n_l, n_r from {links} where fit) using (n_l, n_r)
    """)
    con.execute(f"""
        create or replace temp table doubtful as
        select distinct cluster
        from pairs_within join (select {sided(records, "l")}) using (n_l) join (select {sided(records, "r")}) using (n_r)
        where {contradiction} is not null or only_once_l = only_once_r
        union
        select cluster from several where size > {LARGEST_PERSON} or links < {FEWEST_LINKS} * pairs
    """)
    con.execute(f"""
        create or replace temp table {table} as
        select n, case when cluster in (select cluster from doubtful) then n else cluster end as cluster from {table}
    """)
    # Not `l.cluster <> r.cluster`, by which the engine would join the two.
    con.execute(f"""
        create or replace temp table open_links as
        select least(l.cluster, r.cluster) as a, greatest(l.cluster, r.cluster) as b, max(weight) as weight, count(*) as links
        from {links} join {table} as l on l.n = n_l join {table} as r on r.n = n_r
        where abs(l.cluster - r.cluster) > 0 group by all
    """)
    # These are few: all the rest stays as it is.
    con.execute(f"""
        create or replace temp table open_groups as
        select * from {table} where cluster in (select a from open_links union all select b from open_links)
    """)
    con.execute(f"create or replace temp table asked_records as from {records} semi join open_groups using (n)")
    for _ in range(ROUNDS):
        if not _join_the_nearest(con, "asked_records", contradiction, "open_groups"):
            break
    con.execute(f"""
        create or replace temp table {table} as
        select n, coalesce(open_groups.cluster, {table}.cluster) as cluster from {table} left join open_groups using (n)
    """)


def _join_the_nearest(con: duckdb.DuckDBPyConnection, records: str, contradiction: str, table: str) -> int:
    """Join clusters that are each other's strongest link and fit; returns how many links were looked at."""
    con.execute("""
        create or replace temp table nearest as
        with ways as (select a as n, b as other, weight from open_links union all select b, a, weight from open_links),
        -- Of links as strong, whichever: by a number of the pair, so that many pairs are each other's choice at once.
        best as (
            select n, other from ways qualify row_number() over (
                partition by n order by weight desc, (least(n, other) * 7919 + greatest(n, other) * 104729) % 1000003, other
            ) = 1
        )
        select l.n as a, l.other as b from best as l join best as r on r.n = l.other and r.other = l.n where l.n < l.other
    """)
    con.execute(f"""
        create or replace temp table unfit as
        select distinct a, b from nearest
        join {table} as one on one.cluster = a join {table} as two on two.cluster = b
        join (select {sided(records, "l")}) on n_l = one.n
        join (select {sided(records, "r")}) on n_r = two.n
        where {contradiction} is not null or only_once_l = only_once_r
        union
        select a, b from nearest join open_links using (a, b)
        join (select cluster as a, count(*) as size_a from {table} group by cluster) using (a)
        join (select cluster as b, count(*) as size_b from {table} group by cluster) using (b)
        where links < {FEWEST_LINKS} * size_a * size_b or size_a + size_b > {LARGEST_PERSON}
    """)
    con.execute(f"""
        create or replace temp table {table} as
        select n, coalesce(a, cluster) as cluster
        from {table} left join (select * from nearest where (a, b) not in (select (a, b) from unfit)) on b = cluster
    """)
    con.execute("""
        create or replace temp table open_links as
        with renamed as (
            select coalesce(one.a, open_links.a) as a, coalesce(two.a, open_links.b) as b, weight, links
            from open_links
            left join (select * from nearest where (a, b) not in (select (a, b) from unfit)) as one on one.b = open_links.a
            left join (select * from nearest where (a, b) not in (select (a, b) from unfit)) as two on two.b = open_links.b
            where (open_links.a, open_links.b) not in (select (a, b) from unfit)
        )
        select least(a, b) as a, greatest(a, b) as b, max(weight) as weight, sum(links) as links
        from renamed where a <> b group by all
    """)
    return con.execute("select count(*) from nearest").fetchall()[0][0]


def connect(con: duckdb.DuckDBPyConnection, links: str, table: str) -> None:
    """Give in `table` (`n`, `cluster`) all that links (`n_l`, `n_r`) connect the least `n` among them; each is its own cluster before."""
    con.execute(f"create or replace temp table ends as select n_l as a, n_r as b from {links}")
    while con.execute("select 1 from ends limit 1").fetchall():
        # Each takes the least of its neighbours, or the least that this one takes, which halves the way along a chain.
        con.execute("""
            create or replace temp table connected as
            with lowest as (
                select n, least(n, min(other)) as cluster
                from (select a as n, b as other from ends union all select b, a from ends) group by n
            )
            select mine.n, firsts.cluster from lowest as mine join lowest as firsts on firsts.n = mine.cluster
        """)
        con.execute(f"""
            create or replace temp table {table} as
            select {table}.n, coalesce(connected.cluster, {table}.cluster) as cluster
            from {table} left join connected on connected.n = {table}.cluster
        """)
        # What is left are links between clusters, which are few: most are of two records.
        con.execute("""
            create or replace temp table ends as
            select distinct one.cluster as a, two.cluster as b
            from ends join connected as one on one.n = a join connected as two on two.n = b
            where abs(one.cluster - two.cluster) > 0
        """)
