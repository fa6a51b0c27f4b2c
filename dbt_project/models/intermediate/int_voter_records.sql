{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'built_anew_with': ['int_ballots']}, pre_hook="{{ forget_changed_voters() if is_incremental() }}") }}
-- depends_on: {{ ref('int_changed_records') }}
with registrations as (

    select voter_id, registration_date from {{ ref('int_registrations') }} where is_registered
    {% if is_incremental() -%}
    and voter_id in (select voter_id from {{ ref('int_changed_records') }})
    {%- endif %}

),

ballots as (

    select * from {{ ref('int_ballots') }} where is_counted

),

by_method as (

    select
        ballots.voter_id,
        ballots.voting_method,
        count(*) as ballot_count,
        max(ballots.election_date) as last_date,
        count(*) filter (
            where ballots.election_type = 'general' and ballots.election_date >= registrations.registration_date
        ) as general_count,
        count(*) filter (
            where ballots.election_type = 'primary' and ballots.election_date >= registrations.registration_date
        ) as primary_count
    from ballots
    inner join registrations on registrations.voter_id = ballots.voter_id
    group by ballots.voter_id, ballots.voting_method

),

final as (

    -- No two methods share their last date: a voter has one ballot an election.
    select
        voter_id,
        cast(sum(ballot_count) as integer) as ballot_count,
        max(last_date) as last_voted_date,
        cast(sum(general_count) as integer) as general_voted_count,
        cast(sum(primary_count) as integer) as primary_voted_count,
        {{ last_by("voting_method", "case when voting_method is not null then struct_pack(n := ballot_count, d := last_date) end") }}
            as usual_voting_method
    from by_method
    group by voter_id

)

select * from final
