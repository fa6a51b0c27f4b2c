{# Columns of the voter records of all states that int_changed_records names, staged like the others: of those of now, or of those before.
   Picked from raw, so that only they are typed, and by their hash first: what else a record has is then read of these alone, since a
   number is asked for where a table is read, and a place and a delivery only where whole records are. Raw is not named as a source: the
   staging models, on which int_changed_records is built, do that. #}
{% macro changed_voters(is_current, columns) -%}
    {% for state in var('states') -%}
    {% set picked = [] -%}
    {% for list in voter_lists(state) -%}
    {% set raw = api.Relation.create(schema='raw', identifier=list ~ ('' if is_current else '_previous')) %}
    {%- set records %}(
            select raw.*
            from (
                select * from {{ raw }}
                where _record_hash in (select record_hash from {{ ref('int_changed_records') }} where is_current = {{ is_current }})
            ) as raw
            semi join {{ ref('int_changed_records') }} as changed
                on changed.delivery_id = raw._delivery_id
                and changed.record_number = raw._record_number
                and changed.is_current = {{ is_current }}
        ) as picked
    {%- endset %}
    {%- do picked.append(records) %}
    {%- endfor %}
    select {{ columns | join(', ') }} from ({{ context['stage_' ~ (state | lower) ~ '_voters'](*picked) }})
    {{- ' union all ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# What registrations are made of. #}
{% macro registration_columns() -%}
    {%- do return([
        'voter_id', 'state_code', 'state_voter_id', 'county_code', 'county_fips', 'precinct_code',
        'first_name', 'middle_name', 'last_name', 'name_suffix', 'birth_date', 'birth_year', 'sex_code', 'party_code',
        'registration_status', 'registration_date', 'residence_address', 'residence_city', 'zip5', 'phone',
        'zip4', 'mail_address_1', 'mail_address_2', 'mail_address_3', 'mail_address_4', 'mail_city', 'mail_state_code', 'mail_zip5',
        'mail_zip4', 'mail_country',
        'congressional_district', 'state_senate_district', 'state_house_district', 'delivery_id', 'record_number', 'as_of',
    ]) -%}
{%- endmacro %}

{# What is asked of registrations as they were before. #}
{% macro earlier_columns() -%}
    {%- do return([
        'voter_id', 'state_code', 'county_code', 'county_fips', 'first_name', 'middle_name', 'last_name', 'name_suffix',
        'party_code', 'registration_status', 'registration_date', 'residence_address', 'residence_city', 'zip5',
        'delivery_id', 'record_number', 'as_of',
    ]) -%}
{%- endmacro %}

{# Columns of the records that registrations are made of: all voters' or, where these are brought forward, of those who changed. #}
{% macro registration_records(columns, is_brought_forward) -%}
    {% if is_brought_forward -%}
    select {{ columns | join(', ') }} from {{ ref('int_changed_voters') }}
    {%- else -%}
    {{ union_states('voters', columns) }}
    {%- endif %}
{%- endmacro %}

{# The voter files of a state, in the order in which its staging takes them: mostly one. #}
{% macro voter_lists(state) -%}
    {%- do return({'CO': ['co_voters', 'co_master_voters']}.get(state, [(state | lower) ~ '_voters'])) -%}
{%- endmacro %}
