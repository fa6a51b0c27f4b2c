{{ config(materialized='view') }}
-- Shares that hold: by the newest export that has them, not taken back, and made under the consent that the member has now. Nothing of
-- what is said of the contact leaves this model but the voter to whom it led.
with delivered as (

    select * from {{ ref('stg_app__contacts') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by share_id
            order by as_of desc, (not is_withdrawn), delivery_id, record_number desc
        ) as age
    from delivered

),

shared as (

    select ranked.*
    from ranked
    inner join {{ ref('int_app_members') }} as members
        on members.member_id = 'APP-' || ranked.member_id
        and members.consents_to_contacts
        and ranked.shared_at >= members.consented_at
    where ranked.age = 1 and not ranked.is_withdrawn

),

linked as (

    {{ exact_links('shared') }}

),

final as (

    select
        share_id,
        'APP-' || member_id as member_id,
        shared_at,
        voter_id,
        linked_by,
        is_linked,
        delivery_id,
        record_number,
        as_of
    from linked

)

select * from final
