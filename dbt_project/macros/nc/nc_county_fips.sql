{# North Carolina numbers its 100 counties by the alphabet, and the federal code has the same order in odd numbers: as arithmetic,
   because a join to the seed would cost every reader of millions of ballots, also of those who do not ask for the county. #}
{% macro nc_county_fips(county_number) -%}
    case
        when {{ try_to_integer(county_number) }} between 1 and 100
            then cast(36999 + 2 * {{ try_to_integer(county_number) }} as varchar)
    end
{%- endmacro %}
