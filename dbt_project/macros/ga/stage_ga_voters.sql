{# Georgia's voter records in the project's words: the one body of the current and the previous voter view. The fire district
   is left behind: nobody is elected by it. #}
{% macro stage_ga_voters(source_relation) %}
with source as (

    select * from {{ source_relation }}

),

counties as (

    {{ counties_of('GA') }}

),

read as (

    select
        *,
        {{ try_to_integer("trim(birth_year)") }} as birth_year_read,
        {{ ga_date("registration_date") }} as registration_date_read,
        {{ digits_only("residence_zipcode") }} as zip_digits,
        {{ digits_only("mailing_zipcode") }} as mail_zip_digits
    from source

),

typed as (

    select
        'GA-' || {{ district_number("registration_number", 8) }} as voter_id,
        {{ district_number("registration_number", 8) }} as state_voter_id,
        'GA' as state_code,
        read._county as county_code,
        counties.county_fips,

        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("middle_name") }} as middle_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ fold_blanks("suffix") }} as name_suffix,

        case left({{ clean_code("status") }}, 1)
            when 'A' then 'active'
            when 'I' then 'inactive'
            when 'C' then 'removed'
            else case when {{ clean_code("status") }} is not null then 'unknown' end
        end as registration_status,
        {{ fold_blanks("status_reason") }} as status_reason,
        {{ believed_day('registration_date_read') }} as registration_date,

        {{ fold_blanks(
            "concat_ws(' ', residence_street_number, residence_pre_direction, residence_street_name, residence_street_type,
             residence_post_direction, residence_apt_unit_number)"
        ) }} as residence_address,
        {{ fold_blanks("residence_city") }} as residence_city,
        {{ zip5_of('zip_digits') }} as zip5,
        {{ zip4_of('zip_digits') }} as zip4,

        {{ fold_blanks("concat_ws(' ', mailing_street_number, mailing_street_name, mailing_apt_unit_number)") }}
            as mail_address_1,
        {{ fold_blanks("mail_address_2") }} as mail_address_2,
        {{ fold_blanks("mail_address_3") }} as mail_address_3,
        {{ clean_code("mailing_state") }} as mail_state_code,
        {{ mail_place(fold_blanks("mailing_city"), fold_blanks("mailing_zipcode"), fold_blanks("mailing_country")) }}

        case when left({{ clean_code("gender") }}, 1) in ('F', 'M') then left({{ clean_code("gender") }}, 1) else 'U' end
            as sex_code,
        case {{ clean_code("race") }}
            when 'WHITE' then 'WH'
            when 'BLACK' then 'BH'
            when 'HISPANIC/LATINO' then 'HP'
            when 'HISPANIC' then 'HP'
            when 'ASIAN/PACIFIC ISLANDER' then 'AP'
            when 'AMERICAN INDIAN' then 'AI'
            when 'ALASKAN NATIVE' then 'AI'
            when 'OTHER' then 'OT'
            when 'MULTI-RACIAL' then 'MR'
            when 'UNKNOWN' then 'U'
            when 'REFUSED' then 'U'
            else {{ clean_code("race") }}
        end as race_code,
        {{ believed_birth_year('birth_year_read') }} as birth_year,

        {{ clean_code("county_precinct") }} as precinct_code,
        {{ fold_blanks("county_precinct_description") }} as precinct_name,
        {{ clean_code("municipal_code") }} as municipality_code,
        {{ fold_blanks("municipality") }} as municipality_name,
        {{ clean_code("city_council_district") }} as ward_code,
        {{ district_number("congressional_district", 1) }} as congressional_district,
        {{ district_number("state_senate_district", 1) }} as state_senate_district,
        {{ district_number("state_house_district", 1) }} as state_house_district,
        {{ clean_code("county_commission_district") }} as county_commission_district,
        {{ clean_code("school_board_district") }} as school_district,
        {{ map_by_name({
            'judicial': clean_code("judicial_district"),
            'municipal_school_board': clean_code("municipal_school_board_district"),
            'water_board': clean_code("water_board_district"),
            'super_council': clean_code("super_council_district"),
            'super_commissioner': clean_code("super_commissioner_district"),
            'super_school_board': clean_code("super_school_board_district"),
        }) }} as other_districts,

        {{ voter_origin() }},

        {{ year_of("_as_of") }} - birth_year_read as age_this_year
    from read
    left join counties on counties.county_code = read._county

),

final as (

    select *
    from typed
    where coalesce(age_this_year, 18) >= 18

)

{{ in_shape(voter_shape(), 'final', unrecorded=[
    'county_voter_id', 'status_reason_code', 'mail_address_4', 'phone', 'email', 'party_code', 'ethnicity_code', 'birth_date',
    'birth_state_code', 'voting_district_code', 'township_code',
]) }}
{% endmacro %}

{# A date of Georgia's files: 05/06/2010 since 2023, 20100506 before. #}
{% macro ga_date(text) -%}
    coalesce(
        {{ try_to_date("trim(" ~ text ~ ")", "%m/%d/%Y") }},
        {{ try_to_date("trim(" ~ text ~ ")", "%Y%m%d") }}
    )
{%- endmacro %}
