-- Ohio's voter file has a column for each election; ingestion hands its cells over a row each. A table, since each reading of
-- the view behind it goes through a hundred columns of every voter.
{{ config(materialized='table') }}

with source as (

    select * from {{ source('oh', 'oh_voters_elections') }}
    where trim(_cell) <> ''

),

counties as (

    {{ counties_of('OH') }}

),

read as (

    select
        *,
        split_part(_election, '-', 1) as kind,
        split_part(_election, '-', 2) as held,
        {{ try_to_date("split_part(_election, '-', 2)", "%m/%d/%Y") }} as election_date_read
    from source

),

final as (

    select
        'OH-' || {{ clean_code("sos_voterid") }} as voter_id,
        {{ clean_code("sos_voterid") }} as state_voter_id,
        'OH' as state_code,
        counties.county_fips,
        -- Nobody can have voted after the file was made.
        case when election_date_read <= _as_of then election_date_read end as election_date,
        held || ' ' || kind as election_description,
        -- X is a vote in a general or special election, or in a primary on issues only.
        nullif({{ oh_party("_cell") }}, 'X') as voted_party_code,
        -- Ohio lists a vote once it has been counted.
        true as is_counted,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from read
    left join counties on counties.county_code = read._county

)

{{ in_shape(vote_history_shape(), 'final', unrecorded=[
    'county_voter_id', 'voting_method_label', 'voted_county_fips', 'voted_precinct_code', 'voted_precinct_name',
    'voted_district_code',
]) }}
