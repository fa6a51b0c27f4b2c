"""Small Michigan files in the exact layout, for tests that need to say what is in each record."""

from __future__ import annotations

from collections.abc import Iterable

# Columns of the CSV of 2023; those before have CANCELLATION_REASON and IS_PERMANENT_ABSENTEE_VOTER.
COLUMNS = tuple(
    [
        "LAST_NAME",
        "FIRST_NAME",
        "MIDDLE_NAME",
        "NAME_SUFFIX",
        "YEAR_OF_BIRTH",
        "GENDER",
        "REGISTRATION_DATE",
        "STREET_NUMBER_PREFIX",
        "STREET_NUMBER",
        "STREET_NUMBER_SUFFIX",
        "DIRECTION_PREFIX",
        "STREET_NAME",
        "STREET_TYPE",
        "DIRECTION_SUFFIX",
        "EXTENSION",
        "CITY",
        "STATE",
        "ZIP_CODE",
        "MAILING_ADDRESS_LINE_ONE",
        "MAILING_ADDRESS_LINE_TWO",
        "MAILING_ADDRESS_LINE_THREE",
        "MAILING_ADDRESS_LINE_FOUR",
        "MAILING_ADDRESS_LINE_FIVE",
        "VOTER_IDENTIFICATION_NUMBER",
        "COUNTY_CODE",
        "COUNTY_NAME",
        "JURISDICTION_CODE",
        "JURISDICTION_NAME",
        "PRECINCT",
        "WARD",
        "SCHOOL_DISTRICT_CODE",
        "SCHOOL_DISTRICT_NAME",
        "STATE_HOUSE_DISTRICT_CODE",
        "STATE_HOUSE_DISTRICT_NAME",
        "STATE_SENATE_DISTRICT_CODE",
        "STATE_SENATE_DISTRICT_NAME",
        "US_CONGRESS_DISTRICT_CODE",
        "US_CONGRESS_DISTRICT_NAME",
        "COUNTY_COMMISSIONER_DISTRICT_CODE",
        "COUNTY_COMMISSIONER_DISTRICT_NAME",
        "VILLAGE_DISTRICT_CODE",
        "VILLAGE_DISTRICT_NAME",
        "VILLAGE_PRECINCT",
        "SCHOOL_PRECINCT",
        "IS_PERMANENT_ABSENTEE_VOTER",
        "VOTER_STATUS_TYPE_CODE",
        "UOCAVA_STATUS_CODE",
        "UOCAVA_STATUS_NAME",
        "STATUS_REASON",
        "STATUS_DATE",
    ]
)
HISTORY = tuple(
    [
        "VOTER_IDENTIFICATION_NUMBER",
        "COUNTY_CODE",
        "COUNTY_NAME",
        "JURISDICTION_CODE",
        "JURISDICTION_NAME",
        "SCHOOL_DISTRICT_CODE",
        "SCHOOL_DISTRICT_NAME",
        "ELECTION_DATE",
        "IS_ABSENTEE_VOTER",
    ]
)
# Where each field of the files of fixed widths ends, in the order of the layout; ward and precinct stand together.
ENDS = (
    35, 55, 75, 78, 82, 83, 91, 92, 99, 103, 105, 135, 141, 143, 156, 191, 193, 198, 248, 298, 348, 398, 448, 461, 463, 468,
    474, 479, 484, 489, 494, 499, 504, 510, 516, 517, 519,
)  # fmt: skip
FIXED = tuple(
    c for c in COLUMNS[:46] if not c.endswith("_NAME") or c in ("LAST_NAME", "FIRST_NAME", "MIDDLE_NAME", "STREET_NAME")
)
FIXED = tuple("WARD_AND_PRECINCT" if c == "PRECINCT" else c for c in FIXED if c != "WARD")

_VOTER = {
    "LAST_NAME": "EXAMPLE", "FIRST_NAME": "ADA", "YEAR_OF_BIRTH": "1980", "GENDER": "F", "REGISTRATION_DATE": "2010-05-06",
    "STREET_NUMBER": "12", "STREET_NAME": "OAK", "STREET_TYPE": "ST", "CITY": "LANSING", "STATE": "MI", "ZIP_CODE": "48933",
    "COUNTY_NAME": "INGHAM COUNTY", "JURISDICTION_CODE": "46000", "JURISDICTION_NAME": "LANSING CITY", "PRECINCT": "00012",
    "WARD": "01", "WARD_AND_PRECINCT": "010012", "US_CONGRESS_DISTRICT_CODE": "00007", "IS_PERMANENT_ABSENTEE_VOTER": "N",
    "VOTER_STATUS_TYPE_CODE": "A",
}  # fmt: skip


def voter(number: int, county: int | str = 33, **values: str) -> dict[str, str]:
    """A voter record of a county, with what matters to a test changed."""
    return _VOTER | {"VOTER_IDENTIFICATION_NUMBER": f"{100_000_000 + number}", "COUNTY_CODE": f"{county}"} | values


def text(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """The bytes of a CSV of voters: every field quoted, comma, latin-1."""
    return _csv(columns, ([row.get(name, "") for name in columns] for row in rows))


def fixed(rows: list[dict[str, str]], more: str = "") -> bytes:
    """The bytes of a file of fixed widths, 519 a record, or one more with the code of overseas voters."""
    lines = []
    for row in rows:
        year, _, day = row["REGISTRATION_DATE"].partition("-")
        row = row | {"REGISTRATION_DATE": day.replace("-", "") + year}
        line = ""
        for name, end in zip(FIXED, ENDS, strict=True):
            line = (line + row.get(name, "")).ljust(end)[:end]
        lines.append(line + more + "\r\n")
    return "".join(lines).encode("latin-1")


def history(*votes: tuple[int, str, str], more: tuple[str, ...] = ("",)) -> bytes:
    """The bytes of a CSV of history, from voter, day (YYYY-MM-DD) and Y or N; since 2024 with a field beyond the header."""
    rows = (
        (f"{100_000_000 + n}", "33", "INGHAM", "46000", "LANSING", "33020", "LANSING SD", d, a) for n, d, a in votes
    )
    head, _, tail = _csv(HISTORY, [[*row, *more] for row in rows]).partition(b"\r\n")
    return head + b"\r\n" + tail


def fixed_history(*votes: tuple[int, str, str]) -> bytes:
    """The bytes of a history of fixed widths, from voter, election code and Y or N."""
    return "".join(f"{100_000_000 + n:<13}334600033020{e:<13}{a}\r\n" for n, e, a in votes).encode()


def elections(*held: tuple[str, str, str]) -> bytes:
    """The bytes of the list of elections, from code, day (MMDDYYYY) and title."""
    return "".join(f"{code:<13}{day}{title:<25}\r\n" for code, day, title in held).encode()


def _csv(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    return "".join(",".join(f'"{value}"' for value in row) + "\r\n" for row in (columns, *rows)).encode("latin-1")


# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [
    ("mi_voters", "EntireStateVoter.csv", text([voter(n) for n in range(12)])),
    ("mi_voters", "entire_state_v.lst", fixed([voter(n) for n in range(12)])),
    ("mi_vote_history", "EntireStateVoterHistory.csv", history(*((n, "2024-11-05", "Y") for n in range(12)))),
    ("mi_vote_history", "entire_state_h.lst", fixed_history(*((n, "102000123", "Y") for n in range(12)))),
    ("mi_elections", "electionscd.lst", elections(*((f"{n}", "11062018", "STATE GENERAL") for n in range(12)))),
]
