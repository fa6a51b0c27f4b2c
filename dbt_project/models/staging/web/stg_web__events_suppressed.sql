-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id,
        _record_number,
        coalesce(trim(message_id), '') as key,
        coalesce(lower(trim(type)), '') as kind,
        {{ try_to_utc("event_time") }} is null as has_no_time
    from {{ source('web', 'web_events') }}

),

judged as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        case
            when kind not in ('page', 'track', 'identify') then 'other_type'
            when key = '' then 'no_key'
            when has_no_time then 'unreadable_time'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

select * from final
