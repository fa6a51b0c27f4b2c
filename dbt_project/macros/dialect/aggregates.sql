{# Aggregates in the engine's dialect. #}

{# The value in the row that comes first (last) by a column. Ties must be ruled out by that column. #}
{% macro first_by(value, column) -%}
    arg_min({{ value }}, {{ column }})
{%- endmacro %}

{% macro last_by(value, column) -%}
    arg_max({{ value }}, {{ column }})
{%- endmacro %}

{# A map of all rows' keys and values, in the order of the keys. #}
{% macro map_of(key, value) -%}
    map_from_entries(list(struct_pack(k := {{ key }}, v := {{ value }}) order by {{ key }}))
{%- endmacro %}

{% macro empty_map() -%}
    cast(map {} as map(varchar, bigint))
{%- endmacro %}

{# A map of texts, from a dictionary of names and expressions. #}
{% macro map_by_name(values) -%}
    map(
        ['{{ values | join("', '") }}'],
        [{{ values.values() | join(', ') }}]
    )
{%- endmacro %}
