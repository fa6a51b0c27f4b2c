{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail', meta={'built_anew_with': ['voters']},
    pre_hook="{{ forget_touched_residences() if is_incremental() }}") }}
-- depends_on: {{ ref('int_touched_residences') }}
with residences as (

    select residence_id, group_quarters_reason is not null as is_group_quarters
    from {{ ref('residences') }}
    {% if is_incremental() -%}
    where residence_id in (select residence_id from {{ ref('int_touched_residences') }})
    {%- endif %}

),

residents as (

    select
        voters.voter_id, voters.residence_id, coalesce(voters.last_name, voters.voter_id) as surname, residences.is_group_quarters
    from {{ ref('voters') }} as voters
    inner join residences on residences.residence_id = voters.residence_id

),

-- All of one surname are kin. Which surnames of a residence are linked, by way of two who have them?
kin as (

    select distinct kin.residence_id, elders.surname as elder_surname, youngers.surname as younger_surname
    from {{ ref('int_kin') }} as kin
    inner join residents as elders on elders.voter_id = kin.elder_id
    inner join residents as youngers on youngers.voter_id = kin.younger_id
    where elders.surname <> youngers.surname

),

links as (

    select residence_id, elder_surname as surname, younger_surname as other_surname from kin
    union
    select residence_id, younger_surname, elder_surname from kin
    union
    select residence_id, elder_surname, elder_surname from kin
    union
    select residence_id, younger_surname, younger_surname from kin

),

-- Each leads to the first in the alphabet that it is linked with, by however many others: of ten adults at most eight.
{% for step in range(1, 10) -%}
step_{{ step }} as (

    select
        links.residence_id,
        links.surname,
        min({{ 'links.other_surname' if loop.first else 'before.first_surname' }}) as first_surname
    from links
    {% if not loop.first -%}
    inner join step_{{ step - 1 }} as before
        on before.residence_id = links.residence_id
        and before.surname = links.other_surname
    {% endif -%}
    group by links.residence_id, links.surname

),

{% endfor -%}
final as (

    select
        residents.voter_id,
        residents.residence_id,
        case
            when residents.is_group_quarters then residents.residence_id
            else residents.residence_id || '-' || {{ stable_hash(["coalesce(linked.first_surname, residents.surname)"], 6) }}
        end as household_id
    from residents
    left join step_9 as linked
        on linked.residence_id = residents.residence_id
        and linked.surname = residents.surname

)

select * from final
