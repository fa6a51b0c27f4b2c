-- Those that voters who were read anew had in the mart, and those that they have there now. Tables of residences are brought forward by them.
with outdated as (

    select * from {{ ref('int_outdated_voters') }}

),

final as (

    select residence_id from outdated where residence_id is not null
    union
    select residence_id
    from {{ ref('voters') }}
    where residence_id is not null
        and voter_id in (select voter_id from outdated union all select voter_id from {{ ref('int_changed_records') }})

)

select * from final
