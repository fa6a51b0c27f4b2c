{# Colorado's voter records in the project's words: the one body of the current and the previous voter view, from the registered
   voter list or, where there is none now, from the master voter list. #}
{% macro stage_co_voters(registered_relation, master_relation) %}
with source as (

    select
        voter_id, county, last_name, first_name, middle_name, name_suffix, status, status_reason, registration_date, birth_year,
        gender, party, phone_num, residential_address, residential_city, residential_zip_code, residential_zip_plus,
        mailing_address_1, mailing_address_2, mailing_address_3, mailing_city, mailing_state, mailing_zip_code,
        mailing_zip_plus, mailing_country, precinct, precinct_name, congressional, state_senate, state_house, cast(null as varchar) as municipality,
        cast(null as varchar) as city_ward, cast(null as varchar) as county_commissioner, cast(null as varchar) as school,
        cast(null as varchar) as state_board_of_education, cast(null as varchar) as university_of_colorado_regents,
        cast(null as varchar) as judicial, cast(null as varchar) as regional_transportation, cast(null as varchar) as council,
        _county, _delivery_id, _record_number, _as_of, _record_hash
    from {{ registered_relation }}
    union all
    select
        voter_id, county, last_name, first_name, middle_name, name_suffix, voter_status as status, status_reason,
        registration_date, birth_year, gender, party, phone_num, residential_address, residential_city, residential_zip_code,
        residential_zip_plus, mailing_address_1, mailing_address_2, mailing_address_3, mailing_city, mailing_state,
        mailing_zip_code, mailing_zip_plus, mailing_country, precinct_code as precinct, precinct_name, congressional, state_senate, state_house, municipality,
        city_ward, county_commissioner, school, state_board_of_education, university_of_colorado_regents, judicial,
        regional_transportation, council, _county, _delivery_id, _record_number, _as_of, _record_hash
    from {{ master_relation }}
    where not exists (select 1 from {{ source('co', 'co_voters') }})

),

counties as (

    {{ counties_of('CO') }}

),

read as (

    select
        *,
        {{ try_to_integer("trim(birth_year)") }} as birth_year_read,
        {{ try_to_date("trim(registration_date)", "%m/%d/%Y") }} as registration_date_read,
        {{ digits_only("residential_zip_code") }} as zip_digits,
        {{ digits_only("residential_zip_plus") }} as zip4_digits,
        {{ digits_only("mailing_zip_code") }} as mail_zip_digits,
        {{ digits_only("mailing_zip_plus") }} as mail_zip4_digits,
        {{ digits_only("phone_num") }} as phone_digits
    from source

),

typed as (

    select
        'CO-' || {{ clean_code("voter_id") }} as voter_id,
        {{ clean_code("voter_id") }} as state_voter_id,
        'CO' as state_code,
        read._county as county_code,
        counties.county_fips,

        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("middle_name") }} as middle_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ fold_blanks("name_suffix") }} as name_suffix,

        case left({{ clean_code("status") }}, 1)
            when 'A' then 'active'
            when 'I' then 'inactive'
            when 'C' then 'removed'
            when 'P' then 'preregistered'
            else case when {{ clean_code("status") }} is not null then 'unknown' end
        end as registration_status,
        {{ fold_blanks("read.status_reason") }} as status_reason,
        {{ believed_day('registration_date_read') }} as registration_date,

        {{ fold_blanks("residential_address") }} as residence_address,
        {{ fold_blanks("residential_city") }} as residence_city,
        {{ zip5_of('zip_digits') }} as zip5,
        case when length(zip4_digits) = 4 then zip4_digits end as zip4,

        {{ fold_blanks("mailing_address_1") }} as mail_address_1,
        {{ fold_blanks("mailing_address_2") }} as mail_address_2,
        {{ fold_blanks("mailing_address_3") }} as mail_address_3,
        {{ clean_code("mailing_state") }} as mail_state_code,
        {{ mail_place(fold_blanks("mailing_city"), fold_blanks("mailing_zip_code"), fold_blanks("mailing_country"), zip4='case when length(mail_zip4_digits) = 4 then mail_zip4_digits end') }}

        {{ us_phone("phone_digits") }} as phone,

        {{ co_party("party") }} as party_code,
        case when left({{ clean_code("gender") }}, 1) in ('F', 'M') then left({{ clean_code("gender") }}, 1) else 'U' end
            as sex_code,
        {{ believed_birth_year('birth_year_read') }} as birth_year,

        {{ clean_code("precinct") }} as precinct_code,
        {{ fold_blanks("read.precinct_name") }} as precinct_name,
        {{ fold_blanks("municipality") }} as municipality_name,
        {{ fold_blanks("city_ward") }} as ward_code,
        -- The lists have a word before the number: Congressional 1.
        {{ district_number(digits_only("congressional"), 1) }} as congressional_district,
        {{ district_number(digits_only("state_senate"), 1) }} as state_senate_district,
        {{ district_number(digits_only("state_house"), 1) }} as state_house_district,
        {{ fold_blanks("county_commissioner") }} as county_commission_district,
        {{ fold_blanks("school") }} as school_district,
        {{ map_by_name({
            'state_board_of_education': fold_blanks("state_board_of_education"),
            'regents': fold_blanks("university_of_colorado_regents"),
            'judicial': fold_blanks("judicial"),
            'regional_transportation': fold_blanks("regional_transportation"),
            'council': fold_blanks("council"),
        }) }} as other_districts,

        {{ voter_origin() }},

        {{ year_of("_as_of") }} - birth_year_read as age_this_year
    from read
    left join counties on counties.county_code = {{ clean_code("read.county") }}

),

final as (

    select *
    from typed
    where coalesce(registration_status, '') <> 'preregistered'
        and coalesce(age_this_year, 18) >= 18

)

{{ in_shape(voter_shape(), 'final', unrecorded=[
    'county_voter_id', 'status_reason_code', 'mail_address_4', 'email', 'race_code', 'ethnicity_code', 'birth_date',
    'birth_state_code', 'voting_district_code', 'municipality_code', 'township_code',
]) }}
{% endmacro %}

{# A party of Colorado by its three letters. #}
{% macro co_party(code) -%}
    case {{ clean_code(code) }}
        when 'UAF' then 'UNA'
        when 'LBR' then 'LIB'
        when 'GRN' then 'GRE'
        else {{ clean_code(code) }}
    end
{%- endmacro %}
