-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id,
        _record_number,
        _as_of,
        {{ try_to_date("trim(dob)", "%m/%d/%Y") }} as birth_date
    from {{ source('pa', 'pa_voters') }}

),

final as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        'under_18' as reason
    from source
    where birth_date <= _as_of
        and {{ date_number("_as_of") }} - {{ date_number("birth_date") }} < 180000

)

{{ in_shape(suppressed_shape(), 'final') }}
