-- Those of the list that stg_co__voters is made from.
with source as (

    select * from {{ source('co', 'scopes') }}

),

registered as (

    select 1 from source where contract = 'co_voters'

),

final as (

    select
        'CO' as state_code,
        county_code,
        delivery_id,
        as_of,
        previous_delivery_id,
        previous_as_of
    from source
    where contract = 'co_voters'
        or (contract = 'co_master_voters' and not exists (select 1 from registered))

)

select * from final
