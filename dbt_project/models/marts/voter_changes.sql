with scopes as (

    {{ union_states('scopes', [
        'state_code', 'county_code', 'delivery_id', 'as_of', 'previous_delivery_id', 'previous_as_of',
    ]) }}

),

addresses as (

    select * from {{ ref('int_addresses') }}

),

-- The others are as they were; nothing was before the first delivery. By itself, since their addresses alone are to be looked for.
changed as (

    select *
    from {{ ref('int_registrations') }}
    where is_registered and voter_id in (select voter_id from {{ ref('int_changed_records') }})

),

current_voters as (

    select changed.*, addresses.residence_id
    from changed
    left join addresses
        on addresses.state_code = changed.state_code
        and addresses.residence_address = changed.residence_address
        and addresses.area = {{ residence_area('changed') }}

),

previous_voters as (

    select registrations.*, addresses.residence_id
    from {{ ref('int_registrations_before') }} as registrations
    left join addresses
        on addresses.state_code = registrations.state_code
        and addresses.residence_address = registrations.residence_address
        and addresses.area = {{ residence_area('registrations') }}

),

new as (

    select
        current_voters.voter_id,
        current_voters.county_fips,
        'new' as change_type,
        cast(null as varchar) as previous_value,
        cast(null as varchar) as current_value,
        scopes.previous_as_of,
        current_voters.as_of,
        scopes.previous_delivery_id,
        current_voters.delivery_id
    from current_voters
    left join scopes
        on scopes.state_code = current_voters.state_code
        and scopes.county_code = current_voters.county_code
    where current_voters.voter_id not in (select voter_id from previous_voters)

),

removed as (

    select
        previous_voters.voter_id,
        previous_voters.county_fips,
        'removed' as change_type,
        cast(null as varchar) as previous_value,
        cast(null as varchar) as current_value,
        previous_voters.as_of as previous_as_of,
        scopes.as_of,
        previous_voters.delivery_id as previous_delivery_id,
        scopes.delivery_id
    from previous_voters
    left join scopes
        on scopes.state_code = previous_voters.state_code
        and scopes.county_code = previous_voters.county_code
    where previous_voters.voter_id not in (select voter_id from current_voters)

),

both_times as (

    select
        current_voters.voter_id,
        current_voters.county_fips,
        previous_voters.residence_id as previous_residence_id,
        current_voters.residence_id,
        previous_voters.party_code as previous_party_code,
        current_voters.party_code,
        -- An address that is no longer known is not a move.
        previous_voters.residence_id <> current_voters.residence_id
            or previous_voters.county_fips <> current_voters.county_fips as has_moved,
        previous_voters.party_code is distinct from current_voters.party_code as has_changed_party,
        previous_voters.first_name is distinct from current_voters.first_name
            or previous_voters.middle_name is distinct from current_voters.middle_name
            or previous_voters.last_name is distinct from current_voters.last_name
            or previous_voters.name_suffix is distinct from current_voters.name_suffix as has_changed_name,
        previous_voters.as_of as previous_as_of,
        current_voters.as_of,
        previous_voters.delivery_id as previous_delivery_id,
        current_voters.delivery_id
    from current_voters
    inner join previous_voters on previous_voters.voter_id = current_voters.voter_id

),

moved as (

    select
        voter_id, county_fips, 'moved' as change_type,
        previous_residence_id as previous_value, residence_id as current_value,
        previous_as_of, as_of, previous_delivery_id, delivery_id
    from both_times
    where has_moved

),

party as (

    select
        voter_id, county_fips, 'party' as change_type,
        previous_party_code as previous_value, party_code as current_value,
        previous_as_of, as_of, previous_delivery_id, delivery_id
    from both_times
    where has_changed_party

),

name as (

    select
        voter_id, county_fips, 'name' as change_type,
        cast(null as varchar) as previous_value, cast(null as varchar) as current_value,
        previous_as_of, as_of, previous_delivery_id, delivery_id
    from both_times
    where has_changed_name

),

final as (

    select * from new
    union all
    select * from removed
    union all
    select * from moved
    union all
    select * from party
    union all
    select * from name

)

select * from final
