-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select _delivery_id as delivery_id, _record_number as record_number, upper(coalesce(trim(lalvoterid), '')) as l2_id
    from {{ source('l2', 'l2_consumer') }}

),

read as (

    select *, case when left(l2_id, 2) = 'ZZ' then right(l2_id, length(l2_id) - 2) else l2_id end as plain_id
    from source

),

judged as (

    select
        delivery_id,
        record_number,
        case
            when l2_id = 'LALVOTERID' then 'repeated_header'
            when l2_id = '' then 'no_id'
            when left(plain_id, 3) <> 'LAL'
                or length(plain_id) < 6
                or ltrim(substring(plain_id, 4, 2), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') <> ''
                or ltrim(substring(plain_id, 6), '0123456789') <> ''
                then 'unreadable_id'
        end as reason
    from read

),

final as (

    select * from judged where reason is not null

)

select * from final
