select voter_id
from {{ ref('voters') }}
where general_eligible_count >= 2
    and {{ safe_divide('general_voted_count', 'general_eligible_count') }} between 0.25 and 0.75
