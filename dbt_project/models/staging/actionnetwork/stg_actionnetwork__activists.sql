{% set cells = [
    'uuid', 'email', 'first_name', 'last_name', 'zip_code', 'can2_user_address', 'can2_user_city', 'can2_user_state', 'can2_phone',
    'can2_subscription_status', 'can2_sms_status',
] -%}
with read as (

    {{ plain_cells(source('actionnetwork', 'actionnetwork_activists'), cells) }}

),

typed as (

    select
        {{ clean_code("uuid") }} as activist_id,
        {{ email_address("email") }} as email,
        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ us_phone(digits_only("can2_phone")) }} as phone,
        {{ fold_blanks("can2_user_address") }} as address,
        {{ fold_blanks("can2_user_city") }} as city,
        {{ clean_code("can2_user_state") }} as state_code,
        {{ zip5("zip_code") }} as zip5,
        lower({{ fold_blanks("can2_subscription_status") }}) as email_status,
        lower({{ fold_blanks("can2_sms_status") }}) as text_status,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select * from typed where {{ regexp_contains("activist_id", "^[0-9A-Z-]*[0-9][0-9A-Z-]*$") }}

)

select * from final
