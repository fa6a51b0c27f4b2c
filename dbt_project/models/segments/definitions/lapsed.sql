with general_elections as (

    select
        state_code,
        election_date,
        row_number() over (partition by state_code order by election_date desc) as elections_ago
    from {{ ref('elections') }}
    where election_type = 'general'

)

select voters.voter_id
from {{ ref('voters') }} as voters
inner join general_elections
    on general_elections.state_code = voters.state_code
    and general_elections.elections_ago = 2
where voters.registration_date <= general_elections.election_date
    and voters.last_voted_date < general_elections.election_date
