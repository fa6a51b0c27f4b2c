{{ config(meta={'rows_of': ['stg_l2__consumer']}) }}
-- A person of whom two counties' files have a record has that of the newer file.
with several as (

    select l2_id from {{ ref('stg_l2__consumer') }} group by l2_id having count(*) > 1

),

older as (

    select delivery_id, record_number
    from (
        select
            delivery_id,
            record_number,
            row_number() over (partition by l2_id order by as_of desc, delivery_id, record_number desc) as age
        from {{ ref('stg_l2__consumer') }}
        where l2_id in (select l2_id from several)
    )
    where age > 1

),

newest as (

    select delivered.*
    from {{ ref('stg_l2__consumer') }} as delivered
    left join older on older.delivery_id = delivered.delivery_id and older.record_number = delivered.record_number
    where older.delivery_id is null

),

linked as (

    {{ exact_links('newest', keys=['state_voter_id', 'phone']) }}

),

final as (

    select
        'L2-' || l2_id as consumer_id,
        * exclude (l2_id, is_linked, linked_by, voter_id, delivery_id, record_number, as_of),
        voter_id,
        linked_by,
        is_linked,
        delivery_id,
        record_number,
        as_of
    from linked

)

select * from final
