-- Files of fixed widths have a code for each election, whose day stands in the list of elections.
with source as (

    select * from {{ source('mi', 'mi_vote_history') }}

),

elections as (

    select
        {{ clean_code("election_code") }} as code,
        {{ first_by(mi_date("election_date"), "_record_number") }} as held,
        {{ first_by(fold_blanks("election_title"), "_record_number") }} as title
    from {{ source('mi', 'mi_elections') }}
    group by 1

),

counties as (

    {{ counties_of('MI') }}

),

read as (

    select
        source.*,
        coalesce({{ mi_date("source.election_date") }}, elections.held) as election_date_read,
        elections.title
    from source
    left join elections on elections.code = {{ clean_code("source.election_code") }}

),

final as (

    select
        'MI-' || {{ clean_code("voter_identification_number") }} as voter_id,
        {{ clean_code("voter_identification_number") }} as state_voter_id,
        'MI' as state_code,
        {{ day_held('election_date_read') }} as election_date,
        {{ us_date("election_date_read") }} || ' ' || coalesce(title, {{ mi_election("election_date_read") }})
            as election_description,
        {{ clean_code("is_absentee_voter") }} as voting_method_label,
        counties.county_fips as voted_county_fips,
        -- Michigan lists a vote once it has been counted.
        true as is_counted,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from read
    left join counties on counties.county_code = read._county

)

{{ in_shape(vote_history_shape(), 'final', unrecorded=[
    'county_fips', 'county_voter_id', 'voted_party_code', 'voted_precinct_code', 'voted_precinct_name', 'voted_district_code',
]) }}
