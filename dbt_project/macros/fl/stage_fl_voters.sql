{# Florida's voter records in the project's words: the one body of the current and the previous voter view. #}
{% macro stage_fl_voters(source_relation) %}
with source as (

    select * from {{ source_relation }}

),

counties as (

    {{ counties_of('FL') }}

),

read as (

    select
        *,
        {{ try_to_date("trim(birth_date)", "%m/%d/%Y") }} as birth_date_read,
        {{ try_to_date("trim(registration_date)", "%m/%d/%Y") }} as registration_date_read,
        {{ digits_only("residence_zipcode") }} as zip_digits,
        {{ digits_only("mailing_zipcode") }} as mail_zip_digits,
        {{ digits_only("concat(daytime_area_code, daytime_phone_number)") }} as phone_digits
    from source

),

typed as (

    select
        'FL-' || {{ fl_code("voter_id") }} as voter_id,
        {{ fl_code("voter_id") }} as state_voter_id,
        'FL' as state_code,
        read._county as county_code,
        counties.county_fips,

        {{ fl_text("name_first") }} as first_name,
        {{ fl_text("name_middle") }} as middle_name,
        {{ fl_text("name_last") }} as last_name,
        {{ fl_text("name_suffix") }} as name_suffix,

        case {{ fl_code("voter_status") }}
            when 'ACT' then 'active'
            when 'INA' then 'inactive'
            when 'PRE' then 'preregistered'
            else case when {{ fl_code("voter_status") }} is not null then 'unknown' end
        end as registration_status,
        {{ believed_day('registration_date_read') }} as registration_date,

        {{ fl_text("concat_ws(' ', residence_address_line_1, residence_address_line_2)") }} as residence_address,
        {{ fl_text("residence_city") }} as residence_city,
        {{ zip5_of('zip_digits') }} as zip5,
        {{ zip4_of('zip_digits') }} as zip4,

        {{ fl_text("mailing_address_line_1") }} as mail_address_1,
        {{ fl_text("mailing_address_line_2") }} as mail_address_2,
        {{ fl_text("mailing_address_line_3") }} as mail_address_3,
        {{ fl_code("mailing_state") }} as mail_state_code,
        {{ mail_place(fl_text("mailing_city"), fl_text("mailing_zipcode"), fl_text("mailing_country")) }}

        {{ us_phone("phone_digits") }} as phone,
        nullif(nullif(lower(trim(email_address)), ''), '*') as email,

        case {{ fl_code("party_affiliation") }}
            when 'NPA' then 'UNA'
            when 'LPF' then 'LIB'
            else {{ fl_code("party_affiliation") }}
        end as party_code,
        {{ fl_code("gender") }} as sex_code,
        {{ fl_code("race") }} as race_code,
        {{ believed_birth_date('birth_date_read') }} as birth_day,
        {{ year_of("birth_day") }} as birth_year,

        {{ fl_code("precinct") }} as precinct_code,
        {{ district_number("nullif(trim(congressional_district), '*')", 1) }} as congressional_district,
        {{ district_number("nullif(trim(senate_district), '*')", 1) }} as state_senate_district,
        {{ district_number("nullif(trim(house_district), '*')", 1) }} as state_house_district,
        {{ district_number("nullif(trim(county_commission_district), '*')", 1) }} as county_commission_district,
        {{ district_number("nullif(trim(school_board_district), '*')", 1) }} as school_district,

        {{ voter_origin() }},

        {{ clean_code("requested_public_records_exemption") }} as exemption_code,
        {{ fold_blanks("name_last") }} as shown_name
    from read
    left join counties on counties.county_code = read._county

),

final as (

    select * exclude (birth_day), birth_day as birth_date
    from typed
    where coalesce(exemption_code, 'N') <> 'Y'
        and coalesce(shown_name, '') <> '*'
        and coalesce(registration_status, '') <> 'preregistered'
        and (birth_day is null or {{ full_years_between("birth_day", "as_of") }} >= 18)

)

{{ in_shape(voter_shape(), 'final', unrecorded=[
    'county_voter_id', 'status_reason_code', 'status_reason', 'mail_address_4', 'ethnicity_code', 'birth_state_code',
    'precinct_name', 'voting_district_code', 'municipality_code', 'municipality_name', 'ward_code', 'township_code',
    'other_districts',
]) }}
{% endmacro %}

{# A code of Florida's files, and a text: one asterisk stands for what the law keeps from the public. #}
{% macro fl_code(text) -%}
    nullif({{ clean_code(text) }}, '*')
{%- endmacro %}

{% macro fl_text(text) -%}
    {{ fold_blanks("nullif(trim(" ~ text ~ "), '*')") }}
{%- endmacro %}
