-- The mart is no ref: it is asked as it was left before it is brought forward, and not at all where it is built from nothing.
{% set mart = load_relation(api.Relation.create(database=target.database, schema='marts', identifier='voters')) if execute -%}
{#- What votes and elections are counted by; where neither is built in this run, only who changed may have other counts. -#}
{% set counted_by = ['model.' ~ project_name ~ '.int_ballots', 'model.' ~ project_name ~ '.int_elections'] -%}
{% set counts_stand = execute and not counted_by | select('in', selected_resources) | list -%}
with changed as (

    select voter_id from {{ ref('int_changed_records') }}

),

eligible as (

    select * from {{ ref('int_eligible_elections') }}

),

records as (

    select * from {{ ref('int_voter_records') }}

),

voters as (

    {% if mart -%}
    select
        voter_id, residence_id, phone, state_code, registration_date, general_eligible_count, primary_eligible_count, general_voted_count,
        primary_voted_count, last_voted_date, usual_voting_method
    from {{ mart }}
    {%- else -%}
    select
        cast(null as varchar) as voter_id, cast(null as varchar) as residence_id, cast(null as varchar) as phone,
        cast(null as varchar) as state_code, cast(null as date) as registration_date,
        cast(null as integer) as general_eligible_count, cast(null as integer) as primary_eligible_count,
        cast(null as integer) as general_voted_count, cast(null as integer) as primary_voted_count,
        cast(null as date) as last_voted_date, cast(null as varchar) as usual_voting_method
    where false
    {%- endif %}

),

final as (

    select voters.voter_id, voters.residence_id, voters.phone
    from voters
    {% if counts_stand -%}
    where voters.voter_id in (select voter_id from changed)
    {%- else -%}
    -- Whose day of registration is another one is among those who changed.
    left join eligible
        on eligible.state_code = voters.state_code
        and eligible.registration_date = voters.registration_date
    left join records on records.voter_id = voters.voter_id
    where voters.voter_id in (select voter_id from changed)
        -- Or whose votes or elections are counted otherwise than before.
        or eligible.general_eligible_count is distinct from voters.general_eligible_count
        or eligible.primary_eligible_count is distinct from voters.primary_eligible_count
        or records.last_voted_date is distinct from voters.last_voted_date
        or records.usual_voting_method is distinct from voters.usual_voting_method
        or (
            eligible.general_eligible_count is not null
            and (
                coalesce(records.general_voted_count, 0) <> voters.general_voted_count
                or coalesce(records.primary_voted_count, 0) <> voters.primary_voted_count
            )
        )
    {%- endif %}

)

select * from final
