with counts as (

    select * from {{ ref('int_result_counts') }} where contest_id is not null

),

totals as (

    select
        contest_id,
        min(election_id) as election_id,
        min(state_code) as state_code,
        min(election_date) as election_date,
        min(office) as office,
        min(district) as district,
        count(distinct county_name) as county_count,
        count(distinct candidate) filter (where row_kind = 'candidate') as candidate_count,
        coalesce(sum(votes) filter (where is_counted and row_kind = 'candidate'), 0) as votes,
        coalesce(sum(delivered_votes), 0) as delivered_votes
    from counts
    group by contest_id

),

official as (

    select * from {{ ref('official_totals') }}

),

final as (

    select
        totals.contest_id,
        totals.election_id,
        totals.state_code,
        totals.election_date,
        totals.office,
        totals.district,
        totals.county_count,
        totals.candidate_count,
        cast(totals.votes as bigint) as votes,
        cast(totals.delivered_votes as bigint) as delivered_votes,
        official.official_votes,
        cast(totals.votes - official.official_votes as bigint) as difference_votes,
        official.source as official_source
    from totals
    left join official using (contest_id)

)

select * from final
