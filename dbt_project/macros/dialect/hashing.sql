{# A hash that stays the same between engine versions: the first hex digits of the MD5 of the values, null read as empty. #}
{% macro stable_hash(columns, digits=16) -%}
    left(md5(
        {%- for column in columns %}coalesce({{ column }}, ''){{ " || '|' || " if not loop.last }}{% endfor -%}
    ), {{ digits }})
{%- endmacro %}
