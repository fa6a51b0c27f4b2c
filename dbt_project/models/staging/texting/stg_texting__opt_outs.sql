with read as (

    {{ plain_cells(source('texting', 'texting_opt_outs'), ['phone', 'opted_out_at', 'keyword', 'opt_out_id']) }}

),

typed as (

    select
        {{ us_phone(digits_only("phone")) }} as phone,
        {{ try_to_time("opted_out_at") }} as happened_at,
        {{ fold_blanks("keyword") }} as keyword,
        {{ clean_code("opt_out_id") }} as opt_out_id,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select * from typed where phone is not null and happened_at is not null

)

select * from final
