{{ config(meta={'rows_of': ['app_friends']}) }}
with friends as (

    select * from {{ ref('app_friends') }}

),

-- A contact may be shared twice; what is surest counts.
pairs as (

    select
        member_id,
        voter_id,
        friend_voter_id,
        min(linked_by) as linked_by,
        min(shared_at) as shared_at
    from friends
    group by member_id, voter_id, friend_voter_id

),

final as (

    select
        pairs.member_id,
        pairs.voter_id,
        pairs.friend_voter_id,
        case when pairs.linked_by = 'confirmed' then 'confirmed by the member' else pairs.linked_by || ' and name' end as evidence,
        pairs.shared_at,
        back.voter_id is not null as is_mutual,
        members_home.household_id = friends_home.household_id as is_of_household,
        relations.relation as family_relation
    from pairs
    left join (select distinct voter_id, friend_voter_id from friends) as back
        on back.voter_id = pairs.friend_voter_id
        and back.friend_voter_id = pairs.voter_id
    left join {{ ref('household_members') }} as members_home on members_home.voter_id = pairs.voter_id
    left join {{ ref('household_members') }} as friends_home on friends_home.voter_id = pairs.friend_voter_id
    left join {{ ref('family_relations') }} as relations
        on relations.voter_id = pairs.voter_id
        and relations.relative_voter_id = pairs.friend_voter_id

)

select * from final
