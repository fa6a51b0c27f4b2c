select voters.voter_id
from {{ ref('voters') }} as voters
inner join {{ ref('residences') }} as residences on residences.residence_id = voters.residence_id
where residences.voter_count between 2 and 10
