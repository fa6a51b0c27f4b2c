{{ config(meta={'rows_of': ['int_consents']}) }}
-- Each thing that a person said stands once, however many exports have it. Of an address or number and a channel the newest counts; of one time
-- the opt-out; and what was said at no known time gives way to all else.
with told as (

    select *
    from {{ ref('int_consents') }}
    qualify row_number() over (
        partition by source, identifier_kind, identifier, channel, is_opted_in, happened_at, basis
        order by as_of desc, delivery_id, record_number
    ) = 1

),

linked as (

    {{ exact_links('told', ['van_id', 'email', 'phone']) }}

),

final as (

    select
        {{ stable_hash(["source", "identifier_kind", "identifier", "channel", "cast(is_opted_in as varchar)", "cast(happened_at as varchar)",
            "basis"]) }} as subscription_id,
        identifier_kind,
        identifier,
        channel,
        is_opted_in,
        happened_at,
        row_number() over (
            partition by identifier_kind, identifier, channel
            order by happened_at desc nulls last, is_opted_in, as_of desc, source, basis, delivery_id, record_number
        ) = 1 as is_current,
        source,
        basis,
        evidence,
        voter_id,
        linked_by,
        is_linked,
        delivery_id,
        record_number,
        as_of
    from linked

)

select * from final
