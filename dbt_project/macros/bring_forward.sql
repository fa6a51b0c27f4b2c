{# How tables of voters are brought forward to newer deliveries: those who changed make room and are built anew. #}

{% macro forget_changed_voters() -%}
    delete from {{ this }} where voter_id in (select voter_id from {{ ref('int_changed_records') }})
{%- endmacro %}

{# Who is read anew in the mart voters makes room in it. #}
{% macro forget_outdated_voters() -%}
    delete from {{ this }} where voter_id in (select voter_id from {{ ref('int_outdated_voters') }})
{%- endmacro %}

{% macro forget_touched_residences() -%}
    delete from {{ this }} where residence_id in (select residence_id from {{ ref('int_touched_residences') }})
{%- endmacro %}

{# Telephone numbers that voters who were read anew had in the mart, or have there now. #}
{% macro touched_phones() -%}
    select phone from {{ ref('int_outdated_voters') }} where phone is not null
    union
    select phone from {{ ref('voters') }}
    where phone is not null
        and voter_id in (select voter_id from {{ ref('int_outdated_voters') }} union all select voter_id from {{ ref('int_changed_records') }})
{%- endmacro %}

{# Of these it is told anew whose each is. #}
{% macro forget_touched_phones() -%}
    delete from {{ this }} where phone in ({{ touched_phones() }})
{%- endmacro %}

{# Who lives together is told by residences; of who did the relations are all told anew. #}
{% macro forget_touched_relations() -%}
    {{ forget_touched_residences() }} or not lives_together
{%- endmacro %}

{# Of voters who did not change only the delivery, the place in it and its day are written anew in the mart. #}
{% macro renew_origins() -%}
    update {{ ref('voters') }} as voters
    set delivery_id = records.delivery_id, record_number = records.record_number, as_of = records.as_of
    from ({{ union_states('voters', ['voter_id', 'delivery_id', 'record_number', 'as_of']) }}) as records
    where records.voter_id = voters.voter_id
        and voters.voter_id not in (select voter_id from {{ ref('int_changed_records') }})
{%- endmacro %}

{% macro forget_all() -%}
    delete from {{ this }}
{%- endmacro %}

{# Of whom is no voter any more nothing is kept. #}
{% macro forget_who_left() -%}
    delete from {{ this }} where voter_id not in (select voter_id from {{ ref('voters') }})
{%- endmacro %}

{# A share that holds no more, or a voter who is none any more, is nobody's candidate. #}
{% macro forget_candidates() -%}
    delete from {{ this }}
    where share_id not in (select share_id from ({{ shares_that_hold() }}) as shares)
        or voter_id not in (select voter_id from {{ ref('voters') }})
{%- endmacro %}

{# Rows whose people are linked to voters find them again: `key` tells rows apart, `names` says how the table calls what `exact_links` asks for. #}
{% macro link_anew(key, names) -%}
    {%- set people -%}
    (
        select {{ key }}{% for name, column in names.items() %}, {{ column }} as {{ name }}{% endfor %} from {{ this }}
    )
    {%- endset -%}
    update {{ this }}
    set voter_id = found.voter_id, linked_by = found.linked_by, is_linked = found.is_linked
    from ({{ exact_links(people) }}) as found
    where found.{{ key }} = {{ this }}.{{ key }}
        and (found.voter_id is distinct from {{ this }}.voter_id or found.linked_by is distinct from {{ this }}.linked_by)
{%- endmacro %}
