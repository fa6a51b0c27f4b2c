select voter_id
from {{ ref('voters') }}
where general_voted_count = general_eligible_count
    and primary_voted_count = primary_eligible_count
    and general_eligible_count + primary_eligible_count >= 3
