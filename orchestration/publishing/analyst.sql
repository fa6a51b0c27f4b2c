-- Aggregate views for reports and maps. No cell under 10 people: `people` is the size of each cell.
create schema analyst;

create view analyst.registration as
select
    state_code, county_fips, county_name, party_code,
    case
        when age_years is null then 'unknown'
        when age_years < 30 then '18-29'
        when age_years < 45 then '30-44'
        when age_years < 65 then '45-64'
        else '65+'
    end as age_band,
    count(*) as people
from main.voters
group by all
having count(*) >= 10;
comment on view analyst.registration is 'One row per county, party and age band: registered voters. Cells under 10 people are left out.';
comment on column analyst.registration.age_band is 'Age reached in the year of the campaign''s election.';
comment on column analyst.registration.people is 'Registered voters in the cell.';

create view analyst.precinct_turnout as
select state_code, county_fips, precinct_code, ballots.key as election_id, ballots.value as people
from (select state_code, county_fips, precinct_code, unnest(map_entries(ballots_by_election)) as ballots from main.precincts)
where ballots.value >= 10;
comment on view analyst.precinct_turnout is 'One row per precinct and election: people who voted there, removed voters included. Cells under 10 people are left out.';
comment on column analyst.precinct_turnout.people is 'People who voted.';

create view analyst.voting_methods as
select election_id, election_date, voting_method, count(*) as people
from main.vote_history
where is_counted
group by all
having count(*) >= 10;
comment on view analyst.voting_methods is 'One row per election and voting method: today''s registered voters who voted so. Cells under 10 people are left out.';
comment on column analyst.voting_methods.people is 'Registered voters in the cell.';

create view analyst.segment_counties as
select segment_id, state_code, county_fips, county_name, count(*) as people
from main.segment_members
join main.voters using (voter_id)
group by all
having count(*) >= 10;
comment on view analyst.segment_counties is 'One row per segment and county: members. Cells under 10 people are left out.';
comment on column analyst.segment_counties.people is 'Members in the cell.';

create view analyst.precinct_context as
with cells as (
    select
        results.state_code, results.county_fips, crosswalk.precinct_code, results.election_id, results.contest_id, results.party_code,
        sum(results.votes) as people
    from main.precinct_results as results
    join main.precinct_crosswalk as crosswalk
        on crosswalk.election_id = results.election_id and crosswalk.county_fips = results.county_fips
        and crosswalk.result_precinct = results.precinct_name
    where results.precinct_kind = 'precinct' and crosswalk.precinct_code is not null and results.votes is not null
    group by all
),
shares as (
    select *, people / sum(people) over (partition by contest_id, county_fips, precinct_code) as share from cells
)
select * from shares where people >= 10 and share < 1;
comment on view analyst.precinct_context is 'One row per voter-file precinct, contest and party: how the precinct voted, of groups that tell nobody''s vote. Cells under 10 votes are left out, and precincts of one mind.';
comment on column analyst.precinct_context.people is 'Votes in the cell.';
comment on column analyst.precinct_context.share is 'Of the votes of the precinct''s groups that are shown.';

create view analyst.segment_traits as
with consumers as (
    -- One record of each voter, also where the vendor has two.
    select * from main.consumer_traits
    where consumer_id in (select min(consumer_id) from main.consumer_traits where voter_id is not null group by voter_id)
),
consumer_counts as (
    select
        segment_id,
        unnest([
            {kind: 'reading', value: 'in general', people: count_if(reads_in_general)},
            {kind: 'reading', value: 'books', people: count_if(reads_books)},
            {kind: 'reading', value: 'magazines', people: count_if(reads_magazines)},
            {kind: 'reading', value: 'politics', people: count_if(reads_politics)},
            {kind: 'reading', value: 'finance', people: count_if(reads_finance)},
            {kind: 'reading', value: 'history', people: count_if(reads_history)},
            {kind: 'reading', value: 'science', people: count_if(reads_science)},
            {kind: 'shopping', value: 'online', people: count_if(shops_online)},
            {kind: 'shopping', value: 'by mail', people: count_if(shops_by_mail)},
            {kind: 'shopping', value: 'for value', people: count_if(shops_for_value)},
            {kind: 'shopping', value: 'books', people: count_if(buys_books)},
            {kind: 'shopping', value: 'electronics', people: count_if(buys_electronics)},
            {kind: 'shopping', value: 'home furnishings', people: count_if(buys_home_furnishings)},
            {kind: 'shopping', value: 'for the garden', people: count_if(buys_for_garden)},
            {kind: 'shopping', value: 'home improvement', people: count_if(improves_home)},
            {kind: 'work', value: 'owns a business', people: count_if(is_business_owner)}
        ]) as cell
    from main.segment_members
    join consumers using (voter_id)
    group by segment_id
),
occupations as (
    select segment_id, occupation_group as value, count(*) as people
    from main.segment_members
    join consumers using (voter_id)
    -- Work for a church tells religion.
    where occupation_group is not null and not (contains(occupation_group, 'RELIG') or contains(occupation_group, 'CLERGY'))
    group by all
),
topics as (
    select segment_id, topic as value, count(*) as people
    from main.segment_members
    join (select distinct voter_id, topic from main.web_activity where event_type = 'page' and topic is not null) using (voter_id)
    group by all
),
site_deeds as (
    select segment_id, value, count(*) as people
    from main.segment_members
    join (
        select distinct voter_id, case event_type when 'page' then 'visits' else event_name end as value
        from main.web_activity where voter_id is not null
    ) using (voter_id)
    where value is not null
    group by all
),
app_counts as (
    select
        segment_id,
        unnest([
            {value: 'is a member', people: count(distinct voter_id)},
            {value: 'follows or likes', people: count(distinct voter_id) filter (where follow_count + like_count > 0)},
            {value: 'shares', people: count(distinct voter_id) filter (where share_count > 0)},
            {value: 'replies', people: count(distinct voter_id) filter (where reply_count > 0)},
            {value: 'comes to events', people: count(distinct voter_id) filter (where event_count > 0)}
        ]) as cell
    from main.segment_members
    join main.social_engagement using (voter_id)
    group by segment_id
),
friends as (
    select voter_id, friend_voter_id from main.app_friends
    union all
    select friend_voter_id, voter_id from main.app_friends
),
friends_counts as (
    select members.segment_id, 'in ' || theirs.segment_id as value, count(distinct friends.voter_id) as people
    from friends
    join main.segment_members as members on members.voter_id = friends.voter_id
    join main.segment_members as theirs on theirs.voter_id = friends.friend_voter_id
    group by all
),
cells as (
    select segment_id, cell.kind as kind, 'consumer file' as source, cell.value as value, cell.people::bigint as people from consumer_counts
    union all
    select segment_id, 'work', 'consumer file', value, people from occupations
    union all
    select segment_id, 'reading', 'site', value, people from topics
    union all
    select segment_id, 'social', 'site', value, people from site_deeds
    union all
    select segment_id, 'social', 'app', cell.value, cell.people from app_counts
    union all
    select segment_id, 'friends', 'app', value, people from friends_counts
)
select * from cells where people >= 10;
comment on view analyst.segment_traits is 'One row per segment and trait: members of whom it is known what they read, buy, do for work and do on the site and in the app, and where their friends are. Cells under 10 people are left out.';
comment on column analyst.segment_traits.kind is 'reading, shopping, work, friends or social (in the app and on the site).';
comment on column analyst.segment_traits.source is 'consumer file (much of it what its vendor holds likely), site (who gave a name there) or app (as members consent). Of no donor''s reports.';
comment on column analyst.segment_traits.value is 'What they read, buy or do; of friends in which segment they have one: app members and the voters whom they shared, either of the other.';
comment on column analyst.segment_traits.people is 'Members of the segment in the cell.';
