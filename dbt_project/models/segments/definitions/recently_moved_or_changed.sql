select distinct voters.voter_id
from {{ ref('voters') }} as voters
inner join {{ ref('voter_changes') }} as changes on changes.voter_id = voters.voter_id
where changes.change_type in ('moved', 'party', 'name')
