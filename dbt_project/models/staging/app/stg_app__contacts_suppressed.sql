-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id,
        _record_number,
        coalesce(trim(share_id), '') as key,
        coalesce(trim(member_id), '') as member,
        {{ try_to_utc("shared_at") }} is null as has_no_time
    from {{ source('app', 'app_contacts') }}

),

judged as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        case
            when key = '' then 'no_key'
            when member = '' then 'no_member'
            when has_no_time then 'unreadable_time'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

select * from final
