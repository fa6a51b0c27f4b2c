-- These people have consented to nothing; this is a view, so that what is said of them stands in raw alone.
with source as (

    select * from {{ source('app', 'app_contacts') }}

),

typed as (

    select
        nullif(trim(share_id), '') as share_id,
        nullif(trim(member_id), '') as member_id,
        {{ try_to_utc("shared_at") }} as shared_at,
        nullif(trim(withdrawn_at), '') is not null as is_withdrawn,
        {{ clean_code("confirmed_voter_id") }} as confirmed_voter_id,
        {{ fold_blanks(plain_cell("first_name")) }} as first_name,
        {{ fold_blanks(plain_cell("last_name")) }} as last_name,
        {{ email_address("email") }} as email,
        {{ us_phone(digits_only("phone")) }} as phone,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from source

),

final as (

    select *
    from typed
    where share_id is not null
        and member_id is not null
        and shared_at is not null

)

select * from final
