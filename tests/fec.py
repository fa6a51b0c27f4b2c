"""Builds the Federal Election Commission's bulk files, byte for byte: fields between pipes, no header, no quotes."""

from __future__ import annotations

import io
import zipfile
from datetime import date

CONTRIBUTION = {
    "CMTE_ID": "C00000001", "AMNDT_IND": "N", "RPT_TP": "Q1", "TRANSACTION_PGI": "P2026", "IMAGE_NUM": "202604159700000001",
    "TRANSACTION_TP": "15", "ENTITY_TP": "IND", "NAME": "LEE, ANN", "CITY": "RALEIGH", "STATE": "NC", "ZIP_CODE": "276011234",
    "EMPLOYER": "PUBLIC SCHOOLS", "OCCUPATION": "TEACHER", "TRANSACTION_DT": "01152026", "TRANSACTION_AMT": "250", "OTHER_ID": "",
    "TRAN_ID": "T1", "FILE_NUM": "1900001", "MEMO_CD": "", "MEMO_TEXT": "", "SUB_ID": "4041520260000000001",
}  # fmt: skip
COMMITTEE = {
    "CMTE_ID": "C00000001", "CMTE_NM": "EXAMPLE FOR SENATE", "TRES_NM": "DOE, PAT", "CMTE_ST1": "PO BOX 1", "CMTE_ST2": "",
    "CMTE_CITY": "RALEIGH", "CMTE_ST": "NC", "CMTE_ZIP": "27601", "CMTE_DSGN": "P", "CMTE_TP": "S", "CMTE_PTY_AFFILIATION": "UNK",
    "CMTE_FILING_FREQ": "Q", "ORG_TP": "", "CONNECTED_ORG_NM": "", "CAND_ID": "S6NC00001",
}  # fmt: skip


def contributions(*rows: dict[str, str], encoding: str = "utf-8") -> bytes:
    """A file of contributions, each with the values of `CONTRIBUTION` but for those given."""
    return _file([CONTRIBUTION | row for row in rows], encoding)


def packed(content: bytes, day: str) -> bytes:
    """The zip in which the Commission gives contributions out: once whole, and once more in pieces by their dates."""
    made = (*date.fromisoformat(day).timetuple()[:3], 12, 0, 0)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for name in ("itcont.txt", "by_date/itcont_2026_20260101_20260331.txt"):
            archive.writestr(zipfile.ZipInfo(name, made), content)
    return zipped.getvalue()


def committees(*rows: dict[str, str]) -> bytes:
    """A committee master, each with the values of `COMMITTEE` but for those given."""
    return _file([COMMITTEE | row for row in rows], "utf-8")


def sub_id(number: int) -> str:
    """The Commission's number of a record."""
    return f"40415202600000{number:05d}"


def _file(rows: list[dict[str, str]], encoding: str) -> bytes:
    return "".join("|".join(row.values()) + "\n" for row in rows).encode(encoding)


# A file of each contract and form: tests/unit/test_drift.py.
FILES = [
    ("fec_contributions", "itcont.txt", contributions(*({"SUB_ID": sub_id(n)} for n in range(12)))),
    ("fec_committees", "cm.txt", committees(*({"CMTE_ID": f"C000000{n:02d}"} for n in range(12)))),
]
