{# What tells two equal street addresses apart: the ZIP code, or the city where there is none. #}
{% macro residence_area(relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    coalesce({{ prefix }}zip5, {{ prefix }}residence_city, '')
{%- endmacro %}
