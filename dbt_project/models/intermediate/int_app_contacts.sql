{{ config(meta={'rows_of': ['stg_app__contacts']}) }}
-- Nothing of what is said of a contact leaves this model but the voter to whom it led: by an exact identifier, or by the member, who
-- says which of those is meant whom the contact may be.
with shared as (

    {{ shares_that_hold() }}

),

linked as (

    {{ exact_links('shared') }}

),

final as (

    select
        linked.share_id,
        linked.member_id,
        linked.shared_at,
        coalesce(linked.voter_id, confirmed.voter_id) as voter_id,
        case when linked.is_linked then linked.linked_by when confirmed.voter_id is not null then 'confirmed' end as linked_by,
        linked.is_linked or confirmed.voter_id is not null as is_linked,
        linked.confirmed_voter_id is not null as is_answered,
        linked.delivery_id,
        linked.record_number,
        linked.as_of
    from linked
    left join (
        select candidates.share_id, candidates.voter_id
        from {{ ref('int_app_candidates') }} as candidates
        inner join {{ ref('voters') }} as voters on voters.voter_id = candidates.voter_id
    ) as confirmed
        on confirmed.share_id = linked.share_id
        and confirmed.voter_id = linked.confirmed_voter_id

)

select * from final
