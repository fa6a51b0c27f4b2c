{# One staging model of every state of the campaign, under each other. A state is added by its own staging folder. #}
{% macro union_states(entities, columns) -%}
    {% for state in var('states') -%}
    select {{ columns | join(', ') }} from {{ ref('stg_' ~ state | lower ~ '__' ~ entities) }}
    {{- ' union all ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
