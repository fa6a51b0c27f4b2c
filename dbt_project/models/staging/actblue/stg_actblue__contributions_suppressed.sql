-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id,
        _record_number,
        coalesce(trim(lineitem_id), '') as key,
        {{ clean_code("receipt_id") }} as first_cell,
        {{ try_to_time(plain_cell("contribution_date")) }} is null as has_no_time,
        {{ try_to_dollars(plain_cell("amount")) }} is null as has_no_amount
    from {{ source('actblue', 'actblue_contributions') }}

),

judged as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        case
            when upper(key) = 'LINEITEM ID' then 'repeated_header'
            when key = '' and {{ regexp_contains("first_cell", "^(GRAND )?TOTAL") }} then 'total'
            when key in ('', '=""') or {{ is_formula("key") }} then 'no_line_item'
            when has_no_time then 'unreadable_date'
            when has_no_amount then 'unreadable_amount'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

select * from final
