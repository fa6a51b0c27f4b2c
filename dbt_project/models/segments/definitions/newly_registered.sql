select voter_id
from {{ ref('voters') }}
where {{ days_between('registration_date', 'as_of') }} between 0 and 180
