"""Turfs that a volunteer walks: doors of a precinct in the order of a walk, and a page to print.

No file here holds coordinates. So a turf is made of whole streets, or stretches of one, of the same ZIP code; on a street one side is
walked up and the other down.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

DOORS = 45  # of a turf: what a volunteer knocks on in two to three hours
STRETCH = 25  # doors of a street that stay together

# One row for each person of `chosen`: turf, precinct, stop (the door's place in the walk, from 1), side, number, street, unit, city,
# zip5 and what `voters` has. A turf has no more than DOORS + STRETCH doors.
TURFS = f"""
    with doors as (
        select residence_id, coalesce(county_fips, '') as county_fips, coalesce(precinct_code, '') as precinct_code,
            residence_unit as unit, residence_city as city, coalesce(zip5, '') as zip5,
            regexp_extract(residence_street, '^[0-9]+') as number,
            try_cast(regexp_extract(residence_street, '^[0-9]+') as bigint) as place,
            trim(regexp_replace(residence_street, '^[0-9]+', '')) as street,
            case when residence_unit is null then trim(regexp_replace(written, '^[0-9]+', '')) end as written
        from published.residences
        inner join (select residence_id, min(residence_address) as written from chosen group by 1) using (residence_id)
    ),
    on_street as (
        -- On the street's signs stands what the file has, not its abbreviations.
        select *, count(*) over street as doors, row_number() over (street order by place, unit, residence_id) as nth,
            coalesce(min(written) over street, street) as sign
        from doors
        window street as (partition by county_fips, precinct_code, zip5, street)
    ),
    parts as (
        select *, (nth - 1) * (1 + (doors - 1) // {STRETCH}) // doors as stretch from on_street
    ),
    stretches as (
        select county_fips, precinct_code, zip5, street, stretch, count(*) as doors from parts group by all
    ),
    placed as (
        -- The middle of a stretch says in which of the precinct's turfs it lies.
        select *,
            2 * sum(doors) over (precinct order by zip5, street, stretch) - doors as twice_middle,
            sum(doors) over precinct as doors_of_precinct
        from stretches
        window precinct as (partition by county_fips, precinct_code)
    ),
    turfs as (
        select *, dense_rank() over (
            partition by county_fips, precinct_code
            order by twice_middle * (1 + (doors_of_precinct - 1) // {DOORS}) // (2 * doors_of_precinct)
        ) as turf_number
        from placed
    ),
    walked as (
        select parts.*, turf_number,
            case when place % 2 = 1 then 'odd' when place % 2 = 0 then 'even' end as side,
            row_number() over (
                partition by county_fips, precinct_code, turf_number
                order by zip5, street, stretch, place % 2 desc, case when place % 2 = 1 then place else -place end, unit, residence_id
            ) as stop
        from parts inner join turfs using (county_fips, precinct_code, zip5, street, stretch)
    )
    select
        concat_ws('-', walked.county_fips, walked.precinct_code, lpad(turf_number::varchar, 3, '0')) as turf,
        walked.precinct_code as precinct, stop, side, number, sign as street, unit, city, walked.zip5 as zip5, voter_id, first_name, last_name,
        name_suffix, age_years, party_code
    from walked inner join chosen using (residence_id)
"""

PAGE_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Walk list</title><style>
body { font: 10pt sans-serif; } section { page-break-after: always; } h1 { font-size: 13pt; }
table { border-collapse: collapse; width: 100%; } td { border-bottom: 1px solid #999; padding: 3pt; vertical-align: top; }
th { text-align: left; padding-top: 8pt; } ul { margin: 0; padding: 0; list-style: none; } .box { white-space: nowrap; }
</style></head><body>
"""
PAGE_END = "</body></html>\n"
BOXES = "&#9744; home &#9744; not home &#9744; refused &#9744; moved"


def pages(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The printable page in pieces, one a turf, from the temporary table `walk` (rows as `TURFS` has them). Each person is one `<li>`."""
    yield PAGE_HEAD
    result = con.execute(
        f"""
        with people as (
            select turf, stop, side, number, street, unit, zip5,
                string_agg('<li>' || {_escaped("concat_ws(' ', first_name, last_name, name_suffix)")}
                    || coalesce(', ' || age_years, '') || coalesce(', ' || {_escaped("party_code")}, '') || '</li>', ''
                    order by last_name, first_name, voter_id) as names,
                count(*) as people
            from walk group by all
        ),
        doors as (
            select turf, people,
                case when row_number() over (partition by turf, zip5, street, side order by stop) = 1
                    then '<tr><th colspan="3">' || {_escaped("street")} || coalesce(', ' || side || ' side', '') || '</th></tr>' else '' end
                || '<tr><td>' || coalesce({_escaped("number")}, '') || coalesce(' # ' || {_escaped("unit")}, '') || '</td><td><ul>' || names
                || '</ul></td><td class="box">{BOXES}</td></tr>' as door,
                stop
            from people
        )
        select '<section><h1>Turf ' || {_escaped("turf")} || ': ' || count(*) || ' doors, ' || sum(people) || ' people</h1><table>'
            || string_agg(door, chr(10) order by stop) || '</table></section>' || chr(10)
        from doors group by turf order by turf
        """
    )
    while turfs := result.fetchmany(100):
        yield from (page for (page,) in turfs)
    yield PAGE_END


def _escaped(sql: str) -> str:
    return f"replace(replace(replace(replace({sql}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '\"', '&quot;')"
