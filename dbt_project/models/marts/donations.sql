-- Where only voters are newer, whom donors are linked to is all that differs: the rows stand, and their links are looked for anew.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'rows_of': ['stg_actblue__contributions']},
    post_hook="{{ link_anew('donation_id', {'email': 'donor_email', 'phone': 'donor_phone',
        'first_name': 'donor_first_name', 'last_name': 'donor_last_name'}) if is_incremental() }}") }}
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

linked as (

    {{ exact_links('newest') }}

),

final as (

    select
        'ACTBLUE-' || linked.line_item_id as donation_id,
        linked.receipt_id,
        linked.donated_at,
        linked.amount_dollars,
        linked.fee_dollars,
        linked.refunded_at is not null or linked.refund_id is not null as is_refunded,
        linked.refunded_at,
        coalesce(linked.recurring_months <> '1', false) as is_recurring,
        linked.recurrence_number,
        ended.cancelled_at as recurring_cancelled_at,
        linked.recipient_committee,
        linked.recipient_election,
        linked.fundraising_page,
        linked.reference_code,
        linked.reference_code_2,
        'ACTBLUE-' || linked.donor_id as donor_id,
        linked.first_name as donor_first_name,
        linked.last_name as donor_last_name,
        linked.address as donor_address,
        linked.city as donor_city,
        linked.state_code as donor_state_code,
        linked.zip5 as donor_zip5,
        linked.country_code as donor_country_code,
        linked.occupation as donor_occupation,
        linked.employer as donor_employer,
        linked.email as donor_email,
        linked.phone as donor_phone,
        linked.voter_id,
        linked.linked_by,
        linked.is_linked,
        linked.delivery_id,
        linked.record_number,
        linked.as_of
    from linked
    left join ended on ended.receipt_id = linked.receipt_id

)

select * from final
{% if is_incremental() -%}
where false
{%- endif %}
