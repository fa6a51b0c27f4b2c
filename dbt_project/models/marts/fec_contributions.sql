-- Each record of the newest file that has it, with whether its money counts: a dollar may be reported again in an amendment, by the
-- conduit through which it was given, and as a memo. Summed are the rows that count.
with delivered as (

    select * from {{ ref('stg_fec__contributions') }}

),

ranked as (

    select *, row_number() over (partition by sub_id order by as_of desc, delivery_id, record_number desc) as age
    from delivered

),

newest as (

    select * from ranked where age = 1

),

-- Which year's report it is stands nowhere. A date may be of another year, so that in the middle of a filing's dates says it.
filings as (

    select
        committee_id,
        file_number,
        max(report_type) as report_type,
        max(amendment_code) as amendment_code,
        {{ middle_of(year_of("contributed_on")) }} as report_year
    from newest
    where file_number is not null
    group by committee_id, file_number

),

-- An amended electronic report is given whole again (11 CFR 104.18(f)), so it replaces the report, with what it leaves out. Before and
-- after elections a committee may have several reports of one type in a year; there it replaces the transactions that it has.
amended_reports as (

    select committee_id, report_type, report_year, max(file_number) as file_number
    from filings
    where amendment_code = 'A'
        and {{ regexp_contains("report_type", "^(Q[1-3]|M[0-9]+|MY|YE)$") }}
    group by committee_id, report_type, report_year

),

amended_transactions as (

    select
        filings.committee_id,
        filings.report_type,
        filings.report_year,
        newest.transaction_id,
        max(newest.file_number) as file_number
    from newest
    join filings on filings.committee_id = newest.committee_id and filings.file_number = newest.file_number
    where filings.amendment_code = 'A'
        and newest.transaction_id is not null
    group by filings.committee_id, filings.report_type, filings.report_year, newest.transaction_id

),

judged as (

    select
        newest.*,
        coalesce(
            newest.file_number < amended_reports.file_number or newest.file_number < amended_transactions.file_number, false
        ) as is_amended,
        newest.recipient_committee_id <> newest.committee_id as is_passed_on
    from newest
    left join filings on filings.committee_id = newest.committee_id and filings.file_number = newest.file_number
    left join amended_reports
        on amended_reports.committee_id = filings.committee_id
        and amended_reports.report_type = filings.report_type
        and amended_reports.report_year is not distinct from filings.report_year
    left join amended_transactions
        on amended_transactions.committee_id = filings.committee_id
        and amended_transactions.report_type = filings.report_type
        and amended_transactions.report_year is not distinct from filings.report_year
        and amended_transactions.transaction_id = newest.transaction_id

),

-- What a conduit passed on stands once more in the recipient's report, under a day of its own, but for small gifts that the recipient need
-- not itemize. So of equal gifts of a donor to a recipient the conduit's count as far as they are more; the latest are itemized first.
paired as (

    select
        sub_id,
        is_passed_on and row_number() over (
            partition by recipient_committee_id, name, zip5, amount_dollars, is_passed_on
            order by contributed_on desc nulls last, sub_id
        ) <= count(case when is_earmarked and not is_passed_on then 1 end) over (
            partition by recipient_committee_id, name, zip5, amount_dollars
        ) as is_reported_twice
    from judged
    where not is_memo
        and not is_amended

),

committee_records as (

    select *, row_number() over (partition by committee_id order by as_of desc, delivery_id, record_number desc) as age
    from {{ ref('stg_fec__committees') }}

),

committees as (

    select * from committee_records where age = 1

),

reasoned as (

    select
        judged.*,
        case
            when judged.is_memo then 'memo'
            when judged.is_amended then 'amended'
            when paired.is_reported_twice then 'reported_by_recipient'
        end as not_counted_reason
    from judged
    left join paired on paired.sub_id = judged.sub_id

),

final as (

    select
        'FEC-' || reasoned.sub_id as fec_contribution_id,
        reasoned.recipient_committee_id,
        committees.name as recipient_committee,
        committees.committee_type as recipient_type,
        committees.party_code as recipient_party_code,
        committees.candidate_id as recipient_candidate_id,
        reasoned.committee_id as reporting_committee_id,
        reasoned.is_passed_on,
        reasoned.contributed_on,
        reasoned.amount_dollars,
        reasoned.amount_dollars < 0 as is_refund,
        reasoned.not_counted_reason is null as is_counted,
        reasoned.not_counted_reason,
        reasoned.transaction_type,
        reasoned.election_code,
        reasoned.report_type,
        reasoned.amendment_code,
        reasoned.file_number,
        reasoned.transaction_id,
        reasoned.entity_type,
        reasoned.first_name as donor_first_name,
        reasoned.last_name as donor_last_name,
        reasoned.city as donor_city,
        reasoned.state_code as donor_state_code,
        reasoned.zip5 as donor_zip5,
        reasoned.employer as donor_employer,
        reasoned.occupation as donor_occupation,
        cast(null as varchar) as voter_id,
        cast(null as varchar) as linked_by,
        false as is_linked,
        reasoned.delivery_id,
        reasoned.record_number,
        reasoned.as_of
    from reasoned
    left join committees on committees.committee_id = reasoned.recipient_committee_id

)

select * from final
