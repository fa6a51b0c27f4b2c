select voters.voter_id
from {{ ref('voters') }} as voters
where voters.voter_id in (
    select voter_id
    from {{ ref('activist_codes') }}
    where contains(lower(activist_code), 'volunteer') or contains(lower(activist_code_type), 'volunteer')
)
