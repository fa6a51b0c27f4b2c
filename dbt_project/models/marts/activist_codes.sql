{{ config(meta={'rows_of': ['stg_van__activist_codes']}) }}
with newest as (

    select *
    from {{ ref('stg_van__activist_codes') }}
    where activist_code is not null
    qualify row_number() over (
        partition by van_id, activist_code order by as_of desc, applied_at desc, delivery_id, record_number
    ) = 1

),

linked as (

    {{ exact_links('newest', ['van_id']) }}

),

final as (

    select
        'VAN-' || {{ stable_hash(["van_id", "activist_code"]) }} as person_code_id,
        van_id,
        activist_code,
        activist_code_type,
        applied_at,
        voter_id,
        linked_by,
        is_linked,
        delivery_id,
        record_number,
        as_of
    from linked

)

select * from final
