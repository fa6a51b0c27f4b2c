"""Gate `staging`: every row of every state went through or was held back, and what was typed can be believed."""

from __future__ import annotations

from orchestration.ingestion.contracts import Contract, campaign_contracts, contracts_of
from quality import reconcile
from quality.suites import no_rows

FEW = 0.001  # what may be wrong in a real file
# Shares that may be empty where the state records the column at all; in the real statewide file of North Carolina birth
# years are all there, dates are masked in 0.3 %.
MISSING = {
    "birth_year": 0.05,
    "registration_date": 0.10,
    "county_fips": FEW,
    "registration_status": FEW,
    "party_code": 0.02,
}
STATUSES = ["active", "inactive", "temporary", "removed", "denied"]


HELD_BACK = 0.05  # of the records of events, above which somebody should look


def tables(settings) -> tuple[str, ...]:
    """The tables that the gate judges: the voters and the vote history of each of the campaign's states, and events."""
    of_states = [
        reconcile.staging_table(state, entities)
        for state in settings.campaign.states
        for entities in ("voters", "vote_history")
    ]
    return (*of_states, *map(reconcile.events_table, campaign_contracts()))


def expectations(settings, con) -> dict[str, list]:
    """The checks by table."""
    checks = {}
    for state in settings.campaign.states:
        voters, *others = contracts_of([state], "voters")
        checks[reconcile.staging_table(state, "voters")] = [*_of_voters(voters), *map(_rows_add_up, others)]
        [history] = contracts_of([state], "vote_history") or [voters]
        checks[reconcile.staging_table(state, "vote_history")] = _of_history(con, history)
    for contract in campaign_contracts():
        checks[reconcile.events_table(contract)] = _of_events(con, contract)
    return checks


def _of_events(con, contract: Contract) -> list:
    """The checks of a campaign's own source; nobody has to have one."""
    table = reconcile.events_table(contract)
    [(loaded,)] = con.execute(f"select count(*) from raw.{contract.name}").fetchall()
    if not loaded:
        return []
    reasons = con.execute(f"select reason, count(*) from {table}_suppressed group by 1 order by 2 desc, 1").fetchall()
    told = "".join(f"; {reason}: {count:,}" for reason, count in reasons)
    columns = [c for (c,) in con.execute(f"select column_name from (describe {table})").fetchall()]
    checks = [
        _rows_add_up(contract),
        no_rows(
            f"select 1 where {sum(count for _, count in reasons)} > {HELD_BACK} * {loaded}",
            f"no more than {HELD_BACK:.0%} of the {loaded:,} records are held back{told}",
            "warning",
        ),
    ]
    if "formula_count" in columns:
        checks.append(
            no_rows("select 1 from {batch} where formula_count > 0", "no cell begins a formula", severity="warning")
        )
    return checks


def _of_voters(contract: Contract) -> list:
    import great_expectations.expectations as gxe

    checks = [
        _rows_add_up(contract),
        gxe.ExpectColumnValuesToNotBeNull(column="voter_id", mostly=1 - FEW, description="voters have an id"),
        gxe.ExpectColumnValuesToBeInSet(
            column="registration_status",
            value_set=STATUSES,
            mostly=1 - FEW,
            description=f"statuses are known (those that no layout lists are `unknown`: tell them in {contract.models})",
        ),
        no_rows(
            "select 1 from {batch} where coalesce(birth_date + to_years(18) > as_of, year(as_of) - birth_year < 18)",
            "nobody under 18 passed (by year of birth where there is no day)",
        ),
        no_rows("select 1 from {batch} where length(zip5) <> 5", "ZIP codes have five digits"),
        no_rows(
            "select 1 from {batch} where registration_date > as_of + 31",
            "nobody registered after the file's day",
            "warning",
        ),
        *(
            no_rows(f"select 1 from {{batch}} where {c} is not null", f"{c}, which the state does not record, is empty")
            for c in contract.unrecorded
        ),
    ]
    return checks + [
        gxe.ExpectColumnValuesToNotBeNull(column=c, mostly=1 - share, description=f"{c} is known for {1 - share:.1%}")
        for c, share in MISSING.items()
        if c not in (*contract.unrecorded, *contract.partial)
    ]


def _rows_add_up(contract: Contract) -> object:
    """The check that the rows of a list of voters (a state may have several) or of events went through or were held back."""
    return no_rows(
        reconcile.staged(contract), f"rows loaded of {contract.name} are the rows staged and those suppressed"
    )


def _of_history(con, contract: Contract) -> list:
    import great_expectations.expectations as gxe

    return [
        no_rows(reconcile.staged_history(con, contract), "history rows loaded are the rows staged"),
        gxe.ExpectColumnValuesToNotBeNull(column="voter_id", mostly=1 - FEW, description="votes have a voter id"),
        gxe.ExpectColumnValuesToNotBeNull(column="election_date", mostly=1 - FEW, description="votes have a date"),
        no_rows(
            "select distinct voting_method_label from {batch} where voting_method_label is not null and not exists (select 1 "
            f"from staging.voting_methods m where m.state_code = '{contract.state}' and m.label = voting_method_label)",
            "labels of voting methods are in seeds/voting_methods.csv",
            "warning",
        ),
    ]
