-- Numbers that stand for the telephone numbers say first which several may have; only of these each is looked at. Where the table is brought
-- forward, only those are asked about that voters had or have who were read anew.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail', meta={'built_anew_with': ['voters']},
    pre_hook="{{ forget_touched_phones() if is_incremental() }}") }}
{%- set is_asked_about = 'phone in (' ~ touched_phones() ~ ')' if is_incremental() else 'phone is not null' %}
-- depends_on: {{ ref('int_changed_records') }}
-- depends_on: {{ ref('int_outdated_voters') }}
with voters as (

    select phone, voter_id, first_name, last_name from {{ ref('voters') }} where {{ is_asked_about }}

),

of_several as (

    select {{ hash_of(['phone']) }} as number from voters group by number having count(*) > 1

),

final as (

    select phone, voter_id, first_name, last_name
    from voters
    where {{ hash_of(['phone']) }} not in (select number from of_several)
    union all
    select phone, min(voter_id), min(first_name), min(last_name)
    from voters
    where {{ hash_of(['phone']) }} in (select number from of_several)
    group by phone
    having count(*) = 1

)

select * from final
