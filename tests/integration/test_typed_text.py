"""Files that people's tools write: UTF-16 text that is called .xls, with line breaks in what somebody typed. They are counted, placed and
quarantined as any other."""

from __future__ import annotations

import hashlib

import pytest

from orchestration.ingestion.ingest import call_back
from orchestration.warehouse import Warehouse
from tests import van
from tests.conftest import PERSONAL, Desk

TYPED = f'said "no"\r\nto {PERSONAL}\r\n\r\nanother day'
ROWS = [
    {"Voter File VANID": "101", "MiddleName": TYPED},
    {"Voter File VANID": "102", "LastName": "Mu\u00f1oz \u201cBig\u201d \u5317\U0001f5f3"},
    {"Voter File VANID": "103", "LastName": "broken"},
    {"Voter File VANID": "104"},
]


def utf16(order: str) -> bytes:
    """A list between tabs, of which one record holds half a letter and the last is cut off."""
    text = van.people(*ROWS).decode("utf-8").removesuffix("\r\n")
    bom = {"le": b"\xff\xfe", "be": b"\xfe\xff"}[order]
    encoded = text.replace("broken", "broken\ud800").encode(f"utf-16-{order}", "surrogatepass")
    return bom + encoded + "\r\n105\tLee".encode(f"utf-16-{order}") + b"\0"


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf16_text_is_read_as_it_is(desk: Desk, order: str):
    outcome = desk.hand_in("list.xls", utf16(order))
    assert (outcome.status, outcome.records_read, outcome.rows_loaded) == ("loaded", 5, 3)
    found = desk.query("select van_id, last_name, middle_name, _record_number from raw.van_list order by 1")
    assert found == [
        ("101", "Lee", TYPED.replace("\r\n", "\v"), 1),
        ("102", ROWS[1]["LastName"], None, 2),
        ("104", "Lee", None, 4),
    ]
    # Lines as an editor counts them: those above that stand in a field, too.
    quarantined = desk.query("select record_number, line_number, reason from raw.quarantine order by 1")
    assert quarantined == [(3, 7, "bytes are no UTF-8 text"), (5, 9, "bytes are no UTF-8 text")]


def test_the_original_is_kept_as_it_came(desk: Desk):
    content = utf16("le")
    outcome = desk.hand_in("list.xls", content)
    (kept,) = desk.settings.archive.iterdir()
    assert (kept.suffix, hashlib.sha256(kept.read_bytes()).digest()) == (".xls", hashlib.sha256(content).digest())
    with Warehouse(desk.settings).open() as con:
        call_back(desk.settings, con, outcome.delivery_id)
    assert (desk.settings.inbox / "list.xls").read_bytes() == content
    assert desk.take_one().delivery_id == outcome.delivery_id


def test_line_breaks_stay_in_their_field_also_beside_broken_records(desk: Desk):
    rows = [{"Voter File VANID": f"{n}", "MiddleName": "one\nand\r\nanother"} for n in range(10)]
    content = van.people(*rows).replace(b"\r\n4\t", b"\r\n4\t\t").replace(b"\r\n7\t", b'\r\n7\t"Lee"x')
    outcome = desk.hand_in("list.txt", content)
    assert (outcome.records_read, outcome.rows_loaded) == (10, 8)
    assert desk.query("select distinct middle_name from raw.van_list") == [("one\vand\vanother",)]
    numbers = desk.query("select record_number, line_number from raw.quarantine order by 1")
    assert numbers == [(5, 14), (8, 23)]
    strays = desk.query("select van_id, _record_number from raw.van_list where van_id::int + 1 <> _record_number")
    assert strays == []
