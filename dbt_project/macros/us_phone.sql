{# A North American phone number of 10 digits, from digits; null where it cannot be one (7 digits, an area code that is none). #}
{% macro us_phone(digits) -%}
    case
        when {{ regexp_contains(digits, "^1?[2-9][0-9]{2}[2-9][0-9]{6}$") }} then right({{ digits }}, 10)
    end
{%- endmacro %}
