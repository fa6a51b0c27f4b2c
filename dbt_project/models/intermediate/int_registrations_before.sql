-- Counties without a newer delivery stand as they are, so that a move from or to one of them is told as a move.
{%- set columns = earlier_columns() | join(', ') %}
with scopes as (

    {{ union_states('scopes', ['state_code', 'county_code', 'previous_delivery_id']) }}

),

records as (

    select {{ columns }} from {{ ref('int_changed_voters_before') }}
    union all
    select {{ columns }}
    from {{ ref('int_changed_voters') }} as changed
    anti join (select state_code, county_code from scopes where previous_delivery_id is not null) as newer
        using (state_code, county_code)

),

final as (

    select {{ columns }}
    from records
    where voter_id is not null and registration_status in ('active', 'inactive', 'temporary')
    qualify row_number() over (
        partition by voter_id
        order by as_of desc, registration_date desc nulls last, record_number, delivery_id
    ) = 1

)

select * from final
