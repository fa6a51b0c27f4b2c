{# Dates in the engine's dialect. #}

{# A date read from text by a strptime format; null where the text is none, never an error (an error would quote it). #}
{% macro try_to_date(text, format) -%}
    cast(try_strptime({{ text }}, '{{ format }}') as date)
{%- endmacro %}

{% macro year_of(date) -%}
    cast(year({{ date }}) as integer)
{%- endmacro %}

{# Days from the first date to the second. #}
{% macro days_between(first, second) -%}
    date_diff('day', {{ first }}, {{ second }})
{%- endmacro %}

{% macro iso_date(date) -%}
    strftime({{ date }}, '%Y-%m-%d')
{%- endmacro %}
