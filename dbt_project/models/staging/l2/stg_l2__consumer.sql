{% set flags = [
    'reads_in_general', 'reads_books', 'reads_magazines', 'reads_politics', 'reads_finance', 'reads_history', 'reads_science', 'shops_online',
    'shops_by_mail', 'shops_for_value', 'buys_books', 'buys_electronics', 'buys_home_furnishings', 'buys_for_garden', 'improves_home',
] -%}
with source as (

    select * from {{ source('l2', 'l2_consumer') }}

),

typed as (

    select
        {{ clean_code("lalvoterid") }} as l2_id,
        {{ clean_code("residence_state") }} as state_code,
        {{ clean_code("state_voter_id") }} as state_voter_id,
        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("middle_name") }} as middle_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ clean_code("name_suffix") }} as name_suffix,
        coalesce({{ try_to_date("trim(birth_date)", "%m/%d/%Y") }}, {{ try_to_date("trim(birth_date)", "%Y-%m-%d") }}) as birth_date,
        left({{ clean_code("gender") }}, 1) as sex_code,
        {{ clean_code("address") }} as address,
        {{ clean_code("residence_city") }} as city,
        {{ zip5("zip") }} as zip5,
        coalesce({{ us_phone(digits_only("cell_phone")) }}, {{ us_phone(digits_only("landline")) }}) as phone,
        {{ says_yes("do_not_call") }} as is_not_to_call,
        {{ clean_code("occupation_group") }} as occupation_group,
        {{ clean_code("occupation") }} as occupation,
        {{ clean_code("employer") }} as employer,
        {{ clean_code("job_title") }} as job_title,
        {{ clean_code("executive_level") }} as executive_level,
        {{ says_yes("business_owner") }} as is_business_owner,
        {{ clean_code("education") }} as education,
        {%- for flag in flags %}
        {{ says_yes(flag) }} as {{ flag }},
        {%- endfor %}
        {{ clean_code("homeowner") }} as homeowner,
        {{ clean_code("home_value") }} as home_value_band,
        {{ try_to_integer("home_purchase_year") }} as home_purchase_year,
        {{ clean_code("dwelling_type") }} as dwelling_type,
        {{ try_to_integer("years_at_residence") }} as years_at_residence,
        {{ clean_code("income") }} as income_band,
        {{ clean_code("net_worth") }} as net_worth_band,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from source

),

final as (

    select * from typed where {{ regexp_contains("l2_id", "^(ZZ)?LAL[A-Z]{2}[0-9]+$") }}

)

select * from final
