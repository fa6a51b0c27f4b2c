-- Whom a contact may be, by what proves nothing: a number that several have, one of the family, a name that is in the member's county
-- once. What is said of the contact is gone after the run, so this table keeps to whom it led; it is never built from nothing.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns', full_refresh=false,
    meta={'kept': true, 'rows_of': ['stg_app__contacts']}, pre_hook="{{ forget_candidates() if is_incremental() }}") }}
with shares as (

    {{ shares_that_hold() }}

),

voters as (

    select voter_id, first_name, last_name, phone, county_fips from {{ ref('voters') }}

),

found as (

    select
        shares.share_id,
        voters.voter_id,
        case when voters.first_name = shares.first_name then 'number of several' else 'number of the family' end as evidence
    from shares
    inner join voters on voters.phone = shares.phone and voters.last_name = shares.last_name
    union all
    select shares.share_id, emails.voter_id, 'e-mail of the family'
    from shares
    inner join {{ ref('int_voter_emails') }} as emails
        on emails.email = shares.email and emails.last_name = shares.last_name
    union all
    select shares.share_id, min(voters.voter_id), 'name in the county'
    from shares
    inner join voters as members on members.voter_id = shares.member_voter_id
    inner join voters
        on voters.last_name = shares.last_name
        and voters.first_name = shares.first_name
        and voters.county_fips = members.county_fips
    group by shares.share_id
    having count(*) = 1

),

-- A number that a whole office has says nothing.
final as (

    select share_id, voter_id, max(evidence) as evidence
    from found
    group by share_id, voter_id
    qualify count(*) over (partition by share_id) <= 5

)

select * from final
{% if is_incremental() -%}
anti join {{ this }} using (share_id, voter_id)
{%- endif %}
