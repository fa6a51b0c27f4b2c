with source as (

    select * from {{ source('co', 'co_vote_history') }}

),

counties as (

    {{ counties_of('CO') }}

),

read as (

    select
        *,
        {{ try_to_date("trim(election_date)", "%m/%d/%Y") }} as election_date_read
    from source

),

final as (

    select
        'CO-' || {{ clean_code("voter_id") }} as voter_id,
        {{ clean_code("voter_id") }} as state_voter_id,
        'CO' as state_code,
        {{ day_held('election_date_read') }} as election_date,
        {{ us_date("election_date_read") }} || ' '
            || coalesce({{ fold_blanks("election_type") }}, {{ fold_blanks("read.election_description") }})
            as election_description,
        {{ fold_blanks("voting_method") }} as voting_method_label,
        nullif({{ co_party("party") }}, 'UNA') as voted_party_code,
        counties.county_fips as voted_county_fips,
        -- Colorado lists a vote once it has been counted.
        true as is_counted,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from read
    left join counties on counties.county_code = {{ clean_code("read.county_name") }}

)

{{ in_shape(vote_history_shape(), 'final', unrecorded=[
    'county_fips', 'county_voter_id', 'voted_precinct_code', 'voted_precinct_name', 'voted_district_code',
]) }}
