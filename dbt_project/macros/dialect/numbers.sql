{# Numbers in the engine's dialect. #}

{# A whole number read from text; null where the text is none, never an error (an error would quote it). #}
{% macro try_to_integer(text) -%}
    try_cast({{ text }} as integer)
{%- endmacro %}

{# A quotient that is null where there is nothing to divide by. #}
{% macro safe_divide(dividend, divisor) -%}
    (cast({{ dividend }} as double) / nullif({{ divisor }}, 0))
{%- endmacro %}
