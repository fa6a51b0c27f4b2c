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

{# Dollars and cents read from text, also with a dollar sign, thousands separators, or in brackets for less than nought; null where
   the text is none, never an error. Nearly all are plain numbers. #}
{% macro try_to_dollars(text) -%}
    case
        when {{ regexp_contains(text, "^[0-9]+([.][0-9]{1,2})?$") }} then try_cast({{ text }} as decimal(12, 2))
        when {{ regexp_contains("trim(" ~ text ~ ")", "^[(]?-?[$]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]{1,2})?[)]?$") }}
            then try_cast(
                case when {{ regexp_contains("trim(" ~ text ~ ")", "^[(]?[$]?-|^[(]") }} then '-' else '' end
                || {{ regexp_replace_all(text, "[^0-9.]", "") }} as decimal(12, 2)
            )
    end
{%- endmacro %}
