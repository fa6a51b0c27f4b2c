{% set words = ['event_name', 'page_name', 'topic', 'category', 'first_name', 'last_name'] -%}
with source as (

    select * from {{ source('web', 'web_events') }}

),

typed as (

    select
        nullif(trim(message_id), '') as message_id,
        lower(trim(type)) as event_type,
        {{ try_to_utc("event_time") }} as occurred_at,
        {{ try_to_utc("received_at") }} as received_at,
        nullif(trim(anonymous_id), '') as anonymous_id,
        nullif(trim(user_id), '') as user_id,
        {{ plain_cell("event_name") }} as event_name,
        {{ plain_cell("page_name") }} as page_name,
        {{ page_only("page_url") }} as page_url,
        {{ page_only("page_path") }} as page_path,
        {{ host_of("referrer") }} as referrer_host,
        lower({{ plain_cell("topic") }}) as topic,
        lower({{ plain_cell("category") }}) as category,
        {{ email_address("email") }} as email,
        {{ us_phone(digits_only("phone")) }} as phone,
        {{ fold_blanks(plain_cell("first_name")) }} as first_name,
        {{ fold_blanks(plain_cell("last_name")) }} as last_name,
        {% for word in words %}cast({{ is_formula(word) }} as integer){{ ' + ' if not loop.last }}{% endfor %} as formula_count,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from source

),

final as (

    select *
    from typed
    where message_id is not null
        and event_type in ('page', 'track', 'identify')
        and occurred_at is not null

)

select * from final
