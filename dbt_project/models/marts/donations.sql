-- A line item is delivered again in each export that overlaps, and once more when it is refunded. What the newest export says counts;
-- of exports of one day that which knows of a refund, and else one of them whatever the order in which they came.
with delivered as (

    select * from {{ ref('stg_actblue__contributions') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by line_item_id
            order by as_of desc, (refunded_at is null), delivery_id, record_number desc
        ) as age
    from delivered

),

newest as (

    select * from ranked where age = 1

),

ended as (

    select receipt_id, max(cancelled_at) as cancelled_at
    from {{ ref('stg_actblue__cancelled_recurring') }}
    group by receipt_id

),

links as (

    {{ exact_links('newest') }}

),

final as (

    select
        'ACTBLUE-' || newest.line_item_id as donation_id,
        newest.receipt_id,
        newest.donated_at,
        newest.amount_dollars,
        newest.fee_dollars,
        newest.refunded_at is not null or newest.refund_id is not null as is_refunded,
        newest.refunded_at,
        coalesce(newest.recurring_months <> '1', false) as is_recurring,
        newest.recurrence_number,
        ended.cancelled_at as recurring_cancelled_at,
        newest.recipient_committee,
        newest.recipient_election,
        newest.fundraising_page,
        newest.reference_code,
        newest.reference_code_2,
        'ACTBLUE-' || newest.donor_id as donor_id,
        newest.first_name as donor_first_name,
        newest.last_name as donor_last_name,
        newest.address as donor_address,
        newest.city as donor_city,
        newest.state_code as donor_state_code,
        newest.zip5 as donor_zip5,
        newest.country_code as donor_country_code,
        newest.occupation as donor_occupation,
        newest.employer as donor_employer,
        newest.email as donor_email,
        newest.phone as donor_phone,
        links.voter_id,
        links.linked_by,
        links.voter_id is not null as is_linked,
        newest.delivery_id,
        newest.record_number,
        newest.as_of
    from newest
    left join ended on ended.receipt_id = newest.receipt_id
    left join links
        on links.email is not distinct from newest.email
        and links.phone is not distinct from newest.phone
        and links.first_name = newest.first_name
        and links.last_name = newest.last_name

)

select * from final
