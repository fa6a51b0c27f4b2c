{{ config(meta={'rows_of': ['stg_van__survey_responses']}) }}
-- Person, question, time, way and canvasser tell an answer from others, and all that the newest export has of these counts.
with delivered as (

    select
        *,
        rank() over (
            partition by van_id, question, answered_at, type_label, canvasser order by as_of desc, delivery_id
        ) as export_age
    from {{ ref('stg_van__survey_responses') }}
    where question is not null and response is not null

),

newest as (

    select *
    from delivered
    where export_age = 1
    qualify row_number() over (
        partition by van_id, question, answered_at, type_label, canvasser, response order by record_number
    ) = 1

),

linked as (

    {{ exact_links('newest', ['van_id']) }}

),

types as (

    select * from {{ ref('contact_labels') }} where kind = 'type'

),

final as (

    select
        'VAN-' || {{ stable_hash(["linked.van_id", "linked.question", "cast(linked.answered_at as varchar)", "linked.type_label",
            "linked.canvasser", "linked.response"]) }} as survey_response_id,
        linked.van_id,
        linked.question,
        linked.question_type,
        linked.response,
        linked.answered_at,
        coalesce(types.code, case when linked.type_label is not null then 'other' end) as contact_type,
        row_number() over (
            partition by linked.van_id, linked.question
            order by linked.answered_at desc, linked.as_of desc, linked.response, linked.type_label, linked.canvasser
        ) = 1 as is_newest,
        linked.voter_id,
        linked.linked_by,
        linked.is_linked,
        linked.delivery_id,
        linked.record_number,
        linked.as_of
    from linked
    left join types on types.label = linked.type_label

)

select * from final
