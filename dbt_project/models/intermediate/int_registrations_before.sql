-- Counties without a newer delivery stand as they are, so that a move from or to one of them is told as a move.
with scopes as (

    {{ union_states('scopes', ['state_code', 'county_code', 'previous_delivery_id']) }}

),

changed_counties as (

    select state_code, county_code from scopes where previous_delivery_id is not null

),

previous as (

    {{ union_states('voters_previous', [
        'voter_id', 'state_code', 'county_code', 'county_fips', 'first_name', 'middle_name', 'last_name', 'name_suffix',
        'party_code', 'registration_status', 'registration_date', 'residence_address', 'residence_city', 'zip5',
        'delivery_id', 'record_number', 'as_of',
    ]) }}

),

unchanged as (

    select
        voter_id, state_code, county_code, county_fips, first_name, middle_name, last_name, name_suffix,
        party_code, registration_status, registration_date, residence_address, residence_city, zip5,
        delivery_id, record_number, as_of
    from (
        {{ union_states('voters', [
            'voter_id', 'state_code', 'county_code', 'county_fips', 'first_name', 'middle_name', 'last_name', 'name_suffix',
            'party_code', 'registration_status', 'registration_date', 'residence_address', 'residence_city', 'zip5',
            'delivery_id', 'record_number', 'as_of',
        ]) }}
    ) as current_records
    where exists (select 1 from changed_counties)
        and not exists (
            select 1
            from changed_counties
            where changed_counties.state_code = current_records.state_code
                and changed_counties.county_code = current_records.county_code
        )

),

registered as (

    select * from previous
    where voter_id is not null and registration_status in ('active', 'inactive', 'temporary')
    union all
    select * from unchanged
    where voter_id is not null and registration_status in ('active', 'inactive', 'temporary')

),

final as (

    select *
    from registered
    qualify row_number() over (
        partition by voter_id
        order by as_of desc, registration_date desc nulls last, record_number, delivery_id
    ) = 1

)

select * from final
