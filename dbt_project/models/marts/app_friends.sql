{{ config(meta={'rows_of': ['int_app_contacts']}) }}
with contacts as (

    select * from {{ ref('int_app_contacts') }} where is_linked

),

members as (

    select * from {{ ref('int_app_members') }} where is_linked

),

final as (

    select
        contacts.share_id,
        members.member_id,
        members.voter_id,
        members.linked_by as member_linked_by,
        contacts.voter_id as friend_voter_id,
        contacts.linked_by,
        contacts.is_linked,
        contacts.shared_at,
        contacts.delivery_id,
        contacts.record_number,
        contacts.as_of
    from contacts
    inner join members on members.member_id = contacts.member_id
    where contacts.voter_id <> members.voter_id

)

select * from final
