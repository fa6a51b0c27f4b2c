{# The voter records of all states that int_changed_records names, staged like the others: those of now, or those before.
   Picked from raw, so that only they are typed. Raw is not named as a source: the staging models, on which
   int_changed_records is built, do that. #}
{% macro changed_voters(is_current) -%}
    {% set columns = voter_shape() | map(attribute=0) | join(', ') %}
    {% for state in var('states') -%}
    {% set picked = [] -%}
    {% for list in voter_lists(state) -%}
    {% set raw = api.Relation.create(schema='raw', identifier=list ~ ('' if is_current else '_previous')) %}
    {%- set records %}(
            select raw.*
            from {{ raw }} as raw
            semi join {{ ref('int_changed_records') }} as changed
                on changed.delivery_id = raw._delivery_id
                and changed.record_number = raw._record_number
                and changed.is_current = {{ is_current }}
        ) as picked
    {%- endset %}
    {%- do picked.append(records) %}
    {%- endfor %}
    select {{ columns }} from ({{ context['stage_' ~ (state | lower) ~ '_voters'](*picked) }})
    {{- ' union all ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The voter files of a state, in the order in which its staging takes them: mostly one. #}
{% macro voter_lists(state) -%}
    {%- do return({'CO': ['co_voters', 'co_master_voters']}.get(state, [(state | lower) ~ '_voters'])) -%}
{%- endmacro %}
