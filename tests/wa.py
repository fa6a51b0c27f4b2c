"""Small Washington files in the exact layouts, for tests that need to say what is in each record."""

from __future__ import annotations

# Until 08/2019, between pipes.
COLUMNS_2019 = (
    "StateVoterID", "CountyVoterID", "Title", "FName", "MName", "LName", "NameSuffix", "Birthdate", "Gender", "RegStNum",
    "RegStFrac", "RegStName", "RegStType", "RegUnitType", "RegStPreDirection", "RegStPostDirection", "RegUnitNum", "RegCity",
    "RegState", "RegZipCode", "CountyCode", "PrecinctCode", "PrecinctPart", "LegislativeDistrict", "CongressionalDistrict",
    "Mail1", "Mail2", "Mail3", "Mail4", "MailCity", "MailZip", "MailState", "MailCountry", "Registrationdate",
    "AbsenteeType", "LastVoted", "StatusCode",
)  # fmt: skip
# Today, between tabs.
COLUMNS = tuple(
    {"RegUnitNum": "RegStUnitNum"}.get(name, name)
    for name in COLUMNS_2019
    if name not in ("CountyVoterID", "Title", "AbsenteeType")
)
PRECINCT_COLUMNS = (
    "CountyCode", "County", "DistrictType", "DistrictID", "DistrictCode", "DistrictName", "PrecinctCode", "PrecinctName",
    "PrecinctPart",
)  # fmt: skip
HISTORY_COLUMNS = ("CountyCode", "StateVoterID", "ElectionDate", "VotingHistoryID")

_VOTER = {
    "FName": "ADA", "LName": "EXAMPLE", "Birthdate": "1980", "Gender": "F", "RegStNum": "12", "RegStName": "OAK",
    "RegStType": "ST", "RegCity": "SEATTLE", "RegState": "WA", "RegZipCode": "98101", "CountyCode": "KI",
    "PrecinctCode": "00000012", "LegislativeDistrict": "36", "CongressionalDistrict": "7", "Registrationdate": "2010-05-06",
    "StatusCode": "Active",
}  # fmt: skip


def voter(number: int, county: str = "KI", **values: str) -> dict[str, str]:
    """A voter record of a county, with what matters to a test changed."""
    return _VOTER | {"StateVoterID": f"{10_000_000 + number}", "CountyCode": county} | values


def old_voter(number: int, county: str = "KI", **values: str) -> dict[str, str]:
    """The same until 2019: another id, the day of birth, codes instead of words."""
    old = {
        "StateVoterID": f"WA{number:09d}",
        "CountyVoterID": f"{number}",
        "StatusCode": "A",
        "Birthdate": "02/03/1980",
    }
    return voter(number, county) | old | {"Registrationdate": "05/06/2010"} | values


def text(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS, delimiter: str = "\t") -> bytes:
    """The bytes of a voter list: no quotes, a header."""
    lines = [columns, *([row.get(name, "") for name in columns] for row in rows)]
    return "".join(delimiter.join(line) + "\r\n" for line in lines).encode("latin-1")


def history(*votes: tuple[int, str], delimiter: str = "\t", header: bool = True, county: str = "KI") -> bytes:
    """The bytes of a file of history, from voter and day."""
    lines = [HISTORY_COLUMNS] if header else []
    lines += [(county, f"{10_000_000 + n}", held, f"{at}") for at, (n, held) in enumerate(votes, 900_000_000)]
    return "".join(delimiter.join(line) + "\r\n" for line in lines).encode("latin-1")


def precincts(*named: tuple[str, str], delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    """The bytes of the list of precincts as a spreadsheet saves it, from code and name, each in two districts."""
    lines = [PRECINCT_COLUMNS]
    for kind in ("Congressional", "Legislative"):
        lines += [("KI", "King", kind, "7", "7", f"{kind} District 7", code, name, "") for code, name in named]
    return "".join(delimiter.join(line) + "\r\n" for line in lines).encode(encoding)


# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [
    ("wa_voters", "20260103_VRDB_Extract.txt", text([voter(n) for n in range(12)])),
    ("wa_vote_history", "20260103_VotingHistory.txt", history(*((n, "11/05/2024") for n in range(12)))),
    ("wa_vote_history", "VotingHistory.txt", history(*((n, "2012-11-06") for n in range(12)), header=False)),
    (
        "wa_precincts",
        "Districts_Precincts.csv",
        precincts(*((f"{n}", f"SEA {n}") for n in range(12)), encoding="latin-1"),
    ),
]
