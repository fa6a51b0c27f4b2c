{# North Carolina numbers its 100 counties by the alphabet, the federal code has the same order in odd numbers. #}
{% macro nc_county_fips(county_number) -%}
    case when {{ county_number }} between 1 and 100 then cast(37000 + 2 * {{ county_number }} - 1 as varchar) end
{%- endmacro %}
