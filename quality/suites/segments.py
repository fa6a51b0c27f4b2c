"""Gate `segments`: members are voters, sizes are right, and an empty segment is noticed."""

from __future__ import annotations

from quality.suites import is_missing, no_rows, once

TABLES = ("segments.segments", "segments.segment_members")


def tables(settings) -> tuple[str, ...]:
    """The tables that the gate judges."""
    return TABLES


def expectations(settings, con) -> dict[str, list]:
    """The checks by table."""
    import great_expectations.expectations as gxe

    return {
        "segments.segments": [
            gxe.ExpectColumnValuesToBeUnique(column="segment_id", description="a segment stands once"),
            gxe.ExpectColumnValuesToNotBeNull(column="rule", description="each segment says its rule"),
            no_rows(
                "select 1 from {batch} left join (select segment_id, count(*) as n from segments.segment_members group by 1) m "
                "using (segment_id) where size <> coalesce(m.n, 0)",
                "sizes are the members counted",
            ),
            no_rows(
                "select 1 from {batch}, (select count(*) as n from marts.voters) v where size > v.n or share < 0 or share > 1",
                "no segment is larger than the voters",
            ),
            no_rows(
                "select 1 from {batch} where size = 0 and exists (select 1 from marts.voters)",
                "segments have members",
                "warning",
            ),
        ],
        "segments.segment_members": [
            once("segment_id, voter_id", "a voter is in a segment once"),
            no_rows(
                f"select 1 from {{batch}} where {is_missing('voter_id', 'marts.voters')}",
                "members are published voters",
            ),
            no_rows(
                "select 1 from {batch} anti join segments.segments using (segment_id)",
                "members are of a known segment",
            ),
        ],
    }
