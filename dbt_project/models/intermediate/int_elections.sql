with history as (

    {{ union_states('vote_history', ['state_code', 'election_date', 'election_description']) }}

),

wordings as (

    select state_code, election_date, election_description, count(*) as row_count
    from history
    where election_date is not null
    group by all

),

most_common as (

    select *
    from wordings
    qualify row_number() over (
        partition by state_code, election_date
        order by row_count desc, election_description nulls last
    ) = 1

),

final as (

    select
        state_code || '-' || {{ iso_date("election_date") }} as election_id,
        state_code,
        election_date,
        {{ election_type("election_description", "election_date") }} as election_type,
        {{ year_of("election_date") }} || ' '
            || coalesce(nullif({{ regexp_replace_all("election_description", "^[0-9/]+ *", "") }}, ''), 'ELECTION')
            as election_name
    from most_common

)

select * from final
