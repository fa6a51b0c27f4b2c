{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail', meta={'built_anew_with': ['voters']},
    pre_hook="{{ forget_touched_residences() if is_incremental() }}") }}
-- depends_on: {{ ref('int_touched_residences') }}
with members as (

    select voters.*, household_members.household_id
    from {{ ref('household_members') }} as household_members
    inner join {{ ref('voters') }} as voters on voters.voter_id = household_members.voter_id
    {% if is_incremental() -%}
    where household_members.residence_id in (select residence_id from {{ ref('int_touched_residences') }})
    {%- endif %}

),

residences as (

    select * from {{ ref('residences') }}

),

couples as (

    select household_members.household_id, count(*) as couple_count
    from {{ ref('int_kin') }} as kin
    inner join {{ ref('household_members') }} as household_members on household_members.voter_id = kin.elder_id
    where kin.relation = 'partner' and kin.chance >= 0.5
    {%- if is_incremental() %}
        and kin.residence_id in (select residence_id from {{ ref('int_touched_residences') }})
    {%- endif %}
    group by household_members.household_id

),

counted as (

    -- A count of what the state does not record of anybody here stays null.
    select
        household_id,
        min(residence_id) as residence_id,
        cast(count(*) as integer) as member_count,
        cast(count(distinct last_name) as integer) as surname_count,
        min(age_years) as youngest_age_years,
        max(age_years) as oldest_age_years,
        cast(case when count(party_code) > 0 then count(*) filter (where party_code = 'DEM') end as integer) as democrat_count,
        cast(case when count(party_code) > 0 then count(*) filter (where party_code = 'REP') end as integer) as republican_count,
        cast(case when count(party_code) > 0 then count(*) filter (where party_code = 'UNA') end as integer) as unaffiliated_count,
        cast(case when count(party_code) > 0 then count(*) filter (where party_code not in ('DEM', 'REP', 'UNA')) end as integer)
            as other_party_count,
        cast(count(*) filter (where general_voted_count = general_eligible_count and general_eligible_count > 0) as integer)
            as every_general_count,
        cast(count(*) filter (where general_voted_count between 1 and general_eligible_count - 1) as integer) as some_generals_count,
        cast(count(*) filter (where general_voted_count = 0 and general_eligible_count > 0) as integer) as no_general_count,
        max(last_voted_date) as last_voted_date
    from members
    group by household_id

),

final as (

    select
        counted.household_id,
        counted.residence_id,
        residences.state_code,
        residences.county_fips,
        residences.precinct_code,
        case
            when residences.group_quarters_reason is not null then 'group quarters'
            when counted.member_count = 1 then 'one person'
            when counted.member_count = 2 and couples.couple_count = 1 then 'couple'
            else 'family'
        end as household_kind,
        residences.group_quarters_reason,
        counted.member_count,
        counted.surname_count,
        counted.youngest_age_years,
        counted.oldest_age_years,
        counted.democrat_count,
        counted.republican_count,
        counted.unaffiliated_count,
        counted.other_party_count,
        counted.every_general_count,
        counted.some_generals_count,
        counted.no_general_count,
        counted.last_voted_date
    from counted
    inner join residences on residences.residence_id = counted.residence_id
    left join couples on couples.household_id = counted.household_id

)

select * from final
