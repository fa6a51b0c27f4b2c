{# Makes a table in the place of the one before it, or of a view, in one statement of dbt's. #}
{% macro put_in_place(existing, target, sql) -%}
  {% call statement('main') -%}
    {% if existing is not none %}
      drop {{ existing.type }} {{ existing }};
    {% endif %}
    {{ create_table_as(False, target, sql) }}
  {%- endcall %}
{%- endmacro %}

{# A table takes the place of the one before it within one transaction, where dbt makes another, renames both and drops one in a second:
   of a small table these take longer than the rest. #}
{% materialization table, adapter='duckdb' -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {{ put_in_place(existing, target, sql) }}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do persist_docs(target, model) %}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target]}) }}
{%- endmaterialization %}
