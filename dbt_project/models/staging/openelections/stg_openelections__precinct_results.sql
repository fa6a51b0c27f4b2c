-- One row for each count: a record has several where ways of voting have columns of their own.
with records as (

    select
        split_part(_county, '-', 1) as election,
        county, precinct, office, district, candidate, party, _delivery_id,
        -- A row without any count is still a row.
        case when coalesce(
            nullif(election_day, ''), nullif(early_voting, ''), nullif(absentee, ''), nullif(mail, ''), nullif(provisional, ''),
            nullif(overseas, ''), nullif(other_votes, '')
        ) is null then coalesce(votes, '') else nullif(votes, '') end as votes,
        nullif(election_day, '') as election_day,
        nullif(early_voting, '') as early_voting,
        nullif(absentee, '') as absentee,
        nullif(mail, '') as mail,
        nullif(provisional, '') as provisional,
        nullif(overseas, '') as overseas,
        nullif(other_votes, '') as other_votes
    from {{ source('openelections', 'openelections_precinct_results') }}

),

counts as (

    {{ rows_of_columns(
        "records",
        ["votes", "election_day", "early_voting", "absentee", "mail", "provisional", "overseas", "other_votes"],
        "mode", "count_text"
    ) }}

),

final as (

    select
        split_part(election, '__', 2) as state_code,
        {{ try_to_date("split_part(election, '__', 1)", "%Y%m%d") }} as election_date,
        case
            when contains(election, 'PRIMARY') then 'primary' when contains(election, 'RUNOFF') then 'runoff' else 'general'
        end as stage,
        contains(election, '__SPECIAL') as is_special,
        cast(null as varchar) as county_fips,
        {{ fold_blanks("county") }} as county_name,
        {{ fold_blanks("precinct") }} as precinct_name,
        {{ fold_blanks("office") }} as office_label,
        {{ clean_code("district") }} as district_label,
        {{ fold_blanks("candidate") }} as candidate_label,
        {{ fold_blanks("party") }} as party_label,
        upper(replace(mode, '_', ' ')) as mode_label,
        {{ try_to_integer("replace(count_text, ',', '')") }} as votes,
        {{ is_hidden("count_text") }} as is_hidden,
        _delivery_id as delivery_id
    from counts

)

select * from final
