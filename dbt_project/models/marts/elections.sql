with elections as (

    select * from {{ ref('int_elections') }}

),

cast_ballots as (

    select
        election_id,
        count(*) as ballots_cast,
        -- Some states do not say where a ballot was cast.
        cast(nullif(count(distinct voted_county_fips), 0) as integer) as county_count
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
        case when cast_ballots.election_id is null then 0 else cast_ballots.county_count end as county_count
    from elections
    left join cast_ballots on cast_ballots.election_id = elections.election_id

)

select * from final
