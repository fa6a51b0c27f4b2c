-- Counted once for each day of registration, of which there are few, instead of for each voter.
with registration_dates as (

    select distinct state_code, registration_date
    from {{ ref('int_registrations') }}
    where is_registered and registration_date is not null

),

elections as (

    select * from {{ ref('int_elections') }}

),

final as (

    select
        registration_dates.state_code,
        registration_dates.registration_date,
        cast(count(*) filter (where elections.election_type = 'general') as integer) as general_eligible_count,
        cast(count(*) filter (where elections.election_type = 'primary') as integer) as primary_eligible_count
    from registration_dates
    left join elections
        on elections.state_code = registration_dates.state_code
        and elections.election_date >= registration_dates.registration_date
    group by registration_dates.state_code, registration_dates.registration_date

)

select * from final
