with source as (

    select * from {{ source('fec', 'fec_contributions') }}

),

read as (

    select
        {{ clean_code("sub_id") }} as sub_id,
        {{ clean_code("cmte_id") }} as committee_id,
        {{ clean_code("amndt_ind") }} as amendment_code,
        {{ clean_code("rpt_tp") }} as report_type,
        {{ clean_code("transaction_pgi") }} as election_code,
        {{ clean_code("transaction_tp") }} as transaction_type,
        {{ clean_code("entity_tp") }} as entity_type,
        {{ fold_blanks("name") }} as name,
        {{ fold_blanks("city") }} as city,
        {{ clean_code("state") }} as state_code,
        {{ zip5("zip_code") }} as zip5,
        {{ fold_blanks("employer") }} as employer,
        {{ fold_blanks("occupation") }} as occupation,
        {{ try_to_date("trim(transaction_dt)", "%m%d%Y") }} as contributed_on,
        {{ try_to_dollars("transaction_amt") }} as reported_dollars,
        {{ regexp_first(clean_code("other_id"), "^C[0-9]{8}$") }} as other_committee_id,
        {{ clean_code("tran_id") }} as transaction_id,
        {{ try_to_integer("file_num") }} as file_number,
        coalesce({{ clean_code("memo_cd") }} = 'X', false) as is_memo,
        {{ fold_blanks("memo_text") }} as memo_text,
        nullif(trim(transaction_dt), '') is null as has_no_date,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from source

),

typed as (

    select
        sub_id,
        committee_id,
        amendment_code,
        report_type,
        election_code,
        transaction_type,
        entity_type,
        trim(split_part(name, ',', 1)) as last_name,
        nullif(split_part(trim(split_part(name, ',', 2)), ' ', 1), '') as first_name,
        name,
        city,
        state_code,
        zip5,
        employer,
        occupation,
        contributed_on,
        reported_dollars,
        -- What was paid back stands with the committee's expenses and may have no sign there.
        case when transaction_type = '22Y' then -abs(reported_dollars) else reported_dollars end as amount_dollars,
        -- A conduit reports what it passed on, and to whom; all others what they themselves received.
        case
            when {{ is_conduit("committee_id") }} or transaction_type in ('24T', '24I')
                then coalesce(other_committee_id, {{ regexp_first("memo_text", "C[0-9]{8}") }}, committee_id)
            else committee_id
        end as recipient_committee_id,
        transaction_type = '15E' or coalesce({{ regexp_contains("memo_text", "EARMARK") }}, false) as is_earmarked,
        transaction_id,
        file_number,
        is_memo,
        memo_text,
        has_no_date,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select * exclude (has_no_date)
    from typed
    where {{ regexp_contains("sub_id", "^(ZZ)?[0-9]+$") }}
        and {{ regexp_contains("committee_id", "^C[0-9]{8}$") }}
        and (contributed_on is not null or has_no_date)
        and reported_dollars is not null

)

select * from final
