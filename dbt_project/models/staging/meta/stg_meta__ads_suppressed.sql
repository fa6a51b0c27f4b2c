{{ config(materialized='table') }}
-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with read as (

    select
        *,
        {{ plain_cell("reporting_starts") }} as start_cell,
        {{ plain_cell("reporting_ends") }} as end_cell,
        {{ plain_cell("amount_spent") }} as amount_cell
    from {{ source('meta', 'meta_ads') }}

),

source as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        upper(coalesce(trim(campaign_name), '')) as campaign,
        coalesce(trim(ad_set_name), '') || coalesce(trim(ad_name), '') as below,
        {{ is_formula("campaign_name") }} as is_formula,
        cast({{ try_to_time("start_cell") }} as date) as starts,
        cast({{ try_to_time("end_cell") }} as date) as ends,
        coalesce(trim(amount_spent), '') as written,
        {{ try_to_dollars("amount_cell") }} as dollars
    from read

),

judged as (

    select
        delivery_id,
        record_number,
        case
            when campaign in ('CAMPAIGN NAME', 'CAMPAIGN_NAME') then 'repeated_header'
            when below = '' and campaign in ('', 'TOTAL', 'TOTALS', 'GRAND TOTAL', 'GRAND TOTALS') then 'total'
            when campaign = '' or is_formula then 'no_campaign'
            when not coalesce(starts <= ends, false) then 'unreadable_period'
            when written not in ('', '=""') and dollars is null then 'unreadable_amount'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

select * from final
