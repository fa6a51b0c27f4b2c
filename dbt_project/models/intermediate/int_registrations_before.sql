-- Counties without a newer delivery stand as they are, so that a move from or to one of them is told as a move.
with scopes as (

    {{ union_states('scopes', ['state_code', 'county_code', 'previous_delivery_id']) }}

),

records as (

    select * from {{ ref('int_changed_voters_before') }}
    union all
    select changed.*
    from {{ ref('int_changed_voters') }} as changed
    anti join (select state_code, county_code from scopes where previous_delivery_id is not null) as newer
        using (state_code, county_code)

),

final as (

    select
        voter_id, state_code, county_code, county_fips, first_name, middle_name, last_name, name_suffix,
        party_code, registration_status, registration_date, residence_address, residence_city, zip5,
        delivery_id, record_number, as_of
    from records
    where voter_id is not null and registration_status in ('active', 'inactive', 'temporary')
    qualify row_number() over (
        partition by voter_id
        order by as_of desc, registration_date desc nulls last, record_number, delivery_id
    ) = 1

)

select * from final
