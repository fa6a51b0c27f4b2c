-- Each way of writing an address is read once; several of them can be one residence. One that nobody has any more may stay.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'built_anew_with': ['int_registrations']}) }}
-- depends_on: {{ ref('int_changed_records') }}
with written as (

    select state_code, residence_address, {{ residence_area() }} as area from {{ ref('int_registrations') }}
    where residence_address is not null
    {% if is_incremental() -%}
    and voter_id in (select voter_id from {{ ref('int_changed_records') }})
    {%- endif %}
    union
    select state_code, residence_address, {{ residence_area() }} as area from {{ ref('int_registrations_before') }}
    where residence_address is not null

),

addresses as (

    select * from written
    {% if is_incremental() -%}
    anti join {{ this }} using (state_code, residence_address, area)
    {%- endif %}

),

-- ^ marks what can end a street's name.
abbreviations as (

    select {{ map_of("word", "abbreviation || case when kind = 'suffix' then '^' else '' end") }} as by_word
    from {{ ref('street_words') }}

),

cleaned as (

    select
        state_code,
        residence_address,
        area,
        trim({{ regexp_replace_all(
            regexp_replace_all("replace(" ~ fold_accents("residence_address") ~ ", '#', ' UNIT ')", "[.'']", ""),
            "[^A-Z0-9]+", " "
        ) }}) as address_text
    from addresses

),

abbreviated as (

    select
        cleaned.state_code,
        cleaned.residence_address,
        cleaned.area,
        {{ words_by_map("cleaned.address_text", "abbreviations.by_word") }} as address_text
    from cleaned
    cross join abbreviations

),

with_unit as (

    -- A number after the street's name is a unit (12 OAK ST 3), unless the road itself has one (12 STATE ROAD 1234).
    select
        state_code,
        residence_address,
        area,
        {{ regexp_replace_all(
            regexp_replace_all(
                regexp_replace_all("address_text", "(STATE|COUNTY|SECONDARY|SERVICE) RD\\^", "\\1 RD"),
                "\\^( (?:[NS]?[EW]|[NS]))? ([0-9]+[A-Z]?|[A-DF-MO-RT-VX-Z][0-9]*|[A-Z][0-9]+)$", "\\1 UNIT \\2"
            ),
            "\\^", ""
        ) }} as address_text
    from abbreviated

),

parted as (

    select
        state_code,
        residence_address,
        area,
        trim(split_part(address_text || ' ', ' UNIT ', 1)) as street,
        nullif({{ regexp_replace_all(
            "case when contains(address_text, ' UNIT ') then address_text else '' end", "^.*? UNIT (?:UNIT )*| ", ""
        ) }}, '') as unit
    from with_unit

),

final as (

    select
        state_code,
        residence_address,
        area,
        state_code || '-' || {{ stable_hash(['street', 'unit', 'area']) }} as residence_id,
        street,
        unit
    from parted

)

select * from final
