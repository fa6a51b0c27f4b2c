with records as (

    {{ union_states('voters', ['voter_id', 'email']) }}

),

voters as (

    select voter_id, first_name, last_name from {{ ref('voters') }}

),

final as (

    select
        records.email,
        min(voters.voter_id) as voter_id,
        min(voters.first_name) as first_name,
        min(voters.last_name) as last_name
    from records
    inner join voters on voters.voter_id = records.voter_id
    where records.email is not null
    group by records.email
    having count(distinct records.voter_id) = 1

)

select * from final
