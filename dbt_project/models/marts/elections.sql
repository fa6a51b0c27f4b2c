with elections as (

    select * from {{ ref('int_elections') }}

),

cast_ballots as (

    select
        election_id,
        count(*) as ballots_cast,
        cast(count(distinct voted_county_fips) as integer) as county_count
    from {{ ref('int_ballots') }}
    where is_counted
    group by election_id

),

final as (

    select
        elections.election_id,
        elections.state_code,
        elections.election_date,
        elections.election_type,
        elections.election_name,
        coalesce(cast_ballots.ballots_cast, 0) as ballots_cast,
        coalesce(cast_ballots.county_count, 0) as county_count
    from elections
    left join cast_ballots on cast_ballots.election_id = elections.election_id

)

select * from final
