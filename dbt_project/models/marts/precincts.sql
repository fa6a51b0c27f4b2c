with voters as (

    select *, {{ age_band("age_years") }} as age_band
    from {{ ref('voters') }}
    where precinct_code is not null

),

-- In the others nobody can say how many are of a party, not even that there are none.
states_with_parties as (

    select distinct state_code from voters where party_code is not null

),

registered as (

    select
        state_code,
        county_fips,
        precinct_code,
        count(*) as registered_count,
        count(*) filter (where party_code = 'DEM') as democratic_count,
        count(*) filter (where party_code = 'REP') as republican_count,
        count(*) filter (where party_code = 'UNA') as unaffiliated_count,
        count(*) filter (where party_code not in ('DEM', 'REP', 'UNA')) as other_party_count,
        count(*) filter (where party_code is null) as party_unknown_count,
        count(*) filter (where age_band = '18_29') as age_18_29_count,
        count(*) filter (where age_band = '30_44') as age_30_44_count,
        count(*) filter (where age_band = '45_64') as age_45_64_count,
        count(*) filter (where age_band = '65_plus') as age_65_plus_count,
        count(*) filter (where age_band = 'unknown') as age_unknown_count
    from voters
    group by state_code, county_fips, precinct_code

),

turnout as (

    select * from {{ ref('int_precinct_ballots') }}

),

-- Old precincts have ballots and no voters, new ones voters and no ballots.
final as (

    select
        coalesce(registered.state_code, turnout.state_code) as state_code,
        coalesce(registered.county_fips, turnout.county_fips) as county_fips,
        coalesce(registered.precinct_code, turnout.precinct_code) as precinct_code,
        coalesce(registered.registered_count, 0) as registered_count,
        case when states_with_parties.state_code is not null then coalesce(registered.democratic_count, 0) end as democratic_count,
        case when states_with_parties.state_code is not null then coalesce(registered.republican_count, 0) end as republican_count,
        case when states_with_parties.state_code is not null then coalesce(registered.unaffiliated_count, 0) end as unaffiliated_count,
        case when states_with_parties.state_code is not null then coalesce(registered.other_party_count, 0) end as other_party_count,
        coalesce(registered.party_unknown_count, 0) as party_unknown_count,
        coalesce(registered.age_18_29_count, 0) as age_18_29_count,
        coalesce(registered.age_30_44_count, 0) as age_30_44_count,
        coalesce(registered.age_45_64_count, 0) as age_45_64_count,
        coalesce(registered.age_65_plus_count, 0) as age_65_plus_count,
        coalesce(registered.age_unknown_count, 0) as age_unknown_count,
        coalesce(turnout.ballots_by_election, {{ empty_map() }}) as ballots_by_election
    from registered
    full join turnout
        on turnout.state_code = registered.state_code
        and turnout.county_fips is not distinct from registered.county_fips
        and turnout.precinct_code = registered.precinct_code
    left join states_with_parties
        on states_with_parties.state_code = coalesce(registered.state_code, turnout.state_code)

)

select * from final
