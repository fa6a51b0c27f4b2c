"""Small Florida files in the exact layout, for tests that need to say what is in each record."""

from __future__ import annotations

# The Voter Extract Disk's layout: 37 columns since 2018 or before, and the address for electronic mail since.
COLUMNS = tuple(
    [
        "County_Code",
        "Voter_ID",
        "Name_Last",
        "Name_Suffix",
        "Name_First",
        "Name_Middle",
        "Requested_public_records_exemption",
        "Residence_Address_Line_1",
        "Residence_Address_Line_2",
        "Residence_City",
        "Residence_State",
        "Residence_Zipcode",
        "Mailing_Address_Line_1",
        "Mailing_Address_Line_2",
        "Mailing_Address_Line_3",
        "Mailing_City",
        "Mailing_State",
        "Mailing_Zipcode",
        "Mailing_Country",
        "Gender",
        "Race",
        "Birth_Date",
        "Registration_Date",
        "Party_Affiliation",
        "Precinct",
        "Precinct_Group",
        "Precinct_Split",
        "Precinct_Suffix",
        "Voter_Status",
        "Congressional_District",
        "House_District",
        "Senate_District",
        "County_Commission_District",
        "School_Board_District",
        "Daytime_Area_Code",
        "Daytime_Phone_Number",
        "Daytime_Phone_Extension",
        "Email_address",
    ]
)

_VOTER = {
    "County_Code": "LEO", "Name_Last": "EXAMPLE", "Name_First": "ADA", "Requested_public_records_exemption": "N",
    "Residence_Address_Line_1": "12 OAK ST", "Residence_City": "TALLAHASSEE", "Residence_Zipcode": "32301",
    "Gender": "F", "Race": "5", "Birth_Date": "02/03/1980", "Registration_Date": "05/06/2010",
    "Party_Affiliation": "NPA", "Precinct": "0012", "Voter_Status": "ACT", "Congressional_District": "2",
    "Email_address": "ada@example.org",
}  # fmt: skip


def voter(number: int, county: str = "LEO", **values: str) -> dict[str, str]:
    """A voter record of a county, with what matters to a test changed."""
    return _VOTER | {"Voter_ID": f"{100_000_000 + number}", "County_Code": county} | values


def protected(number: int, county: str = "LEO") -> dict[str, str]:
    """The record of a voter who is exempt from the public record."""
    stars = dict.fromkeys(COLUMNS, "*")
    return voter(number, county, **stars | {"County_Code": county, "Voter_ID": f"{100_000_000 + number}"}) | {
        "Requested_public_records_exemption": "Y", "Voter_Status": "ACT",
    }  # fmt: skip


def text(rows: list[dict[str, str]], width: int = len(COLUMNS), encoding: str = "latin-1") -> bytes:
    """The bytes of a county's file of voters: tabs, no quotes, no header."""
    lines = ("\t".join(row.get(name, "") for name in COLUMNS[:width]) for row in rows)
    return "".join(line + "\r\n" for line in lines).encode(encoding)


def history(*votes: tuple[int, str, str, str], county: str = "LEO") -> bytes:
    """The bytes of a county's file of history, from voter, day (MM/DD/YYYY), type and code."""
    return "".join(f"{county}\t{100_000_000 + n}\t{d}\t{t}\t{c}\r\n" for n, d, t, c in votes).encode()


# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [
    ("fl_voters", "LEO_20260103.txt", text([voter(n) for n in range(12)])),
    ("fl_vote_history", "LEO_H_20260103.txt", history(*((n, "11/05/2024", "GEN", "E") for n in range(12)))),
]
