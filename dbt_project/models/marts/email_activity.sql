{{ config(meta={'rows_of': ['int_email_activity']}) }}
with newest as (

    select * from {{ ref('int_email_activity') }}

),

members as (

    select email, first_name, last_name, phone
    from {{ ref('stg_mailchimp__audience') }}
    qualify row_number() over (partition by email order by as_of desc, changed_at desc nulls last, delivery_id, record_number) = 1

),

-- A member is linked once, not with each mail.
linked as (

    {{ exact_links('members') }}

),

actions as (

    select * from {{ ref('contact_labels') }} where kind = 'action'

),

final as (

    select
        'MAILCHIMP-' || {{ stable_hash(["newest.email", "newest.campaign_id", "newest.action_label", "cast(newest.happened_at as varchar)",
            "newest.url"]) }} as email_activity_id,
        newest.email,
        newest.campaign_id,
        newest.campaign_title,
        coalesce(actions.code, case when newest.action_label is not null then 'other' end) as action,
        newest.happened_at,
        newest.url,
        newest.bounce_type,
        linked.voter_id,
        linked.linked_by,
        coalesce(linked.is_linked, false) as is_linked,
        newest.delivery_id,
        newest.record_number,
        newest.as_of
    from newest
    left join linked on linked.email = newest.email
    left join actions on actions.label = newest.action_label

)

select * from final
