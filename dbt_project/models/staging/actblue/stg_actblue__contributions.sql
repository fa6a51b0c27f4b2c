{% set cells = [
    'receipt_id', 'contribution_date', 'amount', 'recurring_total_months', 'recurrence_number', 'fundraising_page', 'reference_code',
    'reference_code_2', 'donor_first_name', 'donor_last_name', 'donor_addr1', 'donor_city', 'donor_state', 'donor_zip', 'donor_country',
    'donor_occupation', 'donor_employer', 'donor_email', 'donor_phone', 'donor_id', 'lineitem_id', 'recipient_committee',
    'recipient_election', 'refund_id', 'refund_date', 'fee', 'text_message_opt_in',
] -%}
with read as (

    {{ plain_cells(source('actblue', 'actblue_contributions'), cells) }}

),

typed as (

    select
        {{ tool_id("lineitem_id") }} as line_item_id,
        {{ clean_code("receipt_id") }} as receipt_id,
        {{ try_to_time("contribution_date") }} as donated_at,
        {{ try_to_dollars("amount") }} as amount_dollars,
        {{ try_to_dollars("fee") }} as fee_dollars,
        lower(recurring_total_months) as recurring_months,
        {{ try_to_integer("recurrence_number") }} as recurrence_number,
        {{ clean_code("refund_id") }} as refund_id,
        {{ try_to_time("refund_date") }} as refunded_at,
        fundraising_page,
        reference_code,
        reference_code_2,
        {{ fold_blanks("recipient_committee") }} as recipient_committee,
        {{ fold_blanks("recipient_election") }} as recipient_election,
        {{ tool_id("donor_id") }} as donor_id,
        {{ fold_blanks("donor_first_name") }} as first_name,
        {{ fold_blanks("donor_last_name") }} as last_name,
        {{ fold_blanks("donor_addr1") }} as address,
        {{ fold_blanks("donor_city") }} as city,
        {{ clean_code("donor_state") }} as state_code,
        {{ zip5("donor_zip") }} as zip5,
        {{ clean_code("donor_country") }} as country_code,
        {{ fold_blanks("donor_occupation") }} as occupation,
        {{ fold_blanks("donor_employer") }} as employer,
        {{ email_address("donor_email") }} as email,
        {{ us_phone(digits_only("donor_phone")) }} as phone,
        lower(text_message_opt_in) as text_opt_in,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select *
    from typed
    where line_item_id is not null
        and donated_at is not null
        and amount_dollars is not null

)

select * from final
