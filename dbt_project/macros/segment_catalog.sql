{# What the segments say of themselves in their YAML, as rows. The graph is known only when models run. #}
{% macro segment_catalog(names) -%}
    {%- set rows = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') if node.name in names -%}
            {%- set meta = node.config.meta -%}
            {%- set purposes = [] -%}
            {%- for purpose in meta.get('purposes', []) -%}
                {%- do purposes.append(quoted(purpose)) -%}
            {%- endfor -%}
            {%- do rows.append(
                "(" ~ quoted(node.name) ~ ", " ~ quoted(meta.get('name', node.name)) ~ ", "
                ~ quoted(node.description.split() | join(' ')) ~ ", " ~ quoted(meta.get('owner', '')) ~ ", "
                ~ "cast([" ~ purposes | join(', ') ~ "] as varchar[]))"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if rows -%}
    select * from (values
        {{ rows | sort | join(',\n        ') }}
    ) as catalog (segment_id, name, rule, owner, purposes)
    {%- else -%}
    select
        cast(null as varchar) as segment_id, cast(null as varchar) as name, cast(null as varchar) as rule,
        cast(null as varchar) as owner, cast(null as varchar[]) as purposes
    where false
    {%- endif -%}
{%- endmacro %}

{# A text as a SQL literal. #}
{% macro quoted(text) -%}
    '{{ text | string | replace("'", "''") }}'
{%- endmacro %}
