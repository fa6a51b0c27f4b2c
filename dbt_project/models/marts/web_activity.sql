{{ config(meta={'rows_of': ['stg_web__events']}) }}
-- A device sends a message again until it is answered, and exports overlap: what the newest export says of a message counts, of one day what
-- was received last.
with delivered as (

    select * from {{ ref('stg_web__events') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by message_id
            order by as_of desc, received_at desc nulls last, delivery_id, record_number desc
        ) as age
    from delivered

),

newest as (

    select * from ranked where age = 1

),

identified as (

    select * from newest where event_type = 'identify' and coalesce(user_id, email) is not null

),

-- Somebody may give an address first and sign in later.
users_by_email as (

    select email, min(user_id) as user_id
    from identified
    where email is not null and user_id is not null
    group by email
    having count(distinct user_id) = 1

),

told as (

    select
        coalesce(identified.user_id, users_by_email.user_id, identified.email) as person,
        coalesce(identified.user_id, users_by_email.user_id) as user_id,
        identified.anonymous_id,
        identified.email,
        identified.phone,
        identified.first_name,
        identified.last_name,
        row_number() over (order by identified.occurred_at, identified.message_id) as place
    from identified
    left join users_by_email on users_by_email.email = identified.email

),

people as (

    select
        person,
        min(user_id) as user_id,
        {{ last_by('email', 'place') }} as email,
        {{ last_by('phone', 'place') }} as phone,
        {{ last_by('first_name', 'place') }} as first_name,
        {{ last_by('last_name', 'place') }} as last_name
    from told
    group by person

),

-- A device that several people have used tells nobody.
devices as (

    select anonymous_id, min(person) as person
    from told
    where anonymous_id is not null
    group by anonymous_id
    having count(distinct person) = 1

),

linked as (

    {{ exact_links('people') }}

),

final as (

    select
        'WEB-' || newest.message_id as event_id,
        newest.event_type,
        newest.event_name,
        newest.occurred_at,
        newest.page_name,
        newest.page_url,
        newest.page_path,
        newest.referrer_host,
        coalesce(newest.topic, newest.category) as topic,
        newest.category,
        coalesce(newest.user_id, linked.user_id) as user_id,
        newest.anonymous_id,
        linked.email,
        linked.voter_id,
        linked.linked_by,
        coalesce(linked.is_linked, false) as is_linked,
        newest.delivery_id,
        newest.record_number,
        newest.as_of
    from newest
    left join devices on devices.anonymous_id = newest.anonymous_id
    left join linked on linked.person = coalesce(newest.user_id, devices.person)
    where newest.event_type <> 'identify'

)

select * from final
