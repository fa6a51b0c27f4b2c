with source as (

    select *, {{ plain_cell("cancelled_on") }} as time_cell from {{ source('actblue', 'actblue_cancelled_recurring') }}

),

typed as (

    select
        {{ clean_code(plain_cell("receipt_id")) }} as receipt_id,
        {{ try_to_dollars(plain_cell("recurrence_amount")) }} as amount_dollars,
        lower({{ plain_cell("recurrence_frequency") }}) as frequency,
        {{ try_to_time("time_cell") }} as cancelled_at,
        {{ fold_blanks(plain_cell("cancelation_reason")) }} as reason,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from source

),

final as (

    select *
    from typed
    where receipt_id <> 'RECEIPT ID'
        and cancelled_at is not null

)

select * from final
