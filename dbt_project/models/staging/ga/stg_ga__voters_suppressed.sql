-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id,
        _record_number,
        {{ year_of("_as_of") }} as file_year,
        {{ try_to_integer("trim(birth_year)") }} as birth_year
    from {{ source('ga', 'ga_voters') }}

),

final as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        'under_18' as reason
    from source
    where birth_year > file_year - 18

)

{{ in_shape(suppressed_shape(), 'final') }}
