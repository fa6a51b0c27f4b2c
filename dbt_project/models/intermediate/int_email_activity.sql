-- What happened stands once, however many exports have it.
with newest as (

    select *
    from {{ ref('stg_mailchimp__activity') }}
    qualify row_number() over (
        partition by email, campaign_id, action_label, happened_at, url order by as_of desc, delivery_id, record_number
    ) = 1

)

select
    email,
    campaign_id,
    campaign_title,
    action_label,
    happened_at,
    url,
    bounce_type,
    delivery_id,
    record_number,
    as_of
from newest
