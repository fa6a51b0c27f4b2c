{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'built_anew_with': ['int_ballots']}, pre_hook="{{ forget_changed_voters() if is_incremental() }}") }}
-- depends_on: {{ ref('int_changed_records') }}
with ballots as (

    select * from {{ ref('int_ballots') }}

),

voters as (

    select voter_id from {{ ref('voters') }}
    {% if is_incremental() -%}
    where voter_id in (select voter_id from {{ ref('int_changed_records') }})
    {%- endif %}

),

final as (

    select
        ballots.voter_id,
        ballots.election_id,
        ballots.election_date,
        ballots.election_type,
        ballots.voting_method,
        ballots.ballot_party_code,
        ballots.voted_county_fips,
        ballots.is_counted
    from ballots
    where ballots.voter_id in (select voter_id from voters)

)

select * from final
