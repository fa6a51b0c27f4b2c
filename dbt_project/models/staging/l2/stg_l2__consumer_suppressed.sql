{{ config(materialized='table') }}
-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select _delivery_id as delivery_id, _record_number as record_number, upper(trim(lalvoterid)) as l2_id
    from {{ source('l2', 'l2_consumer') }}

),

cut as (

    select *, rtrim(l2_id, '0123456789') as letters
    from source

),

judged as (

    select
        delivery_id,
        record_number,
        case
            when l2_id = 'LALVOTERID' then 'repeated_header'
            when coalesce(l2_id, '') = '' then 'no_id'
            when letters = l2_id
                or not (letters like 'LAL__' or letters like 'ZZLAL__')
                or {{ regexp_contains("right(letters, 2)", "[^A-Z]") }}
                then 'unreadable_id'
        end as reason
    from cut

),

final as (

    select * from judged where reason is not null

)

select * from final
