select
    phone,
    min(voter_id) as voter_id,
    min(first_name) as first_name,
    min(last_name) as last_name
from {{ ref('voters') }}
where phone is not null
group by phone
having count(*) = 1
