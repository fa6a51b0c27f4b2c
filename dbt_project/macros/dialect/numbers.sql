{# Numbers in the engine's dialect. #}

{# A whole number read from text; null where the text is none, never an error (an error would quote it). #}
{% macro try_to_integer(text) -%}
    try_cast({{ text }} as integer)
{%- endmacro %}

{# A whole number read from text, written with at least so many digits; null where the text is none. #}
{% macro padded_number(text, digits) -%}
    format('{:0{{ digits }}d}', {{ try_to_integer(text) }})
{%- endmacro %}

{# A quotient that is null where there is nothing to divide by. #}
{% macro safe_divide(dividend, divisor) -%}
    (cast({{ dividend }} as double) / nullif({{ divisor }}, 0))
{%- endmacro %}
