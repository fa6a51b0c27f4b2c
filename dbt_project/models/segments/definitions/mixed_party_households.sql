select members.voter_id
from {{ ref('household_members') }} as members
inner join {{ ref('households') }} as households on households.household_id = members.household_id
where households.household_kind in ('couple', 'family')
    and households.democrat_count > 0
    and households.republican_count > 0
