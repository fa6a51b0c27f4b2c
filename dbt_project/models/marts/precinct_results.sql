-- Who is the only mail voter of a precinct, or one of voters who all chose alike, would be known by the figures of that
-- group (precinct, contest, way of voting). Such groups are added up over the county, with the smallest other one for company
-- where they are still too few or all alike; else over the state; else their votes are withheld.
with counted as (

    select
        election_id, state_code, election_date, stage, county_fips, county_name, precinct_name, precinct_kind, contest_id, office,
        district, candidate, party_code, voting_method, source_name, votes
    from {{ ref('int_result_counts') }}
    where is_counted and row_kind = 'candidate'

),

listed as (

    select distinct contest_id, county_name, candidate from counted

),

contested as (

    select contest_id, county_name from listed group by contest_id, county_name having count(*) > 1

),

-- Where one candidate stood nobody had a choice, and nothing is learned. A rival may be listed in another county only.
choices as (

    select distinct contest_id, county_name
    from listed
    where (contest_id, candidate) in (select (contest_id, candidate) from listed semi join contested using (contest_id, county_name))

),

groups as (

    select
        contest_id, county_name, precinct_name, voting_method,
        sum(votes) as votes,
        {{ is_safe_group("votes") }} as is_safe
    from counted
    group by contest_id, county_name, precinct_name, voting_method

),

judged as (

    select
        groups.*,
        groups.is_safe or choices.contest_id is null as is_open,
        groups.is_safe and groups.votes >= 10 and choices.contest_id is not null as is_company,
        lpad(cast(groups.votes as varchar), 12, '0') || groups.county_name || ' ' || groups.precinct_name as rank
    from groups
    left join choices using (contest_id, county_name)

),

hidden as (

    select counted.*
    from counted
    semi join (select * from judged where not is_open) as unsafe using (contest_id, county_name, precinct_name, voting_method)

),

county_pools as (

    select contest_id, county_name, voting_method, {{ is_safe_group("votes") }} and max(part_count) > 1 as is_safe
    from (
        select
            contest_id, county_name, voting_method, candidate, party_code, sum(votes) as votes,
            count(distinct precinct_name) as part_count
        from hidden
        group by all
    ) as candidates
    group by contest_id, county_name, voting_method

),

county_company as (

    select contest_id, county_name, voting_method, {{ first_by("precinct_name", "rank") }} as precinct_name
    from judged
    semi join (select * from county_pools where not is_safe) as pools using (contest_id, county_name, voting_method)
    where is_company
    group by contest_id, county_name, voting_method

),

left_over as (

    select *
    from county_pools
    anti join county_company using (contest_id, county_name, voting_method)
    where not is_safe

),

state_pools as (

    select contest_id, voting_method, {{ is_safe_group("votes") }} and max(part_count) > 1 as is_safe
    from (
        select contest_id, voting_method, candidate, party_code, sum(votes) as votes, count(distinct county_name) as part_count
        from hidden
        semi join left_over using (contest_id, county_name, voting_method)
        group by all
    ) as candidates
    group by contest_id, voting_method

),

state_company as (

    select
        contest_id, voting_method, {{ first_by("county_name", "rank") }} as county_name,
        {{ first_by("precinct_name", "rank") }} as precinct_name
    from judged
    semi join (select * from state_pools where not is_safe) as pools using (contest_id, voting_method)
    anti join county_company using (contest_id, county_name, voting_method, precinct_name)
    where is_company
    group by contest_id, voting_method

),

pooled as (

    select
        judged.contest_id,
        judged.county_name,
        judged.precinct_name,
        judged.voting_method,
        case
            when county_company.precinct_name is not null then 'pooled_county'
            when state_company.precinct_name is not null then 'pooled_state'
            when left_over.contest_id is null then 'pooled_county'
            when state_pools.is_safe or state_hosts.contest_id is not null then 'pooled_state'
            else 'withheld'
        end as pool
    from judged
    left join county_company using (contest_id, county_name, precinct_name, voting_method)
    left join state_company using (contest_id, county_name, precinct_name, voting_method)
    left join left_over
        on left_over.contest_id = judged.contest_id
        and left_over.county_name = judged.county_name
        and left_over.voting_method = judged.voting_method
    left join state_pools
        on state_pools.contest_id = judged.contest_id and state_pools.voting_method = judged.voting_method
    left join state_company as state_hosts
        on state_hosts.contest_id = judged.contest_id and state_hosts.voting_method = judged.voting_method
    where not judged.is_open or county_company.precinct_name is not null or state_company.precinct_name is not null

),

final as (

    select
        election_id, state_code, election_date, stage, county_fips, county_name, precinct_name, precinct_kind, contest_id, office,
        district, candidate, party_code, voting_method, votes, source_name
    from counted
    anti join pooled using (contest_id, county_name, precinct_name, voting_method)
    union all
    select
        counted.election_id,
        counted.state_code,
        counted.election_date,
        counted.stage,
        case when pooled.pool = 'pooled_county' then counted.county_fips end as county_fips,
        case when pooled.pool = 'pooled_county' then counted.county_name end as county_name,
        'POOLED',
        pooled.pool,
        counted.contest_id,
        counted.office,
        counted.district,
        counted.candidate,
        counted.party_code,
        counted.voting_method,
        cast(sum(case when pooled.pool <> 'withheld' then counted.votes end) as bigint),
        min(counted.source_name)
    from counted
    inner join pooled using (contest_id, county_name, precinct_name, voting_method)
    group by all

)

select * from final
