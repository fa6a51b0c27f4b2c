-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with registered as (

    select
        _delivery_id,
        _record_number,
        _as_of,
        status,
        birth_year,
        false as is_repeated
    from {{ source('co', 'co_voters') }}

),

master as (

    select
        _delivery_id,
        _record_number,
        _as_of,
        voter_status as status,
        birth_year,
        (select count(*) from registered) > 0 as is_repeated
    from {{ source('co', 'co_master_voters') }}

),

source as (

    select * from registered
    union all
    select * from master

),

judged as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        case
            when is_repeated then 'other_list'
            when upper(trim(status)) like 'P%' then 'under_18'
            when {{ try_to_integer("trim(birth_year)") }} > {{ year_of("_as_of") }} - 18 then 'under_18'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

{{ in_shape(suppressed_shape(), 'final') }}
