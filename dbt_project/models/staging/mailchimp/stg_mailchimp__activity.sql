{% set cells = ['email_address', 'campaign_id', 'campaign_title', 'action', 'action_time', 'url', 'bounce_type'] -%}
with read as (

    {{ plain_cells(source('mailchimp', 'mailchimp_activity'), cells) }}

),

typed as (

    select
        {{ email_address("email_address") }} as email,
        {{ clean_code("campaign_id") }} as campaign_id,
        campaign_title,
        {{ fold_blanks("action") }} as action_label,
        {{ try_to_time("action_time") }} as happened_at,
        url,
        {{ fold_blanks("bounce_type") }} as bounce_type,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select * from typed where email is not null and happened_at is not null

)

select * from final
