select voter_id
from {{ ref('voters') }}
where primary_voted_count >= 2
    and {{ safe_divide('primary_voted_count', 'primary_eligible_count') }} >= 0.5
