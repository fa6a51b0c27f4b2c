with source as (

    select * from {{ source('fl', 'fl_vote_history') }}

),

counties as (

    {{ counties_of('FL') }}

),

read as (

    select
        *,
        {{ try_to_date("trim(election_date)", "%m/%d/%Y") }} as election_date_read,
        {{ clean_code("election_type") }} as type_code,
        {{ clean_code("history_code") }} as code
    from source

),

final as (

    select
        'FL-' || {{ clean_code("voter_id") }} as voter_id,
        {{ clean_code("voter_id") }} as state_voter_id,
        'FL' as state_code,
        {{ day_held('election_date_read') }} as election_date,
        trim(election_date) || ' ' || case type_code
            when 'PPP' then 'PRESIDENTIAL PREFERENCE PRIMARY'
            when 'PRI' then 'PRIMARY'
            when 'RUN' then 'RUNOFF'
            when 'GEN' then 'GENERAL'
            when 'OTH' then 'OTHER'
            else type_code
        end as election_description,
        -- N did not vote.
        nullif(code, 'N') as voting_method_label,
        counties.county_fips as voted_county_fips,
        -- By mail (A), early (E, provisional F), at the polls (Y, provisional Z). B came by mail and P was provisional, and
        -- neither was counted.
        coalesce(code in ('A', 'E', 'F', 'Y', 'Z'), false) as is_counted,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from read
    left join counties on counties.county_code = read._county

)

{{ in_shape(vote_history_shape(), 'final', unrecorded=[
    'county_fips', 'county_voter_id', 'voted_party_code', 'voted_precinct_code', 'voted_precinct_name', 'voted_district_code',
]) }}
