{# A table that is brought forward gets its new rows at once, where dbt writes them aside first and asks several times which columns both
   have. They have the same, since a model that says something else than when its table was built is built from nothing; to one that is kept
   the columns are added that it has since then (`on_schema_change='append_new_columns'`). #}
{% materialization incremental, adapter='duckdb' -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% if is_incremental() %}
    {% if config.get('on_schema_change') == 'append_new_columns' %}
      {% set had = adapter.get_columns_in_relation(existing) | map(attribute='name') | list %}
      {% set added = get_column_schema_from_query(sql) | rejectattr('name', 'in', had) | list %}
      {% do alter_relation_add_remove_columns(existing, added, none) if added %}
    {% endif %}
    {% call statement('main') -%}
      insert into {{ target }} by name (
        {{ sql }}
      );
    {%- endcall %}
  {% else %}
    {{ put_in_place(existing, target, sql) }}
    {% do persist_docs(target, model) %}
  {% endif %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target]}) }}
{%- endmaterialization %}
