-- Pennsylvania's voter records have two cells for each of forty elections, and which these are differs from county to county:
-- the county's election map of the same day says so. A table, since each reading of the view behind it goes through all cells.
{{ config(materialized='table') }}

with source as (

    select * from {{ source('pa', 'pa_voters_elections') }}
    where trim(concat(_vote_method, _party)) <> ''

),

election_maps as (

    select
        _county,
        _as_of,
        'ELECTION_' || {{ try_to_integer("trim(election_number)") }} as slot,
        {{ first_by("trim(election_date)", "_record_number") }} as held,
        {{ first_by(fold_blanks("election_title"), "_record_number") }} as title
    from ({{ pa_of_every_day('pa_election_map') }})
    group by 1, 2, 3

),

counties as (

    {{ counties_of('PA') }}

),

read as (

    select
        source.*,
        counties.county_fips,
        election_maps.held || ' ' || election_maps.title as election_description,
        {{ try_to_date("election_maps.held", "%m/%d/%Y") }} as election_date_read
    from source
    left join counties on counties.county_code = source._county
    left join election_maps
        on election_maps._county = source._county
        and election_maps._as_of = source._as_of
        and election_maps.slot = source._election

),

final as (

    select
        'PA-' || {{ clean_code("id_number") }} as voter_id,
        {{ clean_code("id_number") }} as state_voter_id,
        'PA' as state_code,
        county_fips,
        -- Nobody can have voted after the file was made.
        case when election_date_read <= _as_of then election_date_read end as election_date,
        election_description,
        {{ clean_code("_vote_method") }} as voting_method_label,
        -- Primaries are closed: who has no party votes on questions only.
        nullif({{ pa_party("_party") }}, 'UNA') as voted_party_code,
        -- A party without a way of voting is that of a voter who did not vote.
        {{ clean_code("_vote_method") }} is not null as is_counted,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from read

)

{{ in_shape(vote_history_shape(), 'final', unrecorded=[
    'county_voter_id', 'voted_county_fips', 'voted_precinct_code', 'voted_precinct_name', 'voted_district_code',
]) }}
