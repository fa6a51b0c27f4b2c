"""A small file of precinct results as the MIT Election Data and Science Lab compiles them."""

from __future__ import annotations

_COLUMNS = (
    "precinct,office,party_detailed,party_simplified,mode,votes,county_name,county_fips,jurisdiction_name,jurisdiction_fips,"
    "candidate,district,dataverse,year,stage,state,special,writein,state_po,state_fips,state_cen,state_ic,date,readme_check"
)
_RESULT = "US SENATE,DEMOCRAT,DEMOCRAT,TOTAL,12,ADAMS,39001,ADAMS,39001,SOMEBODY,STATEWIDE,SENATE,2022,GEN,OHIO,FALSE,FALSE,OH,39,31,24,2022-11-08,FALSE"

# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [
    (
        "medsl_precinct_results",
        "2022-oh-local-precinct-general.csv",
        "".join(line + "\n" for line in (_COLUMNS, *(f"P{n},{_RESULT}" for n in range(12)))).encode(),
    )
]
