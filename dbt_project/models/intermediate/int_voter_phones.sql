-- Numbers that stand for the telephone numbers say first which several may have; only of these each is looked at.
with voters as (

    select phone, voter_id, first_name, last_name from {{ ref('voters') }} where phone is not null

),

of_several as (

    select {{ hash_of(['phone']) }} as number from {{ ref('voters') }} where phone is not null group by number having count(*) > 1

),

final as (

    select phone, voter_id, first_name, last_name
    from voters
    where {{ hash_of(['phone']) }} not in (select number from of_several)
    union all
    select phone, min(voter_id), min(first_name), min(last_name)
    from voters
    where {{ hash_of(['phone']) }} in (select number from of_several)
    group by phone
    having count(*) = 1

)

select * from final
