{# The deliveries that the voter records of a state's counties come from, now and before. #}
{% macro stage_scopes(state_code) -%}
with source as (

    select * from {{ source(state_code | lower, 'scopes') }}

),

final as (

    select
        '{{ state_code }}' as state_code,
        county_code,
        delivery_id,
        as_of,
        previous_delivery_id,
        previous_as_of
    from source
    where contract = '{{ state_code | lower }}_voters'

)

select * from final
{%- endmacro %}
