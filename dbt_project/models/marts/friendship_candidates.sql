{{ config(meta={'rows_of': ['int_app_contacts']}) }}
-- What an exact identifier or the member has settled is no question any more.
with contacts as (

    select * from {{ ref('int_app_contacts') }} where not is_linked and not is_answered

),

members as (

    select * from {{ ref('int_app_members') }} where is_linked

),

voters as (

    select voter_id from {{ ref('voters') }}

),

final as (

    select
        contacts.share_id,
        contacts.member_id,
        members.voter_id,
        candidates.voter_id as candidate_voter_id,
        candidates.evidence,
        contacts.shared_at
    from contacts
    inner join members on members.member_id = contacts.member_id
    inner join {{ ref('int_app_candidates') }} as candidates on candidates.share_id = contacts.share_id
    inner join voters on voters.voter_id = candidates.voter_id
    -- No `<>`, which would be taken for a join of every member with every candidate.
    where nullif(candidates.voter_id, members.voter_id) is not null

)

select * from final
