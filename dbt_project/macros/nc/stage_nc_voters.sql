{# North Carolina's voter records in the project's words: the one body of the current and the previous voter view.
   Taxing districts (fire, water, sewer, sanitation, rescue, special municipal) are left behind: nobody is elected by them. #}
{% macro stage_nc_voters(source_relation) %}
with source as (

    select * from {{ source_relation }}

),

counties as (

    {{ counties_of('NC') }}

),

read as (

    select
        *,
        {{ try_to_integer("trim(birth_year)") }} as birth_year_read,
        {{ try_to_integer("trim(age_at_year_end)") }} as age_read,
        {{ try_to_date("trim(registr_dt)", "%m/%d/%Y") }} as registration_date_read,
        {{ digits_only("zip_code") }} as zip_digits,
        {{ digits_only("mail_zipcode") }} as mail_zip_digits,
        {{ digits_only("full_phone_number") }} as phone_digits,
        {{ fold_blanks("res_street_address") }} as street_read
    from source

),

typed as (

    select
        'NC-' || {{ clean_code("ncid") }} as voter_id,
        {{ clean_code("ncid") }} as state_voter_id,
        'NC' as state_code,
        read._county as county_code,
        counties.county_fips,
        {{ clean_code("voter_reg_num") }} as county_voter_id,

        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("middle_name") }} as middle_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ fold_blanks("name_suffix_lbl") }} as name_suffix,

        case {{ clean_code("status_cd") }}
            when 'A' then 'active'
            when 'I' then 'inactive'
            when 'S' then 'temporary'
            when 'R' then 'removed'
            when 'D' then 'denied'
            else case when {{ clean_code("status_cd") }} is not null then 'unknown' end
        end as registration_status,
        {{ clean_code("reason_cd") }} as status_reason_code,
        {{ fold_blanks("voter_status_reason_desc") }} as status_reason,
        {{ believed_day('registration_date_read') }} as registration_date,

        case when street_read <> 'REMOVED' then street_read end as residence_address,
        {{ fold_blanks("res_city_desc") }} as residence_city,
        {{ zip5_of('zip_digits') }} as zip5,
        {{ zip4_of('zip_digits') }} as zip4,

        {{ fold_blanks("mail_addr1") }} as mail_address_1,
        {{ fold_blanks("mail_addr2") }} as mail_address_2,
        {{ fold_blanks("mail_addr3") }} as mail_address_3,
        {{ fold_blanks("mail_addr4") }} as mail_address_4,
        {{ fold_blanks("mail_city") }} as mail_city,
        {{ clean_code("mail_state") }} as mail_state_code,
        {{ zip5_of('mail_zip_digits') }} as mail_zip5,
        {{ zip4_of('mail_zip_digits') }} as mail_zip4,

        {{ us_phone("phone_digits") }} as phone,

        {{ clean_code("party_cd") }} as party_code,
        {{ clean_code("gender_code") }} as sex_code,
        {{ clean_code("race_code") }} as race_code,
        {{ clean_code("ethnic_code") }} as ethnicity_code,
        {{ believed_birth_year('birth_year_read') }} as birth_year,
        {{ clean_code("birth_state") }} as birth_state_code,

        {{ clean_code("precinct_abbrv") }} as precinct_code,
        {{ fold_blanks("precinct_desc") }} as precinct_name,
        {{ clean_code("vtd_abbrv") }} as voting_district_code,
        {{ clean_code("municipality_abbrv") }} as municipality_code,
        {{ fold_blanks("municipality_desc") }} as municipality_name,
        {{ clean_code("ward_abbrv") }} as ward_code,
        {{ clean_code("cong_dist_abbrv") }} as congressional_district,
        {{ clean_code("nc_senate_abbrv") }} as state_senate_district,
        {{ clean_code("nc_house_abbrv") }} as state_house_district,
        {{ clean_code("county_commiss_abbrv") }} as county_commission_district,
        {{ clean_code("school_dist_abbrv") }} as school_district,
        {{ clean_code("township_abbrv") }} as township_code,
        {{ map_by_name({
            'superior_court': clean_code("super_court_abbrv"),
            'judicial': clean_code("judic_dist_abbrv"),
            'prosecutorial': clean_code("dist_1_abbrv"),
        }) }} as other_districts,

        {{ voter_origin() }},

        {{ clean_code("confidential_ind") }} as confidential_code,
        -- Without a year of birth the age column still tells a minor.
        coalesce({{ year_of("_as_of") }} - birth_year_read, age_read) as age_this_year
    from read
    left join counties on counties.county_code = read._county

),

final as (

    select *
    from typed
    where coalesce(confidential_code, 'N') <> 'Y'
        and coalesce(age_this_year, 18) >= 18

)

{{ in_shape(voter_shape(), 'final', unrecorded=['mail_country', 'email', 'birth_date']) }}
{% endmacro %}
