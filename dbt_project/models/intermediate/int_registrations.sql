-- Brought forward by the voters who changed where it stands. Of the others only the delivery, the place in it and its day are
-- left as they were when the voter last changed; the mart voters writes those of now over them where it is brought forward.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'built_anew_with': ['voters']}, pre_hook="{{ forget_changed_voters() if is_incremental() }}") }}
{%- set columns = registration_columns() %}
-- depends_on: {{ ref('int_changed_records') }}
-- depends_on: {{ ref('int_changed_voters') }}
with staged as (

    {% if is_incremental() -%}
    select {{ columns | join(', ') }} from {{ ref('int_changed_voters') }}
    {%- else -%}
    {{ union_states('voters', columns) }}
    {%- endif %}

),

flagged as (

    select
        {% for column in columns if not column.startswith('mail_') -%}
        {{ column }},
        {% endfor -%}
        {{ mailing_address() }},
        coalesce(registration_status in ('active', 'inactive', 'temporary'), false) as is_registered
    from staged
    where voter_id is not null

),

more_than_once as (

    select voter_id from flagged group by voter_id having count(*) > 1

),

final as (

    -- Only these few are put in order: a window over all voters takes three times as long.
    select * from flagged where voter_id not in (select voter_id from more_than_once)
    union all
    -- A voter who moved stands in the file twice: removed in the old county, active in the new one.
    (
        select *
        from flagged
        where voter_id in (select voter_id from more_than_once)
        qualify row_number() over (
            partition by voter_id
            order by is_registered desc, as_of desc, registration_date desc nulls last, record_number, delivery_id
        ) = 1
    )

)

select * from final
