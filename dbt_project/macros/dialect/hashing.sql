{# A hash that stays the same between engine versions: the first hex digits of the MD5 of the values, null read as empty,
   as `concat` does. #}
{% macro stable_hash(columns, digits=16) -%}
    left(md5(concat({{ columns | join(", '|', ") }})), {{ digits }})
{%- endmacro %}

{# A number to look for equal values by, within one query alone: versions of the engine hash otherwise, and a few unequal values share one. It takes a
   third of the work that the values themselves take to group. #}
{% macro hash_of(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}
