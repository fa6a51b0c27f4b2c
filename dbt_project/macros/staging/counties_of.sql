{# The counties of a state: the code that its files give each, and the federal code. #}
{% macro counties_of(state_code) -%}
    select county_code, county_fips from {{ ref('counties') }} where state_code = '{{ state_code }}'
{%- endmacro %}
