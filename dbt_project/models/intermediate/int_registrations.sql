with staged as (

    {{ union_states('voters', [
        'voter_id', 'state_code', 'state_voter_id', 'county_code', 'county_fips', 'precinct_code',
        'first_name', 'middle_name', 'last_name', 'name_suffix', 'birth_date', 'birth_year', 'sex_code', 'party_code',
        'registration_status', 'registration_date', 'residence_address', 'residence_city', 'zip5', 'phone',
        'congressional_district', 'state_senate_district', 'state_house_district', 'delivery_id', 'record_number', 'as_of',
    ]) }}

),

flagged as (

    select
        *,
        coalesce(registration_status in ('active', 'inactive', 'temporary'), false) as is_registered
    from staged
    where voter_id is not null

),

final as (

    -- A voter who moved stands in the file twice: removed in the old county, active in the new one.
    select *
    from flagged
    qualify row_number() over (
        partition by voter_id
        order by is_registered desc, as_of desc, registration_date desc nulls last, record_number, delivery_id
    ) = 1

)

select * from final
