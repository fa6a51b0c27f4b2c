{{ config(meta={'rows_of': ['stg_van__list']}) }}
with newest as (

    select *
    from {{ ref('stg_van__list') }}
    qualify row_number() over (partition by van_id order by as_of desc, delivery_id, record_number desc) = 1

),

linked as (

    {{ exact_links('newest', ['state_voter_id', 'email', 'phone']) }}

)

select van_id, voter_id, linked_by from linked
