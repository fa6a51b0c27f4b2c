-- By itself, so that a new voter file leaves it as it stands.
with ballots as (

    select
        state_code,
        voted_county_fips as county_fips,
        voted_precinct_code as precinct_code,
        election_id,
        count(*) as ballot_count
    from {{ ref('int_ballots') }}
    where voted_precinct_code is not null and is_counted
    group by all

),

final as (

    select
        state_code,
        county_fips,
        precinct_code,
        {{ map_of("election_id", "ballot_count") }} as ballots_by_election
    from ballots
    group by state_code, county_fips, precinct_code

)

select * from final
