{{ config(meta={'rows_of': ['int_app_members']}) }}
-- What the newest export says of an activity counts; of one day that which knows that it was undone.
with members as (

    select * from {{ ref('int_app_members') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by activity_id
            order by as_of desc, (not is_undone), delivery_id, record_number desc
        ) as age
    from {{ ref('stg_app__activity') }}

),

done as (

    select
        members.member_id,
        count(*) filter (where ranked.activity_kind = 'follow') as follow_count,
        count(*) filter (where ranked.activity_kind = 'like') as like_count,
        count(*) filter (where ranked.activity_kind = 'share') as share_count,
        count(*) filter (where ranked.activity_kind = 'reply') as reply_count,
        count(*) filter (where ranked.activity_kind = 'event') as event_count,
        min(ranked.happened_at) as first_activity_at,
        max(ranked.happened_at) as last_activity_at
    from members
    inner join ranked
        on 'APP-' || ranked.member_id = members.member_id
        and ranked.happened_at >= members.consented_at
    where ranked.age = 1 and not ranked.is_undone and members.consents_to_activity
    group by members.member_id

),

contacts as (

    select
        member_id,
        count(*) as contact_count,
        count(*) filter (where is_linked) as linked_contact_count
    from {{ ref('int_app_contacts') }}
    group by member_id

),

final as (

    select
        members.member_id,
        members.signed_up_at,
        members.consented_at,
        members.consents_to_activity,
        members.consents_to_contacts,
        coalesce(done.follow_count, 0) as follow_count,
        coalesce(done.like_count, 0) as like_count,
        coalesce(done.share_count, 0) as share_count,
        coalesce(done.reply_count, 0) as reply_count,
        coalesce(done.event_count, 0) as event_count,
        done.first_activity_at,
        done.last_activity_at,
        cast(case
            when done.event_count > 0 then 3
            when done.share_count + done.reply_count > 0 then 2
            when done.follow_count + done.like_count > 0 then 1
            else 0
        end as integer) as depth,
        coalesce(contacts.contact_count, 0) as contact_count,
        coalesce(contacts.linked_contact_count, 0) as linked_contact_count,
        members.voter_id,
        members.linked_by,
        members.is_linked,
        members.delivery_id,
        members.record_number,
        members.as_of
    from members
    left join done on done.member_id = members.member_id
    left join contacts on contacts.member_id = members.member_id

)

select * from final
