{# A row for each of some columns that is not null: its name as one column, its value as another. #}
{% macro rows_of_columns(relation, columns, name, value) -%}
    select * from {{ relation }} unpivot ({{ value }} for {{ name }} in ({{ columns | join(', ') }}))
{%- endmacro %}

{# The rows of a table that a condition on few of its columns picks: the table is read by the numbers of these rows, so that of all others no
   column but those of the condition is read. #}
{% macro picked_rows(table, condition) -%}
    select * from {{ table }} where rowid in (select rowid from {{ table }} where {{ condition }})
{%- endmacro %}
