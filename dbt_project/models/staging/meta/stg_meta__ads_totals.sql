with read as (

    {{ read_meta_ads() }}

),

final as (

    select period_start, period_end, spend_dollars, delivery_id, record_number, as_of
    from read
    where is_total
        and spend_dollars is not null

)

select * from final
