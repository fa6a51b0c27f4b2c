{{ config(materialized='table') }}
-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        upper(coalesce(trim(cmte_id), '')) as committee_id,
        {{ fold_blanks("coalesce(cmte_nm, '')") }} is null as has_no_name
    from {{ source('fec', 'fec_committees') }}

),

judged as (

    select
        delivery_id,
        record_number,
        case
            when length(committee_id) <> 9 or committee_id <> 'C' || {{ digits_only("committee_id") }} then 'no_committee'
            when has_no_name then 'no_name'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

select * from final
