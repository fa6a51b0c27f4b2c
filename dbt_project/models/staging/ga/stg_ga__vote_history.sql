with source as (

    select * from {{ source('ga', 'ga_vote_history') }}

),

-- The files give a county's number until 2022 and its name since.
counties as (

    select county_code as county_key, county_fips from ({{ counties_of('GA') }})
    union all
    select upper(county_name) as county_key, county_fips from {{ ref('counties') }} where state_code = 'GA'

),

read as (

    select
        *,
        {{ ga_date("election_date") }} as election_date_read,
        {{ clean_code("party") }} as party_text,
        {{ clean_code("ballot_style") }} as style
    from source

),

final as (

    select
        'GA-' || {{ district_number("registration_number", 8) }} as voter_id,
        {{ district_number("registration_number", 8) }} as state_voter_id,
        'GA' as state_code,
        {{ day_held('election_date_read') }} as election_date,
        {{ us_date("election_date_read") }} || ' ' || case {{ clean_code("election_type") }}
            when '001' then 'GENERAL PRIMARY'
            when '002' then 'GENERAL PRIMARY RUNOFF'
            when '003' then 'GENERAL'
            when '004' then 'GENERAL RUNOFF'
            when '005' then 'SPECIAL'
            when '006' then 'SPECIAL RUNOFF'
            when '007' then 'MUNICIPAL'
            when '008' then 'RECALL'
            when '009' then 'PRESIDENTIAL PREFERENCE PRIMARY'
            when '010' then 'MUNICIPAL RUNOFF'
            when '013' then 'MUNICIPAL GENERAL PRIMARY'
            when '024' then 'NONPARTISAN'
            when '028' then 'SPECIAL PRESIDENTIAL PREFERENCE PRIMARY'
            else {{ fold_blanks("election_type") }}
        end as election_description,
        case
            when {{ clean_code("provisional") }} = 'Y' then 'PROVISIONAL'
            when style is not null then style
            -- Before there was a ballot style, early votes in person were marked as absentee ballots like those by mail.
            when {{ clean_code("absentee") }} = 'Y' then 'ABSENTEE'
            else 'ELECTION DAY'
        end as voting_method_label,
        case left(party_text, 1)
            when 'D' then 'DEM'
            when 'R' then 'REP'
            when 'L' then 'LIB'
            -- A nonpartisan ballot.
            when 'N' then null
            else party_text
        end as voted_party_code,
        counties.county_fips as voted_county_fips,
        -- Georgia gives credit for a ballot that was counted.
        true as is_counted,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from read
    left join counties on counties.county_key = {{ clean_code("read.county") }}

)

{{ in_shape(vote_history_shape(), 'final', unrecorded=[
    'county_fips', 'county_voter_id', 'voted_precinct_code', 'voted_precinct_name', 'voted_district_code',
]) }}
