select voter_id
from {{ ref('voters') }}
where party_code = 'UNA'
    and general_eligible_count >= 2
    and {{ safe_divide('general_voted_count', 'general_eligible_count') }} >= 0.75
