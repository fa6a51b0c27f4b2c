{{ config(materialized='view', meta={'rows_of': ['stg_app__members']}) }}
-- What the newest export says of a member counts, of one day what was changed last; a withdrawal beats a consent of the same time.
-- One that was ever told holds until a consent that was given later, whatever newer exports leave out.
with delivered as (

    select * from {{ ref('stg_app__members') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by member_id
            order by as_of desc, updated_at desc nulls last, is_consenting, delivery_id, record_number desc
        ) as age
    from delivered

),

withdrawals as (

    select member_id, max(withdrawn_at) as withdrawn_at from delivered group by member_id

),

consenting as (

    select ranked.*
    from ranked
    inner join withdrawals on withdrawals.member_id = ranked.member_id
    where ranked.age = 1
        and ranked.is_consenting
        and (withdrawals.withdrawn_at is null or withdrawals.withdrawn_at < ranked.consented_at)

),

linked as (

    {{ exact_links('consenting') }}

),

final as (

    select
        'APP-' || member_id as member_id,
        signed_up_at,
        consented_at,
        consents_to_activity,
        consents_to_contacts,
        voter_id,
        linked_by,
        is_linked,
        delivery_id,
        record_number,
        as_of
    from linked

)

select * from final
