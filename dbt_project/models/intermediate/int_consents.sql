-- What sources tell as events counts by its time. What they tell as a status (Action Network, the wishes in a VAN list) counts as the newest
-- export of a person has it: an opt-out from the export's day, an opt-in from no day at all, since nobody knows when it was given.
with labels as (

    select * from {{ ref('contact_labels') }}

),

audience as (

    select *, coalesce(confirmed_at, opted_in_at) as joined_at from {{ ref('stg_mailchimp__audience') }}

),

activists as (

    select *
    from {{ ref('stg_actionnetwork__activists') }}
    qualify row_number() over (partition by activist_id order by as_of desc, delivery_id, record_number) = 1

),

listed as (

    select *, cast(as_of as timestamp) as listed_at
    from {{ ref('stg_van__list') }}
    qualify row_number() over (partition by van_id order by as_of desc, delivery_id, record_number desc) = 1

),

numbers as (

    -- The number that a person of a list has; a contact names it only where somebody dialled.
    select van_id, coalesce(cell_phone, phone) as text_phone, phone, first_name, last_name from listed

),

told as (

    select
        'mailchimp_audience' as source, 'email' as channel, true as is_opted_in, joined_at as happened_at, 'sign_up' as basis,
        case when confirmed_at is not null then 'confirmed by mail' when opted_in_at is not null then 'time of sign-up' end as evidence,
        email, phone, cast(null as varchar) as van_id, first_name, last_name, 'email' as identifier_kind,
        delivery_id, record_number, as_of
    from audience
    union all
    select
        'mailchimp_audience', 'email', false, coalesce(unsubscribed_at, cleaned_at, changed_at, cast(as_of as timestamp)),
        case status when 'cleaned' then 'bounced' else 'unsubscribed' end, campaign_title,
        email, phone, null, first_name, last_name, 'email', delivery_id, record_number, as_of
    from audience
    where status <> 'subscribed'
    union all
    select
        'mailchimp_activity', 'email', false, activity.happened_at, actions.code, activity.campaign_title,
        activity.email, null, null, null, null, 'email', activity.delivery_id, activity.record_number, activity.as_of
    from {{ ref('int_email_activity') }} as activity
    inner join labels as actions
        on actions.kind = 'action' and actions.label = activity.action_label and actions.code in ('unsubscribe', 'complaint')
    union all
    select
        'actionnetwork_activists', 'email', email_status = 'subscribed',
        case when email_status <> 'subscribed' then cast(as_of as timestamp) end, 'status', email_status,
        email, phone, null, first_name, last_name, 'email', delivery_id, record_number, as_of
    from activists
    where email_status is not null
    union all
    select
        'actionnetwork_activists', 'text', text_status = 'subscribed',
        case when text_status <> 'subscribed' then cast(as_of as timestamp) end, 'status', text_status,
        email, phone, null, first_name, last_name, 'phone', delivery_id, record_number, as_of
    from activists
    where text_status is not null
    union all
    select
        'texting_opt_outs', 'text', coalesce(keywords.code = 'opt_in', false), texts.happened_at, 'keyword', keywords.label,
        null, texts.phone, null, null, null, 'phone', texts.delivery_id, texts.record_number, texts.as_of
    from {{ ref('stg_texting__opt_outs') }} as texts
    left join labels as keywords on keywords.kind = 'keyword' and keywords.label = texts.keyword
    union all
    select
        'actblue_contributions', 'text', text_opt_in in ('opt_in', 'yes', 't', 'true'), donated_at, 'answer', 'receipt ' || receipt_id,
        email, phone, null, first_name, last_name, 'phone', delivery_id, record_number, as_of
    from {{ ref('stg_actblue__contributions') }}
    where text_opt_in in ('opt_in', 'yes', 't', 'true', 'opt_out', 'no', 'f', 'false')
    union all
    select
        'van_contacts', case results.code when 'do_not_text' then 'text' else 'phone' end, false, contacts.contacted_at, results.code, null,
        null, coalesce(contacts.phone, case results.code when 'do_not_text' then numbers.text_phone else numbers.phone end), contacts.van_id,
        numbers.first_name, numbers.last_name, 'phone', contacts.delivery_id, contacts.record_number, contacts.as_of
    from {{ ref('stg_van__contacts') }} as contacts
    inner join labels as results
        on results.kind = 'result' and results.label = contacts.result_label and results.code in ('do_not_call', 'do_not_text')
    left join numbers on numbers.van_id = contacts.van_id
    union all
    select
        'van_list', 'phone', false, listed_at, 'wish', 'do not call', email, phone, van_id, first_name, last_name, 'phone',
        delivery_id, record_number, as_of
    from listed
    where is_not_to_call
    union all
    select
        'van_list', 'text', false, listed_at, 'wish', 'do not text', email, coalesce(cell_phone, phone), van_id, first_name, last_name,
        'phone', delivery_id, record_number, as_of
    from listed
    where is_not_to_text
    union all
    select
        'van_list', 'email', false, listed_at, 'wish', 'do not email', email, phone, van_id, first_name, last_name, 'email',
        delivery_id, record_number, as_of
    from listed
    where is_not_to_email

),

final as (

    -- Whoever has no address or number in a source is known by its id alone.
    select
        source,
        case when case identifier_kind when 'email' then email else phone end is null then 'van_id' else identifier_kind end
            as identifier_kind,
        coalesce(case identifier_kind when 'email' then email else phone end, van_id) as identifier,
        channel,
        is_opted_in,
        happened_at,
        basis,
        evidence,
        email,
        phone,
        van_id,
        first_name,
        last_name,
        delivery_id,
        record_number,
        as_of
    from told

)

select * from final where identifier is not null
