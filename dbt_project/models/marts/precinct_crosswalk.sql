{{ config(meta={'rows_of': ['int_result_counts']}) }}
with result_precincts as (

    select
        election_id, state_code, county_fips, precinct_name as result_precinct,
        {{ precinct_number("precinct_name") }} as number,
        max(votes) as votes
    from (
        select election_id, state_code, county_fips, precinct_name, contest_id, sum(votes) as votes
        from {{ ref('int_result_counts') }}
        where is_counted and row_kind = 'candidate' and precinct_kind = 'precinct' and county_fips is not null
        group by all
    ) as contests
    group by all

),

voters as (

    {{ union_states('voters', ['state_code', 'county_fips', 'precinct_code', 'precinct_name']) }}

),

voter_precincts as (

    select distinct
        state_code, county_fips, precinct_code, {{ precinct_number("precinct_code") }} as number,
        {{ precinct_number("precinct_name") }} as name
    from voters
    where precinct_code is not null and county_fips in (select county_fips from result_precincts)

),

candidates as (

    select results.election_id, results.county_fips, results.result_precinct, precincts.precinct_code, 1 as rank, 'code' as method
    from result_precincts as results
    inner join voter_precincts as precincts
        on precincts.county_fips = results.county_fips and precincts.precinct_code = results.result_precinct
    union
    select results.election_id, results.county_fips, results.result_precinct, precincts.precinct_code, 2, 'name'
    from result_precincts as results
    inner join voter_precincts as precincts
        on precincts.county_fips = results.county_fips and precincts.name = results.number
    union
    select results.election_id, results.county_fips, results.result_precinct, precincts.precinct_code, 3, 'number'
    from result_precincts as results
    inner join voter_precincts as precincts
        on precincts.county_fips = results.county_fips and precincts.number = results.number

),

-- A match is one that no other precinct of either side shares.
best as (

    select *
    from candidates
    qualify rank = min(rank) over (partition by election_id, county_fips, result_precinct)

),

matches as (

    select *
    from best
    qualify count(*) over (partition by election_id, county_fips, result_precinct) = 1
        and count(*) over (partition by election_id, county_fips, precinct_code) = 1

),

final as (

    select
        results.election_id,
        results.state_code,
        results.county_fips,
        results.result_precinct,
        matches.precinct_code,
        matches.method as match_method,
        cast(results.votes as bigint) as votes,
        {{ safe_divide(
            "count(matches.precinct_code) over (partition by results.election_id, results.county_fips)",
            "count(*) over (partition by results.election_id, results.county_fips)"
        ) }} as county_match_rate,
        {{ safe_divide(
            "sum(results.votes) filter (where matches.precinct_code is not null) over (partition by results.election_id, results.county_fips)",
            "sum(results.votes) over (partition by results.election_id, results.county_fips)"
        ) }} as county_match_vote_rate
    from result_precincts as results
    left join matches
        on matches.election_id = results.election_id
        and matches.county_fips = results.county_fips
        and matches.result_precinct = results.result_precinct

)

select * from final
