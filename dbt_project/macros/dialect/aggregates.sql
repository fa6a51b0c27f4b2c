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

{# The value of a key in a map; null where the map or the key is missing. #}
{% macro map_value(map, key) -%}
    map_extract_value({{ map }}, {{ key }})
{%- endmacro %}

{# A map from a list of keys and one of values; null where there are none. #}
{% macro map_of_lists(keys, values) -%}
    case when len({{ keys }}) > 0 then map({{ keys }}, {{ values }}) end
{%- endmacro %}

{# A list of all rows' values but null, in an order. #}
{% macro list_of(value, order_by) -%}
    list({{ value }} order by {{ order_by }}) filter (where {{ value }} is not null)
{%- endmacro %}

{# A list of these expressions; its element at a place from 1, and those at a list of places. #}
{% macro list_literal(expressions) -%}
    [{{ expressions | join(', ') }}]
{%- endmacro %}

{% macro element_of(list, place) -%}
    list_extract({{ list }}, {{ place }})
{%- endmacro %}

{% macro elements_of(list, places) -%}
    list_select({{ list }}, {{ places }})
{%- endmacro %}

{# The value that stands in the middle of all rows' values; null where there are none. #}
{% macro middle_of(value) -%}
    quantile_disc({{ value }}, 0.5)
{%- endmacro %}
