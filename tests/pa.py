"""Small Pennsylvania files in the exact layout, for tests that need to say what is in each record."""

from __future__ import annotations

# The state's 153 columns in their order; the districts and the cells of elections are numbered.
COLUMNS = (
    [
        "ID Number",
        "Title",
        "Last Name",
        "First Name",
        "Middle Name",
        "Suffix",
        "Gender",
        "DOB",
        "Registration Date",
        "Voter Status",
        "Status Change Date",
        "Party Code",
        "House Number Residential",
        "House Number Suffix Residential",
        "Street Name Residential",
        "Apartment Number Residential",
        "Address Line 2 Residential",
        "City Residential",
        "State Residential",
        "Zip Residential",
        "Mail Address 1",
        "Mail Address 2",
        "Mail City",
        "Mail State",
        "Mail Zip",
        "Last Vote Date",
        "Precinct Code",
        "Precinct Split ID",
        "Date Last Changed Date",
        "Custom Data 1",
    ]
    + [f"District {n}" for n in range(1, 41)]
    + [f"Election {n} {cell}" for n in range(1, 41) for cell in ("Vote Method", "Party")]
    + ["Home Phone", "County Name", "Mail Country"]
)

_VOTER = {
    "Last Name": "EXAMPLE", "First Name": "ADA", "Gender": "F", "DOB": "02/03/1980", "Registration Date": "05/06/2010",
    "Voter Status": "A", "Party Code": "D", "House Number Residential": "12", "Street Name Residential": "OAK ST",
    "City Residential": "GETTYSBURG", "State Residential": "PA", "Zip Residential": "17325", "Precinct Code": "0012",
    "District 1": "MN01", "District 2": "USC13", "Election 1 Vote Method": "AP", "Election 1 Party": "D",
}  # fmt: skip


def voter(number: int, county: str = "ADAMS", **values: str) -> dict[str, str]:
    """A voter record of a county, with what matters to a test changed (blanks in names as underscores)."""
    changed = {name.replace("_", " "): value for name, value in values.items()}
    return _VOTER | {"ID Number": f"{100_000_000 + number}-01", "County Name": county} | changed


def text(rows: list[dict[str, str]], encoding: str = "latin-1") -> bytes:
    """The bytes of a county's voters: tabs, every field quoted, no header."""
    return table(*([row.get(name, "") for name in COLUMNS] for row in rows), encoding=encoding)


def table(*rows: tuple[str, ...] | list[str], encoding: str = "latin-1") -> bytes:
    """The bytes of any of the four files, such as an election map's county, number, title and day."""
    return "".join("\t".join(f'"{value}"' for value in row) + "\r\n" for row in rows).encode(encoding)


# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [
    ("pa_voters", "ADAMS FVE 20260103.txt", text([voter(n) for n in range(12)])),
    (
        "pa_election_map",
        "ADAMS Election Map 20260103.txt",
        table(*(("ADAMS", f"{n}", "GENERAL", "11/05/2024") for n in range(1, 13))),
    ),
    (
        "pa_zone_types",
        "ADAMS Zone Types 20260103.txt",
        table(*(("ADAMS", f"{n}", "MUN", "Municipal") for n in range(1, 13))),
    ),
    (
        "pa_zone_codes",
        "ADAMS Zone Codes 20260103.txt",
        table(*(("ADAMS", f"{n}", "MN01", "Abbottstown") for n in range(1, 13))),
    ),
]
