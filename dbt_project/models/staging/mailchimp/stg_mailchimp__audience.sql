{% set cells = [
    'email_address', 'first_name', 'last_name', 'phone_number', 'optin_time', 'confirm_time', 'last_changed', 'leid', 'tags',
    'unsub_time', 'unsub_campaign_title', 'unsub_reason', 'clean_time', 'clean_campaign_title',
] -%}
with read as (

    {{ plain_cells(source('mailchimp', 'mailchimp_audience'), cells) }}

),

typed as (

    select
        {{ clean_code("leid") }} as member_id,
        {{ email_address("email_address") }} as email,
        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ us_phone(digits_only("phone_number")) }} as phone,
        {{ try_to_time("optin_time") }} as opted_in_at,
        {{ try_to_time("confirm_time") }} as confirmed_at,
        {{ try_to_time("unsub_time") }} as unsubscribed_at,
        {{ try_to_time("clean_time") }} as cleaned_at,
        {{ try_to_time("last_changed") }} as changed_at,
        coalesce(unsub_campaign_title, clean_campaign_title) as campaign_title,
        {{ fold_blanks("unsub_reason") }} as unsubscribe_reason,
        tags,
        case
            when unsub_time is not null then 'unsubscribed'
            when clean_time is not null then 'cleaned'
            else 'subscribed'
        end as status,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select * from typed where email is not null

)

select * from final
