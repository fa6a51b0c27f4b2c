"""Small files of the Election Administration and Voting Survey, as MIT's compilation of it writes them."""

from __future__ import annotations

BALLOTS = (
    "fips,election_year,state,county,state_abbr,county_name,total_part,election_day_part,absentee_uovaca_part,"
    "mail_part,in_person_early_part,vbm_part,other_part"
)
REGISTRATION = "fips,election_year,state,county,state_abbr,county_name,total_reg,total_active_reg,total_inactive_reg,total_voters_removed"


def ballots(*rows: tuple[int, str, int, str], named: str = "") -> bytes:
    """The bytes of ballots by county: FIPS, state, ballots, year."""
    lines = (f"{fips},{year},1,1,{state},{named}X COUNTY,{n},0,0,0,0,0,0" for fips, state, n, year in rows)
    return "".join(line + "\n" for line in (BALLOTS, *lines)).encode()


def registration(*rows: tuple[int, str, int, str]) -> bytes:
    """The bytes of registration by county: FIPS, state, registered, year."""
    lines = (f"{fips},{year},1,1,{state},X COUNTY,{n},{n},0,0" for fips, state, n, year in rows)
    return "".join(line + "\n" for line in (REGISTRATION, *lines)).encode()


# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [
    ("eavs_participation", "eavs_county_part_2022.csv", ballots(*((37001 + n, "NC", n, "2022") for n in range(12)))),
    ("eavs_registration", "eavs_county_reg_2022.csv", registration(*((37001 + n, "NC", n, "2022") for n in range(12)))),
]
