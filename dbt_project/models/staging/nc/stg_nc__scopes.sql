with source as (

    select * from {{ source('nc', 'scopes') }}

),

final as (

    select
        'NC' as state_code,
        county_number,
        delivery_id,
        previous_delivery_id
    from source
    where contract = 'nc_voters'

)

select * from final
