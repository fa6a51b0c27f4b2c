{# Washington's voter records in the project's words: the one body of the current and the previous voter view. Precincts have
   their names from the list that counts now. #}
{% macro stage_wa_voters(source_relation) %}
with source as (

    select * from {{ source_relation }}

),

counties as (

    {{ counties_of('WA') }}

),

precincts as (

    select
        _county,
        {{ wa_precinct("precinct_code") }} as precinct_number,
        {{ first_by(fold_blanks("precinct_name"), "_record_number") }} as precinct_name
    from {{ source('wa', 'wa_precincts') }}
    group by 1, 2

),

read as (

    select
        *,
        {{ wa_precinct("precinct_code") }} as precinct_number,
        {{ wa_date("birthdate") }} as birth_date_read,
        -- Of late the year alone.
        coalesce({{ year_of("birth_date_read") }}, {{ try_to_integer("trim(birthdate)") }}) as birth_year_read,
        {{ wa_date("registration_date") }} as registration_date_read,
        {{ digits_only("zip_code") }} as zip_digits,
        {{ digits_only("mail_zip") }} as mail_zip_digits
    from source

),

typed as (

    select
        'WA-' || {{ clean_code("state_voter_id") }} as voter_id,
        {{ clean_code("state_voter_id") }} as state_voter_id,
        'WA' as state_code,
        read._county as county_code,
        counties.county_fips,
        {{ clean_code("county_voter_id") }} as county_voter_id,

        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("middle_name") }} as middle_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ fold_blanks("name_suffix") }} as name_suffix,

        case left({{ clean_code("status_code") }}, 1)
            when 'A' then 'active'
            when 'I' then 'inactive'
            when 'C' then 'removed'
            else case when {{ clean_code("status_code") }} is not null then 'unknown' end
        end as registration_status,
        {{ believed_day('registration_date_read') }} as registration_date,

        {{ fold_blanks(
            "concat_ws(' ', street_number, street_fraction, street_pre_direction, street_name, street_type,
             street_post_direction, unit_type, unit_number)"
        ) }} as residence_address,
        {{ fold_blanks("city") }} as residence_city,
        {{ zip5_of('zip_digits') }} as zip5,
        {{ zip4_of('zip_digits') }} as zip4,

        {{ fold_blanks("mail_1") }} as mail_address_1,
        {{ fold_blanks("mail_2") }} as mail_address_2,
        {{ fold_blanks("mail_3") }} as mail_address_3,
        {{ fold_blanks("mail_4") }} as mail_address_4,
        {{ clean_code("mail_state") }} as mail_state_code,
        {{ mail_place(fold_blanks("read.mail_city"), fold_blanks("mail_zip"), fold_blanks("mail_country")) }}

        coalesce({{ clean_code("gender") }}, 'U') as sex_code,
        {{ believed_birth_date('birth_date_read') }} as birth_day,
        {{ believed_birth_year('birth_year_read') }} as birth_year,

        {{ clean_code("precinct_code") }} as precinct_code,
        precincts.precinct_name,
        {{ district_number("read.congressional_district", 2) }} as congressional_district,
        {{ district_number("legislative_district", 2) }} as state_senate_district,
        {{ district_number("legislative_district", 2) }} as state_house_district,

        {{ voter_origin() }},

        -- A minor's year alone tells only the age reached in the file's year.
        coalesce(
            {{ full_years_between("birth_date_read", "_as_of") }}, {{ year_of("_as_of") }} - birth_year_read
        ) as age_at_file
    from read
    left join counties on counties.county_code = read._county
    left join precincts
        on precincts._county = read._county
        and precincts.precinct_number = read.precinct_number

),

final as (

    select * exclude (birth_day), birth_day as birth_date
    from typed
    where coalesce(age_at_file, 18) >= 18

)

{{ in_shape(voter_shape(), 'final', unrecorded=[
    'status_reason_code', 'status_reason', 'phone', 'email', 'party_code', 'race_code', 'ethnicity_code', 'birth_state_code',
    'voting_district_code', 'municipality_code', 'municipality_name', 'ward_code',
    'county_commission_district', 'school_district', 'township_code', 'other_districts',
]) }}
{% endmacro %}

{# A date of Washington's files: 2010-05-06, in older ones 05/06/2010. #}
{% macro wa_date(text) -%}
    coalesce(
        {{ try_to_date("trim(" ~ text ~ ")", "%Y-%m-%d") }},
        {{ try_to_date("trim(" ~ text ~ ")", "%m/%d/%Y") }}
    )
{%- endmacro %}

{# A precinct's code without the zeros before it, which a spreadsheet takes away. #}
{% macro wa_precinct(text) -%}
    trim(leading '0' from {{ clean_code(text) }})
{%- endmacro %}
