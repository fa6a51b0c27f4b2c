with counts as (

    select * from {{ ref('int_result_counts') }}

),

results as (

    select * from {{ ref('precinct_results') }}

),

adjusted as (

    select
        election_id, state_code, county_fips, county_name, contest_id, adjustment, pseudo_kind, is_counted,
        count(*) as row_count,
        coalesce(sum(delivered_votes), 0) as delivered_votes,
        coalesce(sum(delivered_votes), 0) - coalesce(sum(votes) filter (where is_counted), 0) as left_out_votes,
        coalesce(sum(rest_votes) filter (where adjustment in ('total_beside_modes', 'rest_of_total')), 0) as difference_votes
    from counts
    where adjustment is not null
    group by all
    union all
    select
        election_id, state_code, county_fips, county_name, contest_id, 'repeated_rows', null, true,
        sum(row_count - 1), sum(delivered_votes), sum(repeated_votes), 0
    from counts
    where repeated_votes <> 0 and is_counted
    group by all
    union all
    select
        election_id, state_code, county_fips, county_name, contest_id, 'not_a_precinct', precinct_kind, true,
        count(*), coalesce(sum(delivered_votes), 0), 0, 0
    from counts
    where is_counted and row_kind = 'candidate' and precinct_kind <> 'precinct'
    group by all

),

secrets as (

    select
        election_id, state_code, county_fips, county_name, contest_id, precinct_kind as adjustment, count(*) as row_count,
        coalesce(sum(votes), 0) as votes
    from results
    where precinct_kind in ('pooled_county', 'pooled_state', 'withheld')
    group by all

),

withheld as (

    select contest_id, sum(votes) as votes
    from counts
    where is_counted and row_kind = 'candidate'
    group by contest_id

),

shown as (

    select contest_id, sum(votes) as votes from results group by contest_id

),

final as (

    select
        election_id,
        state_code,
        county_fips,
        county_name,
        contest_id,
        adjustment,
        pseudo_kind as detail,
        is_counted,
        cast(row_count as bigint) as row_count,
        cast(delivered_votes as bigint) as delivered_votes,
        cast(left_out_votes as bigint) as left_out_votes,
        cast(difference_votes as bigint) as difference_votes,
        case adjustment
            when 'other_source' then 'Another source gives the same county''s election; one of them is counted.'
            when 'pseudo_candidate' then 'What stands in the candidate''s place is no candidate.'
            when 'county_total' then 'The row is the sum of the county''s precincts, which are counted.'
            when 'hidden_modes' then 'A way of voting is hidden by the source; the total beside it is counted.'
            when 'total_beside_modes' then 'The ways of voting beside it are counted; the difference is the total less these.'
            when 'rest_of_total' then 'The ways of voting beside it do not make up the total; what is left is counted as other.'
            when 'hidden' then 'The source hides the count.'
            when 'no_count' then 'There is no number.'
            when 'turnout_row' then 'Registered voters and ballots are no contest; they stand in official_turnout.'
            when 'negative_correction' then 'A correction below nought; counted as it stands.'
            when 'repeated_rows' then 'Rows alike in all that they say are counted once.'
            when 'not_a_precinct' then 'Votes that the county does not sort by precinct; counted, and in no crosswalk.'
        end as reason
    from adjusted
    union all
    select
        secrets.election_id,
        secrets.state_code,
        secrets.county_fips,
        secrets.county_name,
        secrets.contest_id,
        secrets.adjustment,
        null,
        secrets.adjustment <> 'withheld',
        secrets.row_count,
        case when secrets.adjustment <> 'withheld' then cast(secrets.votes as bigint) end,
        case when secrets.adjustment = 'withheld' then cast(withheld.votes - shown.votes as bigint) else 0 end,
        0,
        case secrets.adjustment
            when 'withheld' then 'Under ten voters of a way of voting, or all alike, in the whole contest: not shown.'
            else 'Groups of under ten voters or of voters all alike, added up.'
        end
    from secrets
    inner join withheld using (contest_id)
    inner join shown using (contest_id)

)

select * from final
