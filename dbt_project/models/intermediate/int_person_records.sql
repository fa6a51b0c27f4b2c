-- Not here: voters, who are their own records; whom reports to the Federal Election Commission name, since nothing of these may lead to
-- anybody; and contacts that members of the app shared, who consented to nothing.
{% set said_of_nobody = ['first_name', 'middle_name', 'last_name', 'name_suffix', 'sex_code', 'birth_date', 'address', 'city',
    'state_code', 'zip5', 'phone', 'email', 'voter_id', 'linked_by'] -%}
with van_list as (

    select *
    from {{ ref('stg_van__list') }}
    qualify row_number() over (partition by van_id order by as_of desc, delivery_id, record_number desc) = 1

),

-- Whom a canvasser talked with is somebody also where no list has the VANID.
van_others as (

    select van_id, max(as_of) as as_of
    from (
        select van_id, as_of from {{ ref('contacts') }}
        union all
        select van_id, as_of from {{ ref('survey_responses') }}
        union all
        select van_id, as_of from {{ ref('activist_codes') }}
    ) as named
    where van_id not in (select van_id from van_list)
    group by van_id

),

-- By keys first, since to put whole donations in order takes longer than to look for those that are first.
newest_donations as (

    select donation_id
    from {{ ref('donations') }}
    where donor_id is not null
    qualify row_number() over (partition by donor_id order by donated_at desc, donation_id) = 1

),

donors as (

    select * from {{ ref('donations') }} where donation_id in (select donation_id from newest_donations)

),

audience as (

    select *
    from {{ ref('stg_mailchimp__audience') }}
    where email is not null
    qualify row_number() over (partition by email order by as_of desc, changed_at desc nulls last, delivery_id, record_number) = 1

),

activists as (

    select *
    from {{ ref('stg_actionnetwork__activists') }}
    qualify row_number() over (partition by activist_id order by as_of desc, delivery_id, record_number) = 1

),

members as (

    select members.*, consenting.voter_id, consenting.linked_by
    from {{ ref('stg_app__members') }} as members
    inner join {{ ref('int_app_members') }} as consenting
        on consenting.delivery_id = members.delivery_id and consenting.record_number = members.record_number

),

visitors as (

    select *, coalesce(user_id, email) as visitor_id
    from {{ ref('stg_web__events') }}
    where event_type = 'identify' and coalesce(user_id, email) is not null
    qualify row_number() over (
        partition by visitor_id order by occurred_at desc nulls last, as_of desc, message_id, delivery_id, record_number
    ) = 1

),

-- To which voter an exact identifier leads is told where people are linked already; only of others it is asked here.
unlinked as (

    select
        'actionnetwork_activists' as source, activist_id as record_id, first_name, last_name, address, city, state_code, zip5, phone, email, as_of
    from activists
    union all
    select 'mailchimp_audience', email, first_name, last_name, null, null, null, null, phone, email, as_of from audience
    union all
    select 'web_events', visitor_id, first_name, last_name, null, null, null, null, phone, email, as_of from visitors

),

linked as (

    {{ exact_links('unlinked') }}

)

select
    'van_list' as source, van_list.van_id as record_id, van_list.first_name, van_list.middle_name, van_list.last_name, van_list.name_suffix,
    van_list.sex_code, van_list.birth_date, van_list.address, van_list.city, van_list.state_code, van_list.zip5,
    coalesce(van_list.phone, van_list.cell_phone) as phone, van_list.email, van_voters.voter_id, van_voters.linked_by, van_list.as_of
from van_list
left join {{ ref('int_van_voters') }} as van_voters on van_voters.van_id = van_list.van_id
union all
select
    'van_list', van_id, {% for name in said_of_nobody %}null, {% endfor %}as_of
from van_others
union all
select
    'l2_consumer', consumer_id, first_name, middle_name, last_name, name_suffix, sex_code, birth_date, address, city,
    state_code, zip5, phone, null, voter_id, linked_by, as_of
from {{ ref('consumer_traits') }}
union all
select
    'actblue_contributions', donor_id, donor_first_name, null, donor_last_name, null, null, null, donor_address, donor_city,
    donor_state_code, donor_zip5, donor_phone, donor_email, voter_id, linked_by, as_of
from donors
union all
select
    'app_members', 'APP-' || member_id, first_name, null, last_name, null, null, null, null, null, null, zip5, phone, email, voter_id, linked_by,
    as_of
from members
union all
select
    source, record_id, first_name, null, last_name, null, null, null, address, city, state_code, zip5, phone, email, voter_id, linked_by, as_of
from linked
