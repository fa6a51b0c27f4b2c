"""Gate `staging`: every row went through or was held back, and what was typed can be believed."""

from __future__ import annotations

from quality import reconcile
from quality.suites import no_rows

TABLES = ("staging.stg_nc__voters", "staging.stg_nc__vote_history")

FEW = 0.001  # what may be wrong in a real file
# Shares that may be empty; in the real statewide file birth years are all there, dates are masked in 0.3 %.
MISSING = {
    "birth_year": 0.05,
    "registration_date": 0.10,
    "county_fips": FEW,
    "registration_status": FEW,
    "party_code": 0.02,
}


def expectations(settings, con) -> dict[str, list]:
    """The checks by table."""
    import great_expectations.expectations as gxe

    statuses = ["active", "inactive", "temporary", "removed", "denied"]
    voters = [
        no_rows(reconcile.staged(), "rows loaded are the rows staged and those suppressed"),
        gxe.ExpectColumnValuesToNotBeNull(column="voter_id", mostly=1 - FEW, description="voters have an id"),
        gxe.ExpectColumnValuesToBeInSet(
            column="registration_status", value_set=statuses, description="statuses are known"
        ),
        no_rows(
            "select 1 from {batch} where year(as_of) - birth_year < 18",
            "nobody under 18 passed (by year of birth)",
        ),
        no_rows("select 1 from {batch} where length(zip5) <> 5", "ZIP codes have five digits"),
        no_rows(
            "select 1 from {batch} where registration_date > as_of + 31",
            "nobody registered after the file's day",
            "warning",
        ),
    ]
    voters += [
        gxe.ExpectColumnValuesToNotBeNull(column=c, mostly=1 - share, description=f"{c} is known for {1 - share:.1%}")
        for c, share in MISSING.items()
    ]
    history = [
        no_rows(reconcile.staged_history(), "history rows loaded are the rows staged"),
        gxe.ExpectColumnValuesToNotBeNull(column="voter_id", mostly=1 - FEW, description="votes have a voter id"),
        gxe.ExpectColumnValuesToNotBeNull(column="election_date", mostly=1 - FEW, description="votes have a date"),
        no_rows(
            "select distinct voting_method_label from {batch} where voting_method_label is not null and not exists (select 1 "
            "from staging.voting_methods m where m.label = voting_method_label)",
            "labels of voting methods are in seeds/voting_methods.csv",
            "warning",
        ),
    ]
    return {"staging.stg_nc__voters": voters, "staging.stg_nc__vote_history": history}
