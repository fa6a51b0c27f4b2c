with ballots as (

    select * from {{ ref('int_ballots') }}

),

voters as (

    select voter_id from {{ ref('voters') }}

),

final as (

    select
        ballots.voter_id,
        ballots.election_id,
        ballots.election_date,
        ballots.election_type,
        ballots.voting_method,
        ballots.ballot_party_code,
        ballots.voted_county_fips,
        ballots.is_counted
    from ballots
    where ballots.voter_id in (select voter_id from voters)

)

select * from final
