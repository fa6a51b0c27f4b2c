"""A small file of precinct results as OpenElections' volunteers type them in."""

from __future__ import annotations

# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [
    (
        "openelections_precinct_results",
        "20201103__az__general__precinct.csv",
        b"county,precinct,office,district,party,candidate,votes,early_voting\n"
        + b"".join(b"Pima,%d,US Senate,,DEM,Somebody,12,3\n" % n for n in range(12)),
    )
]
