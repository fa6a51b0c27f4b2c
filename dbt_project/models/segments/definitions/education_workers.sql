select voters.voter_id
from {{ ref('voters') }} as voters
where voters.voter_id in (select voter_id from {{ ref('consumer_traits') }} where occupation_group = 'EDUCATION')
