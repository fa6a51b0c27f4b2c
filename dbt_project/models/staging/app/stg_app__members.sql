with source as (

    select * from {{ source('app', 'app_members') }}

),

typed as (

    select
        nullif(trim(member_id), '') as member_id,
        {{ try_to_utc("signed_up_at") }} as signed_up_at,
        {{ try_to_utc("updated_at") }} as updated_at,
        {{ try_to_utc("consented_at") }} as consented_at,
        {{ says_yes("consents_to_activity") }} as consents_to_activity,
        {{ says_yes("consents_to_contacts") }} as consents_to_contacts,
        {{ plain_cell("consent_text") }} as consent_text_version,
        {{ try_to_utc("withdrawn_at") }} as withdrawn_at,
        -- A withdrawal whose time cannot be read is one.
        {{ try_to_utc("consented_at") }} is not null
            and (
                nullif(trim(withdrawn_at), '') is null
                or coalesce({{ try_to_utc("withdrawn_at") }} < {{ try_to_utc("consented_at") }}, false)
            ) as is_consenting,
        {{ fold_blanks(plain_cell("first_name")) }} as first_name,
        {{ fold_blanks(plain_cell("last_name")) }} as last_name,
        {{ email_address("email") }} as email,
        {{ us_phone(digits_only("phone")) }} as phone,
        {{ zip5("zip") }} as zip5,
        cast({{ is_formula("first_name") }} as integer) + cast({{ is_formula("last_name") }} as integer) as formula_count,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from source

),

final as (

    select *
    from typed
    where member_id is not null
        and signed_up_at is not null

)

select * from final
