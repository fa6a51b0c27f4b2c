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
