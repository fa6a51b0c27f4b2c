with gifts as (

    select voter_id
    from {{ ref('donations') }}
    where voter_id is not null and not is_refunded
    group by voter_id
    having sum(amount_dollars) >= 200

)

select voters.voter_id
from {{ ref('voters') }} as voters
inner join gifts on gifts.voter_id = voters.voter_id
