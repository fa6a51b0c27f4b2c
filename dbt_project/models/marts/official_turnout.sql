{{ config(meta={'rows_of': ['stg_eavs__registration', 'stg_eavs__participation', 'int_result_counts']}) }}
with registration as (

    select * from {{ ref('stg_eavs__registration') }}

),

participation as (

    select * from {{ ref('stg_eavs__participation') }}

),

survey as (

    select
        coalesce(registration.state_code, participation.state_code) as state_code,
        coalesce(registration.election_date, participation.election_date) as election_date,
        coalesce(registration.county_fips, participation.county_fips) as county_fips,
        sum(registration.registered_count) as eavs_registered_count,
        sum(registration.removed_count) as eavs_removed_count,
        sum(participation.ballot_count) as eavs_ballot_count
    from registration
    full join participation
        on participation.state_code = registration.state_code
        and participation.election_date = registration.election_date
        and participation.county_fips = registration.county_fips
    group by all

),

-- The contest in which most of a county voted, such as that of the president.
results as (

    select
        state_code,
        election_date,
        county_fips,
        sum(votes) filter (where row_kind = 'registered') as results_registered_count,
        sum(votes) filter (where row_kind = 'ballots') as results_ballot_count,
        max(contest_votes) as largest_contest_votes
    from (
        select
            state_code, election_date, county_fips, row_kind, contest_id, sum(votes) as votes,
            case when office in ('US PRESIDENT', 'US SENATE', 'GOVERNOR') then sum(votes) end as contest_votes
        from {{ ref('int_result_counts') }}
        where is_counted and county_fips is not null and stage = 'general'
        group by state_code, election_date, county_fips, row_kind, contest_id, office
    ) as contests
    group by all

),

official as (

    select
        coalesce(survey.state_code, results.state_code) as state_code,
        coalesce(survey.election_date, results.election_date) as election_date,
        coalesce(survey.county_fips, results.county_fips) as county_fips,
        survey.* exclude (state_code, election_date, county_fips),
        results.* exclude (state_code, election_date, county_fips)
    from survey
    full join results
        on results.state_code = survey.state_code
        and results.election_date = survey.election_date
        and results.county_fips = survey.county_fips

),

elections as (

    select distinct state_code, election_date from official

),

ballots as (

    select
        ballots.state_code,
        ballots.election_date,
        ballots.voted_county_fips,
        case when ballots.voted_county_fips is null then ballots.voter_id end as asked_voter_id
    from {{ ref('int_ballots') }} as ballots
    semi join elections using (state_code, election_date)
    where ballots.is_counted

),

-- Where the state does not say where a ballot was cast, the county of registration stands for it.
history as (

    select
        ballots.state_code,
        ballots.election_date,
        coalesce(ballots.voted_county_fips, registrations.county_fips) as county_fips,
        count(*) as history_ballot_count
    from ballots
    left join {{ ref('int_registrations') }} as registrations on registrations.voter_id = ballots.asked_voter_id
    group by all

),

final as (

    select
        official.state_code || '-' || {{ iso_date("official.election_date") }} as election_id,
        official.state_code,
        official.election_date,
        official.county_fips,
        cast(official.eavs_registered_count as bigint) as eavs_registered_count,
        cast(official.eavs_removed_count as bigint) as eavs_removed_count,
        cast(official.eavs_ballot_count as bigint) as eavs_ballot_count,
        cast(official.results_registered_count as bigint) as results_registered_count,
        cast(official.results_ballot_count as bigint) as results_ballot_count,
        cast(official.largest_contest_votes as bigint) as largest_contest_votes,
        history.history_ballot_count,
        cast(
            history.history_ballot_count - coalesce(official.eavs_ballot_count, official.results_ballot_count) as bigint
        ) as history_difference,
        {{ safe_divide(
            "history.history_ballot_count - coalesce(official.eavs_ballot_count, official.results_ballot_count)",
            "coalesce(official.eavs_ballot_count, official.results_ballot_count)"
        ) }} as history_difference_share
    from official
    left join history
        on history.state_code = official.state_code
        and history.election_date = official.election_date
        and history.county_fips = official.county_fips

)

select * from final
