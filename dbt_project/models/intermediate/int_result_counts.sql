-- Every count of every results file under one name each, and whether it is counted: nothing twice, nothing that is no vote.
with staged as (

    select 1 as source_rank, 'medsl' as source_name, * replace (coalesce(county_name, '') as county_name)
    from {{ ref('stg_medsl__precinct_results') }}
    union all
    select 2, 'openelections', * replace (coalesce(county_name, '') as county_name)
    from {{ ref('stg_openelections__precinct_results') }}

),

-- Labels are read once each, not row by row.
offices as (

    select
        office_label,
        {{ office_name("office_label") }} as office,
        case
            when {{ regexp_contains("office_label", "^(TOTAL )?REGISTERED VOTERS( - TOTAL)?$|^(VOTER )?REGISTRATION$") }} then 'registered'
            when {{ regexp_contains("office_label", "^(TOTAL )?BALLOTS (CAST|COUNTED)( - TOTAL)?$|^TURNOUT$") }} then 'ballots'
            when {{ regexp_contains("office_label", "^(REGISTERED VOTERS|BALLOTS (CAST|COUNTED)) ?-") }} then 'pseudo'
        end as turnout_kind
    from (select distinct office_label from staged)

),

candidates as (

    select candidate_label, {{ pseudo_candidate("candidate_label") }} as pseudo_kind
    from (select distinct candidate_label from staged)

),

parties as (

    select party_label, {{ party_code("party_label") }} as party_code from (select distinct party_label from staged)

),

modes as (

    select mode_label, {{ result_voting_method("mode_label") }} as voting_method from (select distinct mode_label from staged)

),

places as (

    select precinct_name, {{ precinct_kind("precinct_name") }} as precinct_kind from (select distinct precinct_name from staged)

),

counties as (

    select state_code, upper(county_name) as county_name, county_fips from {{ ref('counties') }}

),

-- Of a county's election that came from two sources the first counts.
sources as (

    select state_code, election_date, county_name, min(source_rank) as source_rank from staged group by all

),

named as (

    select
        staged.source_name,
        staged.source_rank = sources.source_rank as is_of_first_source,
        staged.state_code || '-' || {{ iso_date("staged.election_date") }} as election_id,
        staged.state_code,
        staged.election_date,
        staged.stage,
        coalesce(staged.county_fips, counties.county_fips) as county_fips,
        staged.county_name,
        coalesce(staged.precinct_name, '') as precinct_name,
        places.precinct_kind,
        case when offices.turnout_kind is null then offices.office end as office,
        case
            when offices.turnout_kind is not null then null
            when offices.office in ('US HOUSE', 'STATE SENATE', 'STATE HOUSE', 'US PRESIDENT', 'US SENATE', 'GOVERNOR')
                then {{ contest_district("staged.district_label") }}
            else nullif(staged.district_label, 'STATEWIDE')
        end as district,
        coalesce(staged.is_special, false) as is_special,
        case
            when offices.turnout_kind is not null then offices.turnout_kind
            when candidates.pseudo_kind is not null or coalesce(staged.candidate_label, staged.party_label) is null then 'pseudo'
            else 'candidate'
        end as row_kind,
        case
            when offices.turnout_kind = 'pseudo' then 'part of turnout'
            when offices.turnout_kind is null then coalesce(
                candidates.pseudo_kind,
                case when coalesce(staged.candidate_label, staged.party_label) is null then 'nobody named' end
            )
        end as pseudo_kind,
        -- A straight party's vote has the party for its candidate.
        case when offices.turnout_kind is null then coalesce(staged.candidate_label, staged.party_label) end as candidate,
        parties.party_code,
        staged.mode_label,
        modes.voting_method,
        staged.votes,
        staged.is_hidden
    from staged
    inner join sources
        on sources.state_code = staged.state_code
        and sources.election_date = staged.election_date
        and sources.county_name = staged.county_name
    left join offices on offices.office_label is not distinct from staged.office_label
    left join candidates on candidates.candidate_label is not distinct from staged.candidate_label
    left join parties on parties.party_label is not distinct from staged.party_label
    left join modes on modes.mode_label is not distinct from staged.mode_label
    left join places on places.precinct_name is not distinct from staged.precinct_name
    left join counties on counties.state_code = staged.state_code and counties.county_name = staged.county_name

),

keyed as (

    select
        *,
        {{ stable_hash([
            "source_name", "election_id", "stage", "county_name", "precinct_name", "office", "district",
            "cast(is_special as varchar)", "row_kind", "candidate", "party_code",
        ], 32) }} as candidate_key
    from named

),

more_than_once as (

    select candidate_key, voting_method from keyed group by candidate_key, voting_method having count(*) > 1

),

-- Rows alike in all that they say are one row twice; rows of one key that differ are parts of one count.
by_label as (

    select
        * exclude (votes, is_hidden),
        count(*) as row_count,
        sum(votes) as delivered_votes,
        sum(distinct votes) as votes,
        coalesce(sum(least(votes, 0)), 0) as negative_votes,
        bool_or(is_hidden) as is_hidden
    from keyed
    semi join more_than_once using (candidate_key, voting_method)
    group by all

),

counts as (

    select
        * exclude (mode_label, votes, is_hidden),
        1 as row_count,
        votes as delivered_votes,
        votes,
        coalesce(least(votes, 0), 0) as negative_votes,
        is_hidden
    from keyed
    anti join more_than_once using (candidate_key, voting_method)
    union all
    select
        * exclude (mode_label, row_count, delivered_votes, votes, negative_votes, is_hidden),
        cast(sum(row_count) as bigint),
        cast(sum(delivered_votes) as bigint),
        cast(sum(votes) as bigint),
        cast(sum(negative_votes) as bigint),
        bool_or(is_hidden)
    from by_label
    group by all

),

-- Candidates of whom a precinct gives the total and ways of voting beside it.
paired as (

    select
        candidate_key,
        sum(votes) filter (where voting_method = 'total') as total_votes,
        coalesce(sum(votes) filter (where voting_method <> 'total'), 0) as mode_votes,
        bool_or(voting_method = 'election_day') as has_election_day,
        coalesce(bool_or(is_hidden) filter (where voting_method <> 'total'), false) as has_hidden_mode
    from counts
    group by candidate_key
    having bool_or(voting_method = 'total') and bool_or(voting_method <> 'total')

),

-- Contests of a county whose sum stands among its precincts.
summed as (

    select distinct source_name, election_id, stage, county_name, office, district, is_special, row_kind
    from counts
    where precinct_kind = 'county_total'

),

sorted_too as (

    select distinct summed.*
    from summed
    inner join counts
        on counts.precinct_kind <> 'county_total'
        and counts.source_name = summed.source_name
        and counts.election_id = summed.election_id
        and counts.stage = summed.stage
        and counts.county_name = summed.county_name
        and counts.office is not distinct from summed.office
        and counts.district is not distinct from summed.district
        and counts.is_special = summed.is_special
        and counts.row_kind = summed.row_kind

),

named_write_ins as (

    select distinct source_name, election_id, stage, county_name, precinct_name, office, district, is_special
    from counts
    where starts_with(candidate, 'WRITE-IN: ')

),

judged as (

    select
        counts.*,
        paired.total_votes - paired.mode_votes as rest_votes,
        case
            when not counts.is_of_first_source then 'other_source'
            when counts.row_kind = 'pseudo' then 'pseudo_candidate'
            when counts.candidate in ('WRITE-IN TOTALS', 'WRITE-INS TOTAL') and named_write_ins.office is not null then 'pseudo_candidate'
            when counts.precinct_kind = 'county_total' and sorted_too.row_kind is not null then 'county_total'
            when paired.has_hidden_mode and paired.total_votes is not null and counts.voting_method <> 'total' then 'hidden_modes'
            when paired.candidate_key is not null and counts.voting_method = 'total' and not (paired.has_hidden_mode and paired.total_votes is not null)
                then case
                    -- Where no count of election day stands beside it, or the source promises it whole, the rest is votes.
                    when (counts.source_name = 'openelections' or not paired.has_election_day) and paired.total_votes > paired.mode_votes
                        then 'rest_of_total'
                    else 'total_beside_modes'
                end
            when counts.is_hidden then 'hidden'
            when counts.votes is null then 'no_count'
            when counts.row_kind in ('registered', 'ballots') then 'turnout_row'
            when counts.negative_votes < 0 then 'negative_correction'
        end as adjustment
    from counts
    left join paired using (candidate_key)
    left join sorted_too
        on counts.precinct_kind = 'county_total'
        and sorted_too.source_name = counts.source_name
        and sorted_too.election_id = counts.election_id
        and sorted_too.stage = counts.stage
        and sorted_too.county_name = counts.county_name
        and sorted_too.office is not distinct from counts.office
        and sorted_too.district is not distinct from counts.district
        and sorted_too.is_special = counts.is_special
        and sorted_too.row_kind = counts.row_kind
    left join named_write_ins
        on counts.candidate in ('WRITE-IN TOTALS', 'WRITE-INS TOTAL')
        and named_write_ins.source_name = counts.source_name
        and named_write_ins.election_id = counts.election_id
        and named_write_ins.stage = counts.stage
        and named_write_ins.county_name = counts.county_name
        and named_write_ins.precinct_name = counts.precinct_name
        and named_write_ins.office = counts.office
        and named_write_ins.district is not distinct from counts.district
        and named_write_ins.is_special = counts.is_special

),

final as (

    select
        source_name,
        election_id,
        state_code,
        election_date,
        stage,
        county_fips,
        county_name,
        precinct_name,
        precinct_kind,
        election_id || ' ' || office || case when starts_with(office, 'COUNTY ') then ' ' || county_name else '' end
            || coalesce(' ' || district, '') || case when is_special then ' SPECIAL' else '' end
            || case when stage = 'general' then '' else ' ' || upper(stage) end
            || case when stage = 'primary' then coalesce(' ' || party_code, '') else '' end as contest_id,
        office,
        district,
        row_kind,
        pseudo_kind,
        candidate,
        party_code,
        case when adjustment = 'rest_of_total' then 'other' else voting_method end as voting_method,
        adjustment is null or adjustment in ('rest_of_total', 'hidden', 'turnout_row', 'negative_correction') as is_counted,
        cast(
            case when adjustment = 'rest_of_total' then rest_votes when adjustment = 'hidden' then null else votes end as bigint
        ) as votes,
        cast(delivered_votes as bigint) as delivered_votes,
        cast(row_count as bigint) as row_count,
        cast(delivered_votes - votes as bigint) as repeated_votes,
        cast(case when voting_method = 'total' then rest_votes end as bigint) as rest_votes,
        adjustment
    from judged

)

select * from final
