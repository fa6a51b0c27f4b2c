{{ config(materialized='table') }}
-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        {{ digits_only("coalesce(sub_id, '')") }} as digits,
        upper(coalesce(trim(sub_id), '')) as sub_id,
        upper(coalesce(trim(cmte_id), '')) as committee_id,
        coalesce(trim(transaction_dt), '') as written_date,
        {{ try_to_date("trim(transaction_dt)", "%m%d%Y") }} as read_date,
        {{ try_to_dollars("transaction_amt") }} as dollars
    from {{ source('fec', 'fec_contributions') }}

),

judged as (

    select
        delivery_id,
        record_number,
        case
            when digits = '' or sub_id not in (digits, 'ZZ' || digits) then 'no_id'
            when length(committee_id) <> 9 or committee_id <> 'C' || {{ digits_only("committee_id") }} then 'no_committee'
            when written_date <> '' and read_date is null then 'unreadable_date'
            when dollars is null then 'unreadable_amount'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

select * from final
