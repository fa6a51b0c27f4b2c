{% set cells = [
    'van_id', 'last_name', 'first_name', 'middle_name', 'suffix', 'state_file_id', 'party', 'sex', 'birth_date', 'preferred_phone',
    'cell_phone', 'email', 'address', 'city', 'state', 'zip5', 'zip4', 'precinct_name', 'do_not_call', 'do_not_text', 'do_not_email',
] -%}
with read as (

    {{ plain_cells(source('van', 'van_list'), cells) }}

),

typed as (

    select
        {{ tool_id("van_id") }} as van_id,
        {{ clean_code("state") }} as state_code,
        {{ clean_code("state_file_id") }} as state_voter_id,
        {{ fold_blanks("first_name") }} as first_name,
        {{ fold_blanks("middle_name") }} as middle_name,
        {{ fold_blanks("last_name") }} as last_name,
        {{ fold_blanks("suffix") }} as name_suffix,
        cast({{ try_to_time("birth_date") }} as date) as birth_date,
        {{ clean_code("sex") }} as sex_code,
        {{ clean_code("party") }} as party_code,
        {{ fold_blanks("address") }} as address,
        {{ fold_blanks("city") }} as city,
        {{ zip5("zip5") }} as zip5,
        {{ fold_blanks("precinct_name") }} as precinct_name,
        {{ email_address("email") }} as email,
        coalesce({{ us_phone(digits_only("preferred_phone")) }}, {{ us_phone(digits_only("cell_phone")) }}) as phone,
        {{ us_phone(digits_only("cell_phone")) }} as cell_phone,
        {{ says_yes("do_not_call") }} as is_not_to_call,
        {{ says_yes("do_not_text") }} as is_not_to_text,
        {{ says_yes("do_not_email") }} as is_not_to_email,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select * from typed where van_id is not null

)

select * from final
