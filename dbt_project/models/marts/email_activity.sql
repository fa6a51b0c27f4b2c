with newest as (

    select * from {{ ref('int_email_activity') }}

),

members as (

    select email, first_name, last_name, phone
    from {{ ref('stg_mailchimp__audience') }}
    qualify row_number() over (partition by email order by as_of desc, changed_at desc nulls last, delivery_id, record_number) = 1

),

named as (

    select newest.*, members.first_name, members.last_name, members.phone
    from newest
    left join members on members.email = newest.email

),

linked as (

    {{ exact_links('named') }}

),

actions as (

    select * from {{ ref('contact_labels') }} where kind = 'action'

),

final as (

    select
        'MAILCHIMP-' || {{ stable_hash(["linked.email", "linked.campaign_id", "linked.action_label", "cast(linked.happened_at as varchar)",
            "linked.url"]) }} as email_activity_id,
        linked.email,
        linked.campaign_id,
        linked.campaign_title,
        coalesce(actions.code, case when linked.action_label is not null then 'other' end) as action,
        linked.happened_at,
        linked.url,
        linked.bounce_type,
        linked.voter_id,
        linked.linked_by,
        linked.is_linked,
        linked.delivery_id,
        linked.record_number,
        linked.as_of
    from linked
    left join actions on actions.label = linked.action_label

)

select * from final
