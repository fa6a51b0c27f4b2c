select voters.voter_id
from {{ ref('voters') }} as voters
where voters.voter_id in (select friend_voter_id from {{ ref('app_friends') }})
    and voters.voter_id not in (select voter_id from {{ ref('social_engagement') }} where voter_id is not null)
