{# A North American phone number of 10 digits, from digits; null where it cannot be one (7 digits, an area code that is none). Its text is
   named once, so that it is worked out once. #}
{% macro us_phone(digits) -%}
    {{ regexp_first(digits, "^1?([2-9][0-9]{2}[2-9][0-9]{6})$", 1) }}
{%- endmacro %}
