{# The number of a district with so many digits, also where a spreadsheet made 1.0 of 01; what is no number stays as it is. #}
{% macro district_number(text, digits) -%}
    case
        when {{ regexp_contains("trim(" ~ text ~ ")", "^[0-9]+([.]0+)?$") }} then {{ padded_number("trim(" ~ text ~ ")", digits) }}
        else {{ clean_code(text) }}
    end
{%- endmacro %}
