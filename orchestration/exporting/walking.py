"""Turfs that a volunteer walks: doors of a precinct in the order of a walk, and a page to print.

No voter file and no results here hold coordinates, and those in bought files are not loaded. So a turf is made of whole streets, or
stretches of one, of the same ZIP code; on a street one side is walked up and the other down.
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
                order by zip5, street, place % 2 desc, case when place % 2 = 1 then place else -place end, unit, residence_id
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
@page { margin: 14mm 12mm; }
body { font: 9.5pt/1.35 "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; color: #000; max-width: 190mm; margin: 0 auto; }
section { break-after: page; padding-top: 1px; } section:last-of-type { break-after: auto; }
h1 { font-size: 15pt; margin: 0; } p { margin: 2pt 0 6pt; } .by span { display: inline-block; border-bottom: 1px solid #000; width: 42mm; margin-right: 5mm; }
table { border-collapse: collapse; width: 100%; } tr { break-inside: avoid; }
thead th { font-size: 7.5pt; font-weight: normal; vertical-align: bottom; border-bottom: 1.5pt solid #000; padding: 0 4pt 2pt; }
td { border-bottom: .5pt solid #888; padding: 3.5pt 4pt; vertical-align: top; }
th { text-align: left; } .street th { font-size: 10.5pt; background: #e6e6e6; padding: 4pt; break-after: avoid; print-color-adjust: exact; }
.street small { font-weight: normal; font-size: 8.5pt; } .street { break-after: avoid; }
td:first-child { font-weight: bold; white-space: nowrap; width: 19mm; } .box { width: 10mm; text-align: center; } .notes { width: 42mm; }
td:nth-child(n+3) { text-align: center; }
ul { margin: 0; padding: 0; list-style: none; } li small { white-space: nowrap; }
td:nth-child(n+3):nth-child(-n+6)::before { content: ""; display: inline-block; width: 8pt; height: 8pt; border: 1pt solid #000; }
</style></head><body>
"""
PAGE_END = "</body></html>\n"
RESULTS = ("home", "not home", "refused", "moved")
_BOXES = "<td>" * (len(RESULTS) + 1)  # a box in each but the last, which is for notes
_HEADS = "".join(f'<th class="box">{result}</th>' for result in RESULTS) + '<th class="notes">notes, turf '


def pages(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The printable page in pieces, one a turf, from the temporary table `walk` (rows as `TURFS` has them). Each person is one `<li>`."""
    yield PAGE_HEAD
    result = con.execute(
        f"""
        with people as (
            select turf, stop, precinct, side, number, street, unit, city, zip5,
                string_agg('<li>' || {_escaped("concat_ws(' ', first_name, last_name, name_suffix)")}
                    || ' <small>' || {_escaped("concat_ws(' ', age_years, party_code)")} || '</small></li>', ''
                    order by last_name, first_name, voter_id) as names,
                count(*) as people
            from walk group by all
        ),
        doors as (
            select turf, precinct, city, zip5, people,
                case when lag((zip5, street, side)) over (partition by turf order by stop) is distinct from (zip5, street, side)
                    then '<tr class="street"><th colspan="7">' || {_escaped("street")} || coalesce(' <small>' || side || ' side</small>', '')
                        || '</th>' else '' end
                || '<tr><td>' || coalesce({_escaped("number")}, '') || coalesce(' # ' || {_escaped("unit")}, '') || '<td><ul>' || names
                || '</ul>{_BOXES}' as door,
                stop
            from people
        )
        select '<section><h1>Turf ' || {_escaped("turf")} || '</h1><p>'
            || coalesce('Precinct ' || {_escaped("max(precinct)")} || ', ', '') || coalesce({_escaped("mode(city)")} || ' ', '')
            || {_escaped("min(zip5)")} || ': ' || count(*) || case count(*) when 1 then ' door, ' else ' doors, ' end
            || sum(people) || case sum(people) when 1 then ' person' else ' people' end
            || '. Personal data: bring this page back.</p><p class="by">Walked by <span></span> on <span></span></p>'
            || '<table><thead><tr><th>door</th><th>who, age, party</th>{_HEADS}' || {_escaped("turf")} || '</th></tr></thead><tbody>'
            || string_agg(door, chr(10) order by stop) || '</tbody></table></section>' || chr(10)
        from doors group by turf order by turf
        """
    )
    while turfs := result.fetchmany(100):
        yield from (page for (page,) in turfs)
    yield PAGE_END


def _escaped(sql: str) -> str:
    return f"replace(replace(replace(replace({sql}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '\"', '&quot;')"
