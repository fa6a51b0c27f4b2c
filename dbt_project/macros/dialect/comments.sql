{# A table's comments, in one statement, where dbt would ask twice which columns it has: they are those of its YAML, to which its
   contract holds it. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
  {% if for_relation and config.persist_relation_docs() %}
    {% call statement('comments') %}
      {{ alter_relation_comment(relation, model.description) }}
      {% for column in model.columns.values() %}
      comment on column {{ relation }}.{{ adapter.quote(column.name) }} is {{ duckdb_escape_comment(column.description) }};
      {% endfor %}
    {% endcall %}
  {% endif %}
{%- endmacro %}
