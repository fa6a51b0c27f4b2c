with read as (

    {{ plain_cells(source('van', 'van_activist_codes'), ['van_id', 'activist_code', 'activist_code_type', 'date_applied']) }}

),

typed as (

    select
        {{ tool_id("van_id") }} as van_id,
        {{ fold_blanks("activist_code") }} as activist_code,
        {{ fold_blanks("activist_code_type") }} as activist_code_type,
        {{ try_to_time("date_applied") }} as applied_at,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select * from typed where van_id is not null and applied_at is not null

)

select * from final
