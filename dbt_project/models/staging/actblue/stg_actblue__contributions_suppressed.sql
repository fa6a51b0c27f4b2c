{{ config(materialized='table') }}
-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with read as (

    select
        *,
        {{ plain_cell("lineitem_id") }} as key_cell,
        {{ plain_cell("contribution_date") }} as time_cell,
        {{ plain_cell("amount") }} as amount_cell
    from {{ source('actblue', 'actblue_contributions') }}

),

source as (

    select
        _delivery_id,
        _record_number,
        coalesce(trim(lineitem_id), '') as key,
        {{ clean_code("receipt_id") }} as first_cell,
        {{ digits_only("key_cell") }} as digits,
        trim(upper(key_cell), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') as number,
        {{ try_to_time("time_cell") }} is null as has_no_time,
        {{ try_to_dollars("amount_cell") }} is null as has_no_amount
    from read

),

judged as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        case
            when upper(key) = 'LINEITEM ID' then 'repeated_header'
            when key = '' and {{ regexp_contains("first_cell", "^(GRAND )?TOTAL") }} then 'total'
            when key in ('', '=""') or {{ is_formula("key") }} then 'no_line_item'
            when digits = '' or number <> digits then 'unreadable_key'
            when has_no_time then 'unreadable_date'
            when has_no_amount then 'unreadable_amount'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

select * from final
