"""Small Ohio files in the exact layout, for tests that need to say what is in each record."""

from __future__ import annotations

import gzip

# The Secretary of State's record layout: 46 columns, then one for each election.
FIXED = tuple(
    [
        "SOS_VOTERID",
        "COUNTY_NUMBER",
        "COUNTY_ID",
        "LAST_NAME",
        "FIRST_NAME",
        "MIDDLE_NAME",
        "SUFFIX",
        "DATE_OF_BIRTH",
        "REGISTRATION_DATE",
        "VOTER_STATUS",
        "PARTY_AFFILIATION",
        "RESIDENTIAL_ADDRESS1",
        "RESIDENTIAL_SECONDARY_ADDR",
        "RESIDENTIAL_CITY",
        "RESIDENTIAL_STATE",
        "RESIDENTIAL_ZIP",
        "RESIDENTIAL_ZIP_PLUS4",
        "RESIDENTIAL_COUNTRY",
        "RESIDENTIAL_POSTALCODE",
        "MAILING_ADDRESS1",
        "MAILING_SECONDARY_ADDRESS",
        "MAILING_CITY",
        "MAILING_STATE",
        "MAILING_ZIP",
        "MAILING_ZIP_PLUS4",
        "MAILING_COUNTRY",
        "MAILING_POSTAL_CODE",
        "CAREER_CENTER",
        "CITY",
        "CITY_SCHOOL_DISTRICT",
        "COUNTY_COURT_DISTRICT",
        "CONGRESSIONAL_DISTRICT",
        "COURT_OF_APPEALS",
        "EDU_SERVICE_CENTER_DISTRICT",
        "EXEMPTED_VILL_SCHOOL_DISTRICT",
        "LIBRARY",
        "LOCAL_SCHOOL_DISTRICT",
        "MUNICIPAL_COURT_DISTRICT",
        "PRECINCT_NAME",
        "PRECINCT_CODE",
        "STATE_BOARD_OF_EDUCATION",
        "STATE_REPRESENTATIVE_DISTRICT",
        "STATE_SENATE_DISTRICT",
        "TOWNSHIP",
        "VILLAGE",
        "WARD",
    ]
)
ELECTIONS = ("PRIMARY-03/19/2024", "GENERAL-11/05/2024")

_VOTER = {
    "SOS_VOTERID": "OH0012345678", "COUNTY_NUMBER": "25", "COUNTY_ID": "987", "LAST_NAME": "EXAMPLE", "FIRST_NAME": "ADA",
    "DATE_OF_BIRTH": "1980-02-03", "REGISTRATION_DATE": "2010-05-06", "VOTER_STATUS": "ACTIVE", "PARTY_AFFILIATION": "D",
    "RESIDENTIAL_ADDRESS1": "12 OAK ST", "RESIDENTIAL_CITY": "COLUMBUS", "RESIDENTIAL_STATE": "OH",
    "RESIDENTIAL_ZIP": "43215", "CONGRESSIONAL_DISTRICT": "03", "PRECINCT_NAME": "COLUMBUS 1-A", "PRECINCT_CODE": "25AAA",
    "STATE_REPRESENTATIVE_DISTRICT": "01", "STATE_SENATE_DISTRICT": "15", "GENERAL-11/05/2024": "X",
}  # fmt: skip


def voter(number: int, county: int | str, **values: str) -> dict[str, str]:
    """A voter record of a county, with what matters to a test changed."""
    return _VOTER | {"SOS_VOTERID": f"OH{number:011d}", "COUNTY_NUMBER": f"{county}"} | values


def text(
    rows: list[dict[str, str]],
    elections: tuple[str, ...] = ELECTIONS,
    columns: tuple[str, ...] = FIXED,
    delimiter: str = ",",
) -> bytes:
    """The bytes of a file: quoted, comma, latin-1, with a header."""
    names = (*columns, *elections)
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "".join(delimiter.join(f'"{value}"' for value in line) + "\n" for line in lines).encode("latin-1")


def packed(content: bytes) -> bytes:
    """The same as a gzip file."""
    return gzip.compress(content, mtime=0)


# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [("oh_voters", "SWVF_23_44.txt", text([voter(n, 25) for n in range(12)]))]
