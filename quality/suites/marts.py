"""Gate `marts`: one row per what the table says, references that hold, sums that close, values that can be."""

from __future__ import annotations

from quality import conversations, engagement, reconcile, sources
from quality.suites import is_missing, linked, no_rows, once, shared
from quality.suites.published import SMALLEST_CELL as SMALLEST_GROUP

TABLES = (
    "marts.voters",
    "intermediate.int_ballots",
    "marts.vote_history",
    "marts.residences",
    "marts.household_members",
    "marts.households",
    "marts.family_relations",
    "marts.elections",
    "marts.precincts",
    "marts.voter_changes",
)
OF_RESULTS = (
    "marts.precinct_results",
    "marts.result_adjustments",
    "marts.contest_totals",
    "marts.official_turnout",
    "marts.precinct_crosswalk",
)

# What official figures of one thing may differ by before somebody should look. None of these stops a run: the tables keep both.
HISTORY_SHARE = 0.05  # a history lacks those who have left the file since; in two years some 4 % of North Carolina's
FEWEST = 10  # ballots, below which a difference is none
TOTALS_SHARE = 0.001
BALLOTS_SHARE = 0.005
VOTES_MISSING = 0.05  # in a contest for president, senator or governor 1 to 3 % leave it blank
MATCHED = 0.80
LINKED = 0.05  # of donations; by exact identifiers alone few donors are found


def tables(settings) -> tuple[str, ...]:
    """The tables that the gate judges."""
    return (*TABLES, *OF_RESULTS, *OF_EVENTS)


def expectations(settings, con) -> dict[str, list]:
    """The checks by table."""
    import great_expectations.expectations as gxe

    def unique(column: str) -> object:
        return once(column, f"{column} is there once")

    def filled(column: str) -> object:
        return gxe.ExpectColumnValuesToNotBeNull(column=column, description=f"{column} is always there")

    # By numbers that stand for ids, as in `is_missing`. Where the same rows have to stand in two places, the sum of such numbers is the same: to
    # add them up takes a third of the work of looking for each row.
    households = "select hash(voter_id) as voter, hash(household_id) as household from marts.household_members"

    def refers(column: str, table: str) -> object:
        return no_rows(
            f"select distinct {column} from {{batch}} where {column} is not null and {is_missing(column, f'marts.{table}')}",
            f"{column} is in {table}",
        )

    return {
        "marts.voters": [
            no_rows(
                reconcile.merged_voters(settings.campaign.states),
                "staged rows are the voters, those no longer registered and those merged",
            ),
            unique("voter_id"),
            filled("voter_id"),
            gxe.ExpectColumnValuesToBeInSet(
                column="registration_status",
                value_set=["active", "inactive", "temporary"],
                description="all are registered",
            ),
            filled("state_code"),
            refers("residence_id", "residences"),
            gxe.ExpectColumnValuesToBeBetween(
                column="age_years", min_value=18, max_value=125, description="ages are 18 to 125"
            ),
            no_rows(
                "select 1 from {batch} where general_voted_count > general_eligible_count or primary_voted_count > primary_eligible_count",
                "nobody voted more often than there were elections",
            ),
            shared("phone", "voter_id", "telephone number", "voters"),
        ],
        # A newer voter file leaves the ballots as they stand: only whose votes are published is asked anew.
        "intermediate.int_ballots": [
            no_rows(
                reconcile.merged_history(settings.campaign.states),
                "staged rows are the ballots, those of nobody or no day and repeated labels",
            ),
            unique("voter_id, election_id"),
        ],
        "marts.vote_history": [
            no_rows(reconcile.voters_ballots(), "votes are the ballots of the voters, each once, and nobody else's"),
            refers("election_id", "elections"),
            no_rows(
                "select 1 from {batch} where ballot_party_code is not null and election_type not like '%primary'",
                "ballot parties are of primaries only",
            ),
        ],
        "marts.residences": [
            unique("residence_id"),
            no_rows(
                "select 1 from (select sum(voter_count) as n from {batch}) r, (select count(residence_id) as n from marts.voters) v "
                "where coalesce(r.n, 0) <> v.n",
                "residents are the voters with a residence",
            ),
        ],
        "marts.household_members": [
            unique("voter_id"),
            refers("household_id", "households"),
            no_rows(
                "select 1 from (select count(*) as n, sum(hash(voter_id, residence_id)) as said from {batch}) m, (select count(*) as n, "
                "sum(hash(voter_id, residence_id)) as said from marts.voters where residence_id is not null) v "
                "where (m.n, m.said) is distinct from (v.n, v.said)",
                "every voter with a residence is in one household of it, and nobody else",
            ),
        ],
        "marts.households": [
            unique("household_id"),
            # A household says once for each of its members whose it is, which makes the same sum as what they say themselves.
            no_rows(
                "select 1 from (select sum(member_count) as n, sum(hash(household_id, residence_id)::hugeint * member_count) as said, "
                "coalesce(min(coalesce(member_count, 0)), 1) as fewest from {batch}) h, (select count(*) as n, "
                "sum(hash(household_id, residence_id)) as said from marts.household_members) m "
                "where (coalesce(h.n, 0), h.said) is distinct from (m.n, m.said) or h.fewest < 1",
                "members are those of household_members, all of one residence",
            ),
            no_rows(
                "select 1 from {batch} h join marts.residences r using (residence_id) where (h.household_kind = 'group quarters') "
                "<> (r.group_quarters_reason is not null) or h.group_quarters_reason is distinct from r.group_quarters_reason",
                "group quarters are those of the residences, and hold nothing else",
            ),
            no_rows(
                "select 1 from {batch} where household_kind <> 'group quarters' and member_count > 10",
                "no household is of more than ten adults",
            ),
        ],
        "marts.family_relations": [
            unique("voter_id, relative_voter_id"),
            refers("voter_id", "voters"),
            no_rows(
                "select 1 from (select sum(hash(voter_id, relative_voter_id, relation, probability_estimate, lives_together)) as said, "
                "sum(hash(relative_voter_id, voter_id, case relation when 'parent' then 'child' when 'child' then 'parent' else relation "
                "end, probability_estimate, lives_together)) as said_back from {batch}) where said is distinct from said_back",
                "each relation stands both ways round",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="probability_estimate", min_value=0, max_value=1, description="probabilities are 0 to 1"
            ),
            no_rows("select 1 from {batch} where voter_id = relative_voter_id", "nobody is their own kin"),
            no_rows(
                "select 1 from {batch} where relation = 'partner' group by voter_id having count(*) > 1",
                "nobody has two partners",
            ),
            no_rows(
                "select 1 from {batch} where lives_together and voter_id in (select voter_id from marts.household_members "
                "where household_id in (select household_id from marts.households where household_kind = 'group quarters'))",
                "group quarters hold no family",
            ),
            no_rows(
                f"select 1 from {{batch}} f join ({households}) a on a.voter = hash(f.voter_id) join ({households}) b "
                "on b.voter = hash(f.relative_voter_id) where f.lives_together <> (a.household = b.household)",
                "kin who live together are one household",
            ),
        ],
        "marts.elections": [unique("election_id"), filled("election_date"), filled("election_type")],
        "marts.precincts": [
            unique("state_code, county_fips, precinct_code"),
            no_rows(
                "select 1 from (select sum(registered_count) as n from {batch}) p, (select count(precinct_code) as n from marts.voters) v "
                "where coalesce(p.n, 0) <> v.n",
                "registered voters are the voters with a precinct",
            ),
        ],
        "marts.voter_changes": [
            gxe.ExpectColumnValuesToBeInSet(
                column="change_type",
                value_set=["new", "removed", "moved", "party", "name"],
                description="changes are known",
            ),
            unique("voter_id, change_type"),
        ],
        **_of_results(con),
        # Nobody has to have any of these: of what was never delivered nothing is checked.
        **{
            table: checks(settings, con) if con.execute(f"select 1 from {table} limit 1").fetchall() else []
            for table, checks in OF_EVENTS.items()
        },
    }


def _of_donations(settings, con) -> list:
    """The checks of donations. One above the limit can only be a mistake of the file: ActBlue takes none."""
    limit = 2 * settings.campaign.contribution_limit  # a primary and a general election
    return [
        once("donation_id", "a donation stands once"),
        no_rows(reconcile.newest_donations(), "donations are the line items staged"),
        no_rows(
            "select 1 from {batch} where donated_at >= as_of + interval 1 day or refunded_at >= as_of + interval 1 day",
            "nothing was given or paid back after the export's day",
        ),
        no_rows(
            f"select 1 from {{batch}} where abs(amount_dollars) > {limit} and not is_refunded",
            f"no donation is above the legal limit, ${limit:,} for a primary and a general election",
        ),
        no_rows(
            "select 1 from {batch} where not is_refunded group by coalesce(donor_email, donor_id), recipient_committee, "
            f"recipient_election, year(donated_at) having sum(amount_dollars) > {limit}",
            f"nobody gave more than the legal limit in a year, ${limit:,}",
            "warning",
        ),
        no_rows("select 1 from {batch} where amount_dollars <= 0", "amounts are above nought", "warning"),
        shared("donor_email", "donor_id", "e-mail address", "donors"),
        shared("donor_phone", "donor_id", "telephone number", "donors"),
        *linked(con, "donations", LINKED, "donations", "donors who are linked are voters"),
    ]


OF_EVENTS = {"marts.donations": _of_donations, **sources.CHECKS, **engagement.CHECKS, **conversations.CHECKS}


def _of_results(con) -> dict[str, list]:
    """The checks of official results and turnout. What does not tie is told with its figures, which are nobody's votes."""
    if not con.execute(
        "select 1 from intermediate.int_result_counts union all select 1 from marts.official_turnout limit 1"
    ).fetchall():
        return {table: [] for table in OF_RESULTS}  # a campaign need not give any
    history = f"abs(history_difference_share) > {HISTORY_SHARE} and abs(history_difference) >= {FEWEST}"
    surveyed = "results_ballot_count <> eavs_ballot_count and abs(results_ballot_count - eavs_ballot_count) > {} * eavs_ballot_count"
    surveyed = surveyed.format(BALLOTS_SHARE)
    ballots = "coalesce(eavs_ballot_count, results_ballot_count)"
    missing = f"largest_contest_votes < (1 - {VOTES_MISSING}) * {ballots}"
    uncertified = f"abs(difference_votes) > {TOTALS_SHARE} * official_votes"
    unmatched = f"county_match_rate < {MATCHED} and state_code in (select state_code from marts.voters)"

    def told(table: str, where: str, key: str, figures: str, words: str) -> str:
        """The figures of the rows that differ, by election or contest, those with most rows first."""
        found = con.execute(
            f"select {key}, {figures} from marts.{table} where {where} group by {key} order by count(*) desc, 1 limit 3"
        ).fetchall()
        return "".join(f"; {name}: {words.format(*map(int, numbers))}" for name, *numbers in found)

    def by_election(where: str, amount: str) -> str:
        return told("official_turnout", where, "election_id", f"sum({amount}), count(*)", "{:+,} in {:,} counties")

    return {
        "marts.precinct_results": [
            once(
                "contest_id, county_name, precinct_name, candidate, party_code, voting_method",
                "a candidate's votes of a precinct and way of voting are there once",
            ),
            no_rows(reconcile.counted_results(), "rows of results are those counted and those adjusted"),
            no_rows(
                reconcile.shown_results(), "votes by contest and way of voting are those counted, and those withheld"
            ),
            no_rows(
                reconcile.telling_results(SMALLEST_GROUP), f"no group is under {SMALLEST_GROUP} votes or all alike"
            ),
        ],
        "marts.result_adjustments": [
            no_rows("select 1 from {batch} where reason is null or adjustment is null", "each adjustment says why"),
        ],
        "marts.contest_totals": [
            no_rows(
                f"select 1 from {{batch}} where {uncertified}",
                f"precincts add up to the certified total, give or take {TOTALS_SHARE:.1%}"
                + told(
                    "contest_totals",
                    uncertified,
                    "contest_id",
                    "sum(votes), sum(official_votes), sum(difference_votes)",
                    "{:,} of {:,}, {:+,}",
                ),
                "warning",
            ),
        ],
        "marts.official_turnout": [
            once("election_id, county_fips", "an election stands once for a county"),
            no_rows(
                f"select 1 from {{batch}} where {history}",
                f"vote history and official ballots differ by no more than {HISTORY_SHARE:.0%} in a county"
                + by_election(history, "history_difference"),
                "warning",
            ),
            no_rows(
                f"select 1 from {{batch}} where {surveyed}",
                f"ballots by EAVS and by the results differ by no more than {BALLOTS_SHARE:.1%} in a county"
                + by_election(surveyed, "results_ballot_count - eavs_ballot_count"),
                "warning",
            ),
            no_rows(
                f"select 1 from {{batch}} where largest_contest_votes > {ballots}",
                "no contest has more votes than there were ballots in a county"
                + by_election(f"largest_contest_votes > {ballots}", f"largest_contest_votes - {ballots}"),
                "warning",
            ),
            no_rows(
                f"select 1 from {{batch}} where {missing}",
                f"the largest contest has no fewer than {1 - VOTES_MISSING:.0%} of the ballots of a county"
                + by_election(missing, f"largest_contest_votes - {ballots}"),
                "warning",
            ),
        ],
        "marts.precinct_crosswalk": [
            no_rows(
                "select 1 from {batch} where precinct_code is not null group by election_id, county_fips, precinct_code having count(*) > 1",
                "a precinct of the voter file is matched once",
            ),
            no_rows(
                f"select distinct election_id, county_fips from {{batch}} where {unmatched}",
                f"in each county {MATCHED:.0%} of the results' precincts are found in the voter file"
                + told(
                    "precinct_crosswalk",
                    unmatched,
                    "election_id",
                    "count(precinct_code), count(*), count(distinct county_fips)",
                    "{:,} of {:,} precincts in {:,} counties",
                ),
                "warning",
            ),
        ],
    }
