with source as (

    select * from {{ source('wa', 'wa_vote_history') }}

),

counties as (

    {{ counties_of('WA') }}

),

read as (

    select
        *,
        {{ wa_date("election_date") }} as held
    from source

),

final as (

    select
        'WA-' || {{ clean_code("state_voter_id") }} as voter_id,
        {{ clean_code("state_voter_id") }} as state_voter_id,
        'WA' as state_code,
        {{ day_held('held') }} as election_date,
        -- The days that the law sets (RCW 29A.04.311 to 29A.04.321, 29A.56.020); the file names no election.
        {{ us_date("held") }} || ' ' || case
            when {{ month_of("held") }} = 11 then 'GENERAL'
            when {{ month_of("held") }} = 8 or ({{ month_of("held") }} = 9 and held < date '2007-01-01') then 'PRIMARY'
            when mod({{ year_of("held") }}, 4) = 0 and {{ month_of("held") }} in (3, 5) or held = date '2008-02-19'
                then 'PRESIDENTIAL PRIMARY'
            else 'SPECIAL'
        end as election_description,
        counties.county_fips as voted_county_fips,
        -- Washington gives credit for a ballot that was counted.
        true as is_counted,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from read
    left join counties on counties.county_code = {{ clean_code("read.county_code") }}

)

{{ in_shape(vote_history_shape(), 'final', unrecorded=[
    'county_fips', 'county_voter_id', 'voting_method_label', 'voted_party_code', 'voted_precinct_code', 'voted_precinct_name',
    'voted_district_code',
]) }}
