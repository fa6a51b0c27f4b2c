{# The rows of a relation, all its columns and rows as they are, each with the voter to whom its person is linked: `voter_id`, `linked_by` (the
   key that led there), `is_linked`. `keys` says what the relation carries, surest first; the first that leads to a voter counts:
   - state_voter_id, with state_code: the state's own id, as the state writes it;
   - van_id: leads on to the voter to whom the newest VAN list with this VANID links it;
   - email, phone, both with first_name and last_name: the one voter who has it, if the names are the same. What several voters have leads to
     nobody, and what one of a household has in the voter file may be used by all of it.
   An id leads to its voter whatever the name, since names change and ids do not. Columns may be null. #}
{% macro exact_links(relation, keys=['email', 'phone']) -%}
    select
        people.*,
        coalesce({% for key in keys %}by_{{ key }}.voter_id{{ ', ' if not loop.last }}{% endfor %}) as voter_id,
        case {% for key in keys %}when by_{{ key }}.voter_id is not null then '{{ key }}' {% endfor %}end as linked_by,
        coalesce({% for key in keys %}by_{{ key }}.voter_id{{ ', ' if not loop.last }}{% endfor %}) is not null as is_linked
    from {{ relation }} as people
    {%- for key in keys %}
    left join (
        {%- if key == 'state_voter_id' %}
        select voter_id from {{ ref('voters') }}
        {%- elif key == 'van_id' %}
        select van_id, voter_id from {{ ref('int_van_voters') }} where voter_id is not null
        {%- elif key == 'email' %}
        select email, voter_id, first_name, last_name from {{ ref('int_voter_emails') }}
        {%- elif key == 'phone' %}
        select phone, voter_id, first_name, last_name from {{ ref('int_voter_phones') }}
        {%- endif %}
    ) as by_{{ key }}
        {%- if key == 'state_voter_id' %}
        on by_{{ key }}.voter_id = people.state_code || '-' || people.state_voter_id
        {%- else %}
        on by_{{ key }}.{{ key }} = people.{{ key }}
        {%- endif %}
        {%- if key in ('email', 'phone') %}
        and by_{{ key }}.first_name = people.first_name and by_{{ key }}.last_name = people.last_name
        {%- endif %}
    {%- endfor %}
{%- endmacro %}
