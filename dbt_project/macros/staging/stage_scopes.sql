{# The deliveries that the voter records of a state's counties come from, now and before: of the first of its lists that there is. #}
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
    where
        {%- for list in voter_lists(state_code) %}
        {% if not loop.first %}or {% endif -%}
        (contract = '{{ list }}'
        {%- if not loop.first %} and not exists (
            select 1 from source where contract in ('{{ voter_lists(state_code)[:loop.index0] | join("', '") }}')
        ){% endif %})
        {%- endfor %}

)

select * from final
{%- endmacro %}
