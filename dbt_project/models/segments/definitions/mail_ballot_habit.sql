select voter_id
from {{ ref('voters') }}
where usual_voting_method = 'mail'
