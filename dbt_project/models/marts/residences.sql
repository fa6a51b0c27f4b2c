{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail', meta={'built_anew_with': ['voters']},
    pre_hook="{{ forget_touched_residences() if is_incremental() }}") }}
-- depends_on: {{ ref('int_touched_residences') }}
with voters as (

    select * from {{ ref('voters') }} where residence_id is not null
    {% if is_incremental() -%}
    and residence_id in (select residence_id from {{ ref('int_touched_residences') }})
    {%- endif %}

),

addresses as (

    -- Two ways of writing one address have the same street and unit.
    select distinct residence_id, street, unit
    from {{ ref('int_addresses') }}
    {% if is_incremental() -%}
    where residence_id in (select residence_id from {{ ref('int_touched_residences') }})
    {%- endif %}

),

counted as (

    -- Where clerks disagree on county, precinct or city, the resident with the lowest id stands for all.
    select
        residence_id,
        {{ first_by("state_code", "voter_id") }} as state_code,
        {{ first_by("county_fips", "voter_id") }} as county_fips,
        {{ first_by("precinct_code", "voter_id") }} as precinct_code,
        {{ first_by("residence_city", "voter_id") }} as residence_city,
        {{ first_by("zip5", "voter_id") }} as zip5,
        cast(count(*) as integer) as voter_count,
        cast(count(distinct last_name) as integer) as surname_count,
        cast(count(distinct party_code) as integer) as party_count,
        max(last_voted_date) as last_voted_date,
        count(*) filter (where age_years < 27) as young_count,
        count(*) filter (where age_years >= 72) as old_count
    from voters
    group by residence_id

),

final as (

    select
        counted.residence_id,
        counted.state_code,
        counted.county_fips,
        counted.precinct_code,
        addresses.street as residence_street,
        addresses.unit as residence_unit,
        counted.residence_city,
        counted.zip5,
        counted.voter_count,
        counted.surname_count,
        counted.party_count,
        counted.last_voted_date,
        {{ group_quarters_reason() }} as group_quarters_reason
    from counted
    inner join addresses on addresses.residence_id = counted.residence_id

)

select * from final
