{# Michigan's voter records in the project's words: the one body of the current and the previous voter view. #}
{% macro stage_mi_voters(source_relation) %}
{% set last_mail_line = "coalesce(nullif(trim(mailing_address_line_five), ''), nullif(trim(mailing_address_line_four), ''), "
    ~ "nullif(trim(mailing_address_line_three), ''), mailing_address_line_two)" -%}
{% set place = ",? [A-Z]{2},? [0-9]{5}(-?[0-9]{4})?$" -%}
with source as (

    select * from {{ source_relation }}

),

counties as (

    {{ counties_of('MI') }}

),

read as (

    select
        *,
        {{ try_to_integer("trim(year_of_birth)") }} as birth_year_read,
        {{ mi_date("registration_date") }} as registration_date_read,
        {{ digits_only("zip_code") }} as zip_digits,
        {{ clean_code("voter_status_type_code") }} as status_code,
        {{ fold_blanks(last_mail_line) }} as last_mail_line,
        -- The files of fixed widths have both in one field: two bytes of ward, four of precinct.
        coalesce(ward, left(ward_and_precinct, 2)) as ward_read,
        coalesce(precinct, substr(ward_and_precinct, 3)) as precinct_read
    from source

),

placed as (

    -- The last line of an address in the country is its city, state and ZIP code.
    select
        *,
        case when {{ regexp_contains("last_mail_line", "^.+" ~ place) }} then last_mail_line end as city_line,
        {{ digits_only(regexp_first("last_mail_line", "[0-9]{5}(-?[0-9]{4})?$")) }} as mail_zip_digits
    from read

),

typed as (

    select
        'MI-' || {{ clean_code("voter_identification_number") }} as voter_id,
        {{ clean_code("voter_identification_number") }} as state_voter_id,
        'MI' as state_code,
        read._county as county_code,
        counties.county_fips,

        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("middle_name") }} as middle_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ fold_blanks("name_suffix") }} as name_suffix,

        case status_code
            when 'A' then 'active'
            -- To be verified, or challenged; still registered.
            when 'V' then 'inactive'
            when 'CH' then 'inactive'
            when 'C' then 'removed'
            else case when status_code is not null then 'unknown' end
        end as registration_status,
        {{ fold_blanks("status_reason") }} as status_reason,
        {{ believed_day('registration_date_read') }} as registration_date,

        {{ fold_blanks("concat_ws(' ', trim(street_number_prefix), trim(street_number), trim(street_number_suffix), "
            ~ "trim(direction_prefix), trim(street_name), trim(street_type), trim(direction_suffix), trim(extension))") }} as residence_address,
        {{ fold_blanks("city") }} as residence_city,
        {{ zip5_of('zip_digits') }} as zip5,
        {{ zip4_of('zip_digits') }} as zip4,

        {{ fold_blanks("mailing_address_line_one") }} as mail_address_1,
        nullif({{ fold_blanks("mailing_address_line_two") }}, city_line) as mail_address_2,
        nullif({{ fold_blanks("mailing_address_line_three") }}, city_line) as mail_address_3,
        nullif(concat_ws(
            ' ', nullif({{ fold_blanks("mailing_address_line_four") }}, city_line),
            nullif({{ fold_blanks("mailing_address_line_five") }}, city_line)
        ), '') as mail_address_4,
        {{ regexp_replace_all("city_line", place, "") }} as mail_city,
        {{ regexp_first(regexp_first("city_line", place), "[A-Z]{2}") }} as mail_state_code,
        case when city_line is not null then {{ zip5_of('mail_zip_digits') }} end as mail_zip5,
        case when city_line is not null then {{ zip4_of('mail_zip_digits') }} end as mail_zip4,

        {{ clean_code("gender") }} as sex_code,
        {{ believed_birth_year('birth_year_read') }} as birth_year,

        -- A precinct has its number in its ward, or without wards in its city or township.
        case
            when trim(precinct_read) <> '' then concat_ws(
                '-',
                {{ district_number("jurisdiction_code", 5) }},
                nullif({{ district_number("ward_read", 1) }}, '0'),
                {{ district_number("precinct_read", 1) }}
            )
        end as precinct_code,
        {{ district_number("jurisdiction_code", 5) }} as municipality_code,
        {{ fold_blanks("jurisdiction_name") }} as municipality_name,
        nullif({{ district_number("ward_read", 1) }}, '0') as ward_code,
        {{ district_number("us_congress_district_code", 1) }} as congressional_district,
        {{ district_number("state_senate_district_code", 1) }} as state_senate_district,
        {{ district_number("state_house_district_code", 1) }} as state_house_district,
        {{ district_number("county_commissioner_district_code", 1) }} as county_commission_district,
        {{ district_number("school_district_code", 5) }} as school_district,
        {{ map_by_name({'village': district_number("village_district_code", 5)}) }} as other_districts,

        {{ voter_origin() }},

        {{ year_of("_as_of") }} - birth_year_read as age_this_year
    from placed as read
    left join counties on counties.county_code = read._county

),

final as (

    select *
    from typed
    where coalesce(age_this_year, 18) >= 18

)

{{ in_shape(voter_shape(), 'final', unrecorded=[
    'county_voter_id', 'status_reason_code', 'mail_country', 'phone', 'email', 'party_code',
    'race_code', 'ethnicity_code', 'birth_date', 'birth_state_code', 'precinct_name', 'voting_district_code', 'township_code',
]) }}
{% endmacro %}

{# A day of Michigan's files: 05062010 in those of fixed widths, 2010-05-06 or 05/06/2010 in the CSV. #}
{% macro mi_date(text) -%}
    coalesce(
        {{ try_to_date("trim(" ~ text ~ ")", "%Y-%m-%d") }},
        {{ try_to_date("trim(" ~ text ~ ")", "%m%d%Y") }},
        {{ try_to_date("trim(" ~ text ~ ")", "%m/%d/%Y") }}
    )
{%- endmacro %}

{# What is held on a day, by Michigan's calendar: the CSV has no titles. State primaries are in August of even years, the
   presidential one in February or March. #}
{% macro mi_election(held) -%}
    case
        when mod({{ year_of(held) }}, 2) = 0 and month({{ held }}) = 11 then 'GENERAL'
        when mod({{ year_of(held) }}, 2) = 0 and month({{ held }}) = 8 then 'PRIMARY'
        when mod({{ year_of(held) }}, 4) = 0 and month({{ held }}) in (2, 3) then 'PRESIDENTIAL PRIMARY'
        else 'LOCAL'
    end
{%- endmacro %}
