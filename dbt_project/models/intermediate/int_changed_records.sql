-- A voter whose records are the same as before, and are read in the same way on the new file's day, is no change.
with scopes as (

    {{ union_states('scopes', ['state_code', 'county_code', 'previous_delivery_id']) }}

),

changed_counties as (

    select state_code, county_code from scopes where previous_delivery_id is not null

),

records as (

    {{ union_states('voters', [
        'voter_id', 'state_code', 'county_code', 'record_hash', 'birth_year', 'birth_date', 'delivery_id', 'record_number',
    ]) }}

),

records_now as (

    -- What is read by the day of the file belongs to what is compared: the birth, and with it whether the record is there. All as one number
    -- as long as the record's own hash.
    select voter_id, delivery_id, record_number, record_hash, {{ hash_of(['voter_id', 'record_hash', 'birth_year', 'birth_date']) }} as said
    from records
    semi join changed_counties using (state_code, county_code)

),

records_before as (

    select voter_id, delivery_id, record_number, record_hash, {{ hash_of(['voter_id', 'record_hash', 'birth_year', 'birth_date']) }} as said
    from (
        {{ union_states('voters_previous', [
            'voter_id', 'record_hash', 'birth_year', 'birth_date', 'delivery_id', 'record_number',
        ]) }}
    ) as previous_records

),

-- Numbers that a few others may share say where to look for voters who have several records.
several as (

    select {{ hash_of(['voter_id']) }} as voter
    from records
    where exists (select 1 from changed_counties)
    group by voter
    having count(*) > 1

),

changed_voters as (

    select voter_id
    from records_now
    anti join records_before using (said)
    union
    select voter_id
    from records_before
    anti join records_now using (said)
    union
    -- Which of a voter's records counts depends on the files' days and on the records' places.
    select voter_id
    from records
    where {{ hash_of(['voter_id']) }} in (select voter from several)
    group by voter_id
    having count(*) > 1

),

final as (

    select voter_id, delivery_id, record_number, true as is_current, record_hash
    from records
    where voter_id in (select voter_id from changed_voters)
    union all
    select voter_id, delivery_id, record_number, false as is_current, record_hash
    from records_before
    where voter_id in (select voter_id from changed_voters)

)

select * from final
