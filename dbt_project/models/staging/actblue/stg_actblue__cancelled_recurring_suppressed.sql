{{ config(materialized='table') }}
-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with read as (

    select *, {{ plain_cell("cancelled_on") }} as time_cell
    from {{ source('actblue', 'actblue_cancelled_recurring') }}

),

source as (

    select
        _delivery_id,
        _record_number,
        coalesce(trim(receipt_id), '') as key,
        {{ try_to_time("time_cell") }} is null as has_no_time
    from read

),

judged as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        case
            when upper(key) = 'RECEIPT ID' then 'repeated_header'
            when key in ('', '=""') or {{ is_formula("key") }} then 'no_receipt'
            when has_no_time then case when {{ regexp_contains("upper(key)", "^(GRAND )?TOTAL") }} then 'total' else 'unreadable_date' end
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

select * from final
