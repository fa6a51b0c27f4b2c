"""Builds VAN's exports, byte for byte."""

from __future__ import annotations

import csv
import io

LIST = [
    "Voter File VANID",
    "LastName",
    "FirstName",
    "MiddleName",
    "Suffix",
    "StateFileID",
    "Party",
    "Sex",
    "Age",
    "DOB",
    "Preferred Phone",
    "Cell Phone",
    "Email",
    "vAddress",
    "City",
    "State",
    "Zip5",
    "Zip4",
    "PrecinctName",
    "DoNotCall",
    "DoNotText",
    "DoNotEmail",
]
PERSON = {"Voter File VANID": "101", "LastName": "Lee", "FirstName": "Ann", "State": "NC", "StateFileID": "AA1"}

CONTACTS = [
    "Voter File VANID", "Contact Name", "Date Canvassed", "Result", "Contact Type", "Canvassed By", "Created By", "Date Created",
    "Input Type Name", "MiniVAN Campaign", "Phone", "Notes", "Experiment", "Treatment",
]  # fmt: skip
CONTACT = {
    "Voter File VANID": "101", "Contact Name": "Lee, Ann", "Date Canvassed": "1/5/2026", "Result": "Canvassed", "Contact Type": "Walk",
    "Canvassed By": "Poe, Edgar",
}  # fmt: skip
SURVEY = [
    "Voter File VANID", "Contact Name", "Date Canvassed", "Survey Response", "Survey Question Name", "Survey Question Type",
    "Canvassed By", "Contact Type",
]  # fmt: skip
ANSWER = {
    "Voter File VANID": "101", "Date Canvassed": "1/5/2026", "Survey Response": "1 - Strong", "Survey Question Name": "Support",
    "Contact Type": "Walk",
}  # fmt: skip
CODES = ["Voter File VANID", "Contact Name", "Activist Code Name", "Activist Code Type", "Date Applied"]
CODE = {"Voter File VANID": "101", "Activist Code Name": "Yard Sign", "Date Applied": "1/5/2026"}


def people(*rows: dict[str, str], header: list[str] = LIST) -> bytes:
    """A list, each person with the values of `PERSON` but for those given."""
    return written(header, [PERSON | row for row in rows])


def contacts(*rows: dict[str, str], **manner: str) -> bytes:
    """A contact history, each with the values of `CONTACT` but for those given."""
    return written(CONTACTS, [CONTACT | row for row in rows], **manner)


def answers(*rows: dict[str, str], **manner: str) -> bytes:
    """Survey responses, each with the values of `ANSWER` but for those given."""
    return written(SURVEY, [ANSWER | row for row in rows], **manner)


def codes(*rows: dict[str, str], **manner: str) -> bytes:
    """Activist codes, each with the values of `CODE` but for those given."""
    return written(CODES, [CODE | row for row in rows], **manner)


def written(header: list[str], rows: list[dict[str, str]], delimiter: str = "\t", encoding: str = "utf-8") -> bytes:
    """An export in VAN's way: quoted where it must be, a line end of two bytes."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([header, *([row.get(name, "") for name in header] for row in rows)])
    return text.getvalue().encode(encoding)


NUMBERED = [{"Voter File VANID": f"{n}"} for n in range(100, 112)]
# A file of each contract: tests/unit/test_drift.py.
FILES = [
    ("van_list", "van_list.txt", people(*NUMBERED)),
    ("van_contacts", "van_contacts.txt", contacts(*NUMBERED)),
    ("van_survey_responses", "van_survey.txt", answers(*NUMBERED)),
    ("van_activist_codes", "van_codes.txt", codes(*NUMBERED)),
]
