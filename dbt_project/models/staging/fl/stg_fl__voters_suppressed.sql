-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id,
        _record_number,
        _as_of,
        {{ try_to_date("trim(birth_date)", "%m/%d/%Y") }} as birth_date,
        upper(trim(voter_status)) = 'PRE' as is_preregistered,
        trim(requested_public_records_exemption) in ('Y', 'y') or trim(name_last) = '*' as is_protected
    from {{ source('fl', 'fl_voters') }}

),

judged as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        case
            when is_protected then 'confidential'
            when is_preregistered then 'under_18'
            when birth_date <= _as_of and {{ date_number("_as_of") }} - {{ date_number("birth_date") }} < 180000 then 'under_18'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

{{ in_shape(suppressed_shape(), 'final') }}
