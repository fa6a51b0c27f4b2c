-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id,
        _record_number,
        _as_of,
        {{ wa_date("birthdate") }} as birth_date,
        {{ try_to_integer("trim(birthdate)") }} as birth_year
    from {{ source('wa', 'wa_voters') }}

),

judged as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        case
            when {{ date_number("_as_of") }} - {{ date_number("birth_date") }} < 180000 then 'under_18'
            when birth_date is null and birth_year > {{ year_of("_as_of") }} - 18 then 'under_18'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

{{ in_shape(suppressed_shape(), 'final') }}
