"""Small Georgia files in the exact layouts of four vintages, for tests that need to say what is in each record."""

from __future__ import annotations

# Until 10/2022, between pipes and without a header; from 11/2022 the county's name stands before them.
COLUMNS_63 = (
    "County_code", "Registration_Number", "Voter_status", "Last_name", "First_name", "Middle_maiden_name",
    "Name_suffix", "Name_title", "Residence_house_number", "Residence_street_name", "Residence_street_suffix",
    "Residence_apt_unit_nbr", "Residence_city", "Residence_zipcode", "Year_of_Birth", "Registration_date", "Race",
    "Gender", "Land_district", "Land_lot", "Status_reason", "County_precinct_id", "City_precinct_id",
    "Congressional_district", "Senate_district", "House_district", "Judicial_district", "Commission_district",
    "School_district", "County_district_a_name", "County_district_a_value", "County_district_b_name",
    "County_district_b_value", "Municipal_name", "Municipal_code", "Ward_city_council_name",
    "Ward city council_code", "City_school_district_name", "City_school_district_value", "City_dista_name",
    "City_dista_value", "City_distb_name", "City_distb_value", "City_distc_name", "City_distc_value",
    "City_distd_name", "City_distd_value", "Date_last_voted", "Party_last_voted", "Date_added", "Date_changed",
    "District_combo", "Race_desc", "Last_contact_date", "Mail_house_nbr", "Mail_street_name", "Mail_apt_unit_nbr",
    "Mail_city", "Mail_state", "Mail_zip_code", "Mail_address_2", "Mail_address_3", "Mail_country",
)  # fmt: skip
COLUMNS_64 = ("County Name", *COLUMNS_63)
# Since 03/2023, with commas, quotes and a header.
COLUMNS_53 = (
    "County", "Voter Registration Number", "Status", "Status Reason", "Last Name", "First Name", "Middle Name", "Suffix",
    "Birth Year", "Residence Street Number", "Residence Pre Direction", "Residence Street Name", "Residence Street Type",
    "Residence Post Direction", "Residence Apt Unit Number", "Residence City", "Residence Zipcode", "County Precinct",
    "County Precinct Description", "Municipal Precinct", "Municipal Precinct Description", "Congressional District",
    "State Senate District", "State House District", "Judicial District", "County Commission District",
    "School Board District", "City Council District", "Municipal School Board District", "Water Board District",
    "Super Council District", "Super Commissioner District", "Super School Board District", "Fire District", "Municipality",
    "Combo", "Land Lot", "Land District", "Registration Date", "Race", "Gender", "Last Modified Date", "Date of Last Contact",
    "Last Party Voted", "Last Vote Date", "Voter Created Date", "Mailing Street Number", "Mailing Street Name",
    "Mailing Apt Unit Number", "Mailing City", "Mailing Zipcode", "Mailing State", "Mailing Country",
)  # fmt: skip
HISTORY_COLUMNS = (
    "County Name", "Voter Registration Number", "Election Date", "Election Type", "Party", "Ballot Style", "Absentee",
    "Provisional", "Supplemental",
)  # fmt: skip
HISTORY_WIDTHS = (3, 8, 8, 3, 1, 1, 1, 1)

_OLD = {
    "County Name": "FULTON", "County_code": "060", "Voter_status": "A", "Last_name": "EXAMPLE", "First_name": "ADA",
    "Residence_house_number": "12", "Residence_street_name": "OAK", "Residence_street_suffix": "ST",
    "Residence_city": "ATLANTA", "Residence_zipcode": "30301", "Year_of_Birth": "1980", "Registration_date": "20100506",
    "Race": "WH", "Gender": "F", "County_precinct_id": "01A", "Congressional_district": "005",
}  # fmt: skip
_NEW = {
    "County": "FULTON", "Status": "ACTIVE", "Last Name": "EXAMPLE", "First Name": "ADA", "Birth Year": "1980",
    "Residence Street Number": "12", "Residence Street Name": "OAK", "Residence Street Type": "ST",
    "Residence City": "ATLANTA", "Residence Zipcode": "30301", "County Precinct": "01A", "Congressional District": "005",
    "Registration Date": "05/06/2010", "Race": "White", "Gender": "FEMALE",
}  # fmt: skip


def voter(number: int, county: str = "FULTON", **values: str) -> dict[str, str]:
    """A voter record since 03/2023: the county by name, the number with its zeros. `values` have _ for a blank in a name."""
    changed = {name.replace("_", " "): value for name, value in values.items()}
    return _NEW | {"Voter Registration Number": f"{number:08d}", "County": county} | changed


def old_voter(number: int, county: str = "060", **values: str) -> dict[str, str]:
    """A voter record until 03/2023: the county by number, the registration number without zeros."""
    return _OLD | {"Registration_Number": f"{number}", "County_code": county} | values


def text(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS_53, encoding: str = "latin-1") -> bytes:
    """The bytes of a file of today: commas, quotes, a header in any order."""
    lines = [columns, *([row.get(name, "") for name in columns] for row in rows)]
    return "".join(",".join(f'"{value}"' for value in line) + "\r\n" for line in lines).encode(encoding)


def old_text(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS_63, header: bool = False) -> bytes:
    """The bytes of a file until 03/2023: pipes, no quotes, a header or none."""
    lines = [[row.get(name, "") for name in columns] for row in rows]
    return "".join("|".join(line) + "\r\n" for line in ([columns] if header else []) + lines).encode("latin-1")


def history(*votes: tuple[int, str], county: str = "FULTON", columns: tuple[str, ...] = HISTORY_COLUMNS) -> bytes:
    """The bytes of a year's history since 2023, from voter and day (MM/DD/YYYY)."""
    rows = [
        {
            "County Name": county, "Voter Registration Number": f"{n:08d}", "Election Date": held,
            "Election Type": "GENERAL ELECTION", "Ballot Style": "EARLY IN-PERSON", "Absentee": "Y", "Provisional": "N",
            "Supplemental": "N",
        }
        for n, held in votes
    ]  # fmt: skip
    return text(rows, columns)


def old_history(*votes: tuple[int, str], county: str = "060") -> bytes:
    """The bytes of a year's history until 2022, of fixed width, from voter and day (YYYYMMDD)."""
    return "".join(f"{county}{n:08d}{held}003 YNN\r\n" for n, held in votes).encode("latin-1")


# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [
    ("ga_voters", "Voter_List.csv", text([voter(n) for n in range(12)])),
    ("ga_voters", "VoterBase.txt", old_text([old_voter(n) for n in range(12)])),
    ("ga_vote_history", "Voter_History.csv", history(*((n, "11/05/2024") for n in range(12)))),
    ("ga_vote_history", "2020.TXT", old_history(*((n, "20201103") for n in range(12)))),
]
