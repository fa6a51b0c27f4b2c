{# Ohio's voter records in the project's words: the one body of the current and the previous voter view. #}
{% macro stage_oh_voters(source_relation) %}
with source as (

    select * from {{ source_relation }}

),

counties as (

    {{ counties_of('OH') }}

),

read as (

    select
        *,
        {{ try_to_date("trim(date_of_birth)", "%Y-%m-%d") }} as birth_date_read,
        {{ try_to_date("trim(registration_date)", "%Y-%m-%d") }} as registration_date_read,
        {{ digits_only("residential_zip") }} as zip_digits,
        {{ digits_only("residential_zip_plus4") }} as zip4_digits,
        {{ digits_only("mailing_zip") }} as mail_zip_digits,
        {{ digits_only("mailing_zip_plus4") }} as mail_zip4_digits,
        {{ fold_blanks("concat_ws(' ', residential_address1, residential_secondary_addr)") }} as street_read
    from source

),

typed as (

    select
        'OH-' || {{ clean_code("sos_voterid") }} as voter_id,
        {{ clean_code("sos_voterid") }} as state_voter_id,
        'OH' as state_code,
        read._county as county_code,
        counties.county_fips,
        {{ clean_code("county_id") }} as county_voter_id,

        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("middle_name") }} as middle_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ fold_blanks("suffix") }} as name_suffix,

        case {{ clean_code("voter_status") }}
            when 'ACTIVE' then 'active'
            -- Sent a confirmation notice and not heard of since; still registered.
            when 'CONFIRMATION' then 'inactive'
            else case when {{ clean_code("voter_status") }} is not null then 'unknown' end
        end as registration_status,
        {{ believed_day('registration_date_read') }} as registration_date,

        street_read as residence_address,
        {{ fold_blanks("residential_city") }} as residence_city,
        {{ zip5_of('zip_digits') }} as zip5,
        case when length(zip4_digits) = 4 then zip4_digits end as zip4,

        {{ fold_blanks("mailing_address1") }} as mail_address_1,
        {{ fold_blanks("mailing_secondary_address") }} as mail_address_2,
        {{ clean_code("mailing_state") }} as mail_state_code,
        {{ mail_place(fold_blanks("mailing_city"), fold_blanks("concat_ws(' ', mailing_zip, mailing_postal_code)"), fold_blanks("mailing_country"), zip4='case when length(mail_zip4_digits) = 4 then mail_zip4_digits end') }}

        {{ oh_party("party_affiliation") }} as party_code,
        {{ believed_birth_date('birth_date_read') }} as birth_date,
        {{ year_of("birth_date") }} as birth_year,

        {{ clean_code("precinct_code") }} as precinct_code,
        {{ fold_blanks("precinct_name") }} as precinct_name,
        {{ fold_blanks("coalesce(city, village)") }} as municipality_name,
        {{ fold_blanks("ward") }} as ward_code,
        {{ district_number("congressional_district", 2) }} as congressional_district,
        {{ district_number("state_senate_district", 2) }} as state_senate_district,
        {{ district_number("state_representative_district", 2) }} as state_house_district,
        {{ fold_blanks("coalesce(city_school_district, local_school_district, exempted_vill_school_district)") }} as school_district,
        {{ map_by_name({
            'state_board_of_education': district_number("state_board_of_education", 2),
            'court_of_appeals': district_number("court_of_appeals", 2),
            'county_court': fold_blanks("county_court_district"),
            'municipal_court': fold_blanks("municipal_court_district"),
            'educational_service_center': fold_blanks("edu_service_center_district"),
            'career_center': fold_blanks("career_center"),
            'library': fold_blanks("library"),
            'township': fold_blanks("township"),
        }) }} as other_districts,

        {{ voter_origin() }}
    from read
    left join counties on counties.county_code = read._county

),

final as (

    select *
    from typed
    where birth_date is null or {{ full_years_between("birth_date", "as_of") }} >= 18

)

{{ in_shape(voter_shape(), 'final', unrecorded=[
    'status_reason_code', 'status_reason', 'mail_address_3', 'mail_address_4', 'phone', 'email', 'sex_code', 'race_code',
    'ethnicity_code', 'birth_state_code', 'voting_district_code', 'municipality_code', 'county_commission_district',
    'township_code',
]) }}
{% endmacro %}

{# A party of Ohio by its letter. #}
{% macro oh_party(letter) -%}
    case {{ clean_code(letter) }}
        when 'D' then 'DEM'
        when 'R' then 'REP'
        when 'L' then 'LIB'
        when 'G' then 'GRE'
        else {{ clean_code(letter) }}
    end
{%- endmacro %}
