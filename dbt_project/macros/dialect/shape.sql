{# A row for each of some columns that is not null: its name as one column, its value as another. #}
{% macro rows_of_columns(relation, columns, name, value) -%}
    select * from {{ relation }} unpivot ({{ value }} for {{ name }} in ({{ columns | join(', ') }}))
{%- endmacro %}
