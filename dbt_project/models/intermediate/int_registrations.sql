-- Brought forward by the voters who changed where it stands. Of the others only the delivery, the place in it and its day are
-- left as they were when the voter last changed; int_voter_origins writes those of now over them in the mart.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'built_anew_with': ['voters']}, pre_hook="{{ forget_changed_voters() if is_incremental() }}") }}
{%- set columns = registration_columns() %}
{%- set keys = ['voter_id', 'registration_status', 'registration_date', 'delivery_id', 'record_number', 'as_of'] %}
{%- set is_registered = "coalesce(registration_status in ('active', 'inactive', 'temporary'), false)" %}
-- depends_on: {{ ref('int_changed_records') }}
-- depends_on: {{ ref('int_changed_voters') }}
with staged as (

    {{ registration_records(columns, is_incremental()) }}

),

flagged as (

    select
        {% for column in columns if not column.startswith('mail_') -%}
        {{ column }},
        {% endfor -%}
        {{ mailing_address() }},
        {{ is_registered }} as is_registered
    from staged
    where voter_id is not null

),

-- Who stands there twice is looked for in keys alone, read anew: of what a query names twice all columns of all voters would be held. By a
-- number that a few others may share, who are told apart below.
more_than_once as (

    select {{ hash_of(['voter_id']) }} as voter
    from ({{ registration_records(['voter_id'], is_incremental()) }}) as ids
    where voter_id is not null
    group by voter
    having count(*) > 1

),

-- A voter who moved stands in the file twice: removed in the old county, active in the new one.
passed_over as (

    select delivery_id, record_number
    from ({{ registration_records(keys, is_incremental()) }}) as keys
    where voter_id is not null and {{ hash_of(['voter_id']) }} in (select voter from more_than_once)
    qualify row_number() over (
        partition by voter_id
        order by {{ is_registered }} desc, as_of desc, registration_date desc nulls last, record_number, delivery_id
    ) > 1

),

final as (

    select * from flagged anti join passed_over using (delivery_id, record_number)

)

select * from final
