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


def people(*rows: dict[str, str], header: list[str] = LIST) -> bytes:
    """A list, each person with the values of `PERSON` but for those given."""
    return written(header, [PERSON | row for row in rows])


def written(header: list[str], rows: list[dict[str, str]], delimiter: str = "\t", encoding: str = "utf-8") -> bytes:
    """An export in VAN's way: quoted where it must be, a line end of two bytes."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([header, *([row.get(name, "") for name in header] for row in rows)])
    return text.getvalue().encode(encoding)


# A file of each contract: tests/unit/test_drift.py.
FILES = [("van_list", "van_list.txt", people(*({"Voter File VANID": f"{n}"} for n in range(100, 112))))]
