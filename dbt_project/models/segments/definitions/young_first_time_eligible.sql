select voter_id
from {{ ref('voters') }}
where age_years between 18 and 21
