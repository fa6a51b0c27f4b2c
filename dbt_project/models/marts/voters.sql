{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'built_anew_with': ['int_voter_origins']}, pre_hook="{{ forget_outdated_voters() if is_incremental() }}") }}
-- depends_on: {{ ref('int_changed_records') }}
-- depends_on: {{ ref('int_outdated_voters') }}
{% set is_read_anew -%}
voter_id in (select voter_id from {{ ref('int_changed_records') }} union all select voter_id from {{ ref('int_outdated_voters') }})
{%- endset -%}
with registrations as (

    {% if is_incremental() -%}
    {{ picked_rows(ref('int_registrations'), 'is_registered and ' ~ is_read_anew) }}
    {%- else -%}
    select * from {{ ref('int_registrations') }} where is_registered
    {%- endif %}

),

counties as (

    select * from {{ ref('counties') }}

),

addresses as (

    select * from {{ ref('int_addresses') }}

),

eligible as (

    select * from {{ ref('int_eligible_elections') }}

),

records as (

    select * from {{ ref('int_voter_records') }}
    {%- if is_incremental() %} where {{ is_read_anew }}{% endif %}

),

final as (

    select
        registrations.voter_id,
        registrations.state_code,
        registrations.state_voter_id,
        registrations.county_fips,
        counties.county_name,
        registrations.precinct_code,
        registrations.first_name,
        registrations.middle_name,
        registrations.last_name,
        registrations.name_suffix,
        registrations.birth_year,
        {{ age_on_election('registrations.birth_date', 'registrations.birth_year') }} as age_years,
        registrations.sex_code,
        registrations.party_code,
        registrations.registration_status,
        registrations.registration_date,
        registrations.residence_address,
        registrations.residence_city,
        registrations.zip5,
        registrations.zip4,
        {% for part in mailing_parts() -%}
        registrations.{{ part }},
        {% endfor -%}
        registrations.phone,
        registrations.congressional_district,
        registrations.state_senate_district,
        registrations.state_house_district,
        addresses.residence_id,
        -- All four stay null where the day of registration is not known: nobody can say which elections were the voter's.
        eligible.general_eligible_count,
        case when eligible.general_eligible_count is not null then coalesce(records.general_voted_count, 0) end
            as general_voted_count,
        eligible.primary_eligible_count,
        case when eligible.primary_eligible_count is not null then coalesce(records.primary_voted_count, 0) end
            as primary_voted_count,
        records.last_voted_date,
        records.usual_voting_method,
        registrations.delivery_id,
        registrations.record_number,
        registrations.as_of
    from registrations
    left join counties on counties.county_fips = registrations.county_fips
    left join addresses
        on addresses.state_code = registrations.state_code
        and addresses.residence_address = registrations.residence_address
        and addresses.area = {{ residence_area('registrations') }}
    left join eligible
        on eligible.state_code = registrations.state_code
        and eligible.registration_date = registrations.registration_date
    left join records on records.voter_id = registrations.voter_id

)

select * from final
