with read as (

    {{ read_meta_ads() }}

),

final as (

    select * exclude (is_total)
    from read
    where not is_total
        and campaign_name is not null
        and period_start <= period_end
        and spend_dollars is not null

)

select * from final
