{# Pennsylvania's voter records in the project's words: the one body of the current and the previous voter view. What a county's
   forty districts are stands in its zone types of the same day. #}
{% macro stage_pa_voters(source_relation) %}
{%- set districts = [] -%}
{%- for place in range(1, 41) %}{% do districts.append('district_' ~ place) %}{% endfor %}
with source as (

    select * from {{ source_relation }}

),

counties as (

    {{ counties_of('PA') }}

),

zone_types as (

    select
        _county,
        _as_of,
        {{ try_to_integer("trim(zone_number)") }} as place,
        {{ first_by(fold_blanks("zone_short_name"), "_record_number") }} as short_name,
        {{ first_by(fold_blanks("zone_long_name"), "_record_number") }} as long_name
    from ({{ pa_of_every_day('pa_zone_types') }})
    group by 1, 2, 3
    having place between 1 and 40

),

zone_kinds as (

    select
        _county,
        _as_of,
        place,
        coalesce(lower(short_name), 'zone_' || place) as short_name,
        case
            when {{ regexp_contains("long_name", "CONGRESS") }} then 'congress'
            when {{ regexp_contains("long_name", "SENAT") }} then 'senate'
            when {{ regexp_contains("long_name", "LEGISLATIVE|HOUSE|REPRESENTATIVE") }} then 'house'
            when {{ regexp_contains("long_name", "SCHOOL") }} then 'school'
            when {{ regexp_contains("long_name", "WARD") }} then 'ward'
            when {{ regexp_contains("long_name", "MUNICIPAL|TOWNSHIP|BOROUGH") }} then 'municipality'
            else 'other'
        end as kind
    from zone_types
    -- A county that names two of its zones alike keeps the first of them.
    qualify row_number() over (partition by _county, _as_of, lower(short_name) order by place) = 1

),

municipalities as (

    select _county, _as_of, {{ map_of("code", "name") }} as municipality_names
    from (
        select
            codes._county,
            codes._as_of,
            {{ clean_code("codes.zone_code") }} as code,
            {{ first_by(fold_blanks("codes.zone_description"), "codes._record_number") }} as name
        from ({{ pa_of_every_day('pa_zone_codes') }}) as codes
        inner join zone_kinds
            on zone_kinds._county = codes._county
            and zone_kinds._as_of = codes._as_of
            and zone_kinds.place = {{ try_to_integer("trim(codes.zone_number)") }}
            and zone_kinds.kind = 'municipality'
        where trim(codes.zone_code) <> ''
        group by 1, 2, 3
    )
    group by 1, 2

),

zones as (

    select
        zone_kinds._county,
        zone_kinds._as_of,
        {% for kind in ['congress', 'senate', 'house', 'school', 'ward', 'municipality'] -%}
        min(case when kind = '{{ kind }}' then place end) as {{ kind }}_place,
        {% endfor -%}
        {{ list_of("case when kind = 'other' then short_name end", "place") }} as other_names,
        {{ list_of("case when kind = 'other' then place end", "place") }} as other_places,
        any_value(municipality_names) as municipality_names
    from zone_kinds
    left join municipalities
        on municipalities._county = zone_kinds._county and municipalities._as_of = zone_kinds._as_of
    group by 1, 2

),

read as (

    select
        source.*,
        counties.county_fips,
        zones.* exclude (_county, _as_of),
        {{ list_literal(districts) }} as districts,
        {{ try_to_date("trim(dob)", "%m/%d/%Y") }} as birth_date_read,
        {{ try_to_date("trim(registration_date)", "%m/%d/%Y") }} as registration_date_read,
        {{ digits_only("zip_residential") }} as zip_digits,
        {{ digits_only("mail_zip") }} as mail_zip_digits,
        {{ digits_only("home_phone") }} as phone_digits
    from source
    left join counties on counties.county_code = source._county
    left join zones on zones._county = source._county and zones._as_of = source._as_of

),

typed as (

    select
        'PA-' || {{ clean_code("id_number") }} as voter_id,
        {{ clean_code("id_number") }} as state_voter_id,
        'PA' as state_code,
        _county as county_code,
        county_fips,

        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("middle_name") }} as middle_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ fold_blanks("suffix") }} as name_suffix,

        case {{ clean_code("voter_status") }}
            when 'A' then 'active'
            when 'I' then 'inactive'
            else case when {{ clean_code("voter_status") }} is not null then 'unknown' end
        end as registration_status,
        {{ believed_day('registration_date_read') }} as registration_date,

        {{ fold_blanks("concat_ws(' ', trim(house_number_residential), trim(house_number_suffix_residential), "
            ~ "trim(street_name_residential), trim(apartment_number_residential), trim(address_line_2_residential))") }} as residence_address,
        {{ fold_blanks("city_residential") }} as residence_city,
        {{ zip5_of('zip_digits') }} as zip5,
        {{ zip4_of('zip_digits') }} as zip4,

        {{ fold_blanks("mail_address_1") }} as mail_address_1,
        {{ fold_blanks("mail_address_2") }} as mail_address_2,
        {{ clean_code("mail_state") }} as mail_state_code,
        {{ mail_place(fold_blanks("mail_city"), fold_blanks("mail_zip"), fold_blanks("mail_country")) }}

        {{ us_phone("phone_digits") }} as phone,

        {{ pa_party("party_code") }} as party_code,
        {{ clean_code("gender") }} as sex_code,
        {{ believed_birth_date('birth_date_read') }} as birth_date,
        {{ year_of("birth_date") }} as birth_year,

        {{ clean_code("precinct_code") }} as precinct_code,
        {{ clean_code(element_of("districts", "municipality_place")) }} as municipality_code,
        {{ map_value("municipality_names", "municipality_code") }} as municipality_name,
        {{ clean_code(element_of("districts", "ward_place")) }} as ward_code,
        {{ pa_district(element_of("districts", "congress_place")) }} as congressional_district,
        {{ pa_district(element_of("districts", "senate_place")) }} as state_senate_district,
        {{ pa_district(element_of("districts", "house_place")) }} as state_house_district,
        {{ clean_code(element_of("districts", "school_place")) }} as school_district,
        {{ map_of_lists("other_names", elements_of("districts", "other_places")) }} as other_districts,

        {{ voter_origin() }}
    from read

),

final as (

    select *
    from typed
    where birth_date is null or {{ full_years_between("birth_date", "as_of") }} >= 18

)

{{ in_shape(voter_shape(), 'final', unrecorded=[
    'county_voter_id', 'status_reason_code', 'status_reason', 'mail_address_3', 'mail_address_4', 'email', 'race_code',
    'ethnicity_code', 'birth_state_code', 'precinct_name', 'voting_district_code', 'county_commission_district',
    'township_code',
]) }}
{% endmacro %}

{# The records of a county's list that is current and of the one before: voters are read with that of their own day. #}
{% macro pa_of_every_day(name) -%}
    select * from {{ source('pa', name) }} union all select * from {{ source('pa', name ~ '_previous') }}
{%- endmacro %}

{# The number of a district from its zone code, such as USC13. #}
{% macro pa_district(code) -%}
    {{ district_number(digits_only(code), 1) }}
{%- endmacro %}

{# A party of Pennsylvania by its code; nobody's party is NF, or NOP. #}
{% macro pa_party(code) -%}
    case {{ clean_code(code) }}
        when 'D' then 'DEM'
        when 'R' then 'REP'
        when 'LN' then 'LIB'
        when 'GR' then 'GRE'
        when 'NF' then 'UNA'
        when 'NOP' then 'UNA'
        else {{ clean_code(code) }}
    end
{%- endmacro %}
