"""Gate `marts`: one row per what the table says, references that hold, sums that close, values that can be."""

from __future__ import annotations

from quality import reconcile
from quality.suites import no_rows

TABLES = (
    "marts.voters",
    "marts.vote_history",
    "marts.residences",
    "marts.elections",
    "marts.precincts",
    "marts.voter_changes",
)


def tables(settings) -> tuple[str, ...]:
    """The tables that the gate judges."""
    return TABLES


def expectations(settings, con) -> dict[str, list]:
    """The checks by table."""
    import great_expectations.expectations as gxe

    def unique(column: str) -> object:
        return no_rows(f"select 1 from {{batch}} group by {column} having count(*) > 1", f"{column} is there once")

    def filled(column: str) -> object:
        return gxe.ExpectColumnValuesToNotBeNull(column=column, description=f"{column} is always there")

    def refers(column: str, table: str) -> object:
        return no_rows(
            f"select 1 from {{batch}} anti join marts.{table} using ({column}) where {column} is not null",
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
        ],
        "marts.vote_history": [
            no_rows(
                reconcile.merged_history(settings.campaign.states),
                "staged rows are the votes, those of others and repeated labels",
            ),
            unique("voter_id, election_id"),
            refers("voter_id", "voters"),
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
    }
