"""L2's consumer file: what reveals religion, health and the like never lands unless an audit asks for it, and then only where no model
reads; a file replaces the counties that it holds, in any order."""

from __future__ import annotations

import io
import itertools
import zipfile
from dataclasses import replace

import pytest
from msgspec import structs

from orchestration.ingestion.contracts import all_contracts
from tests import l2
from tests.conftest import PERSONAL, Desk

SECRETS = dict.fromkeys(l2.SENSITIVE, PERSONAL)
TABLES = "select schema_name || '.' || table_name from duckdb_tables() where table_name like 'l2%' order by 1"


def audited(desk: Desk, wanted: bool) -> None:
    campaign = structs.replace(desk.settings.campaign, audit_sensitive=wanted)
    desk.settings = replace(desk.settings, campaign=campaign)


def everything(desk: Desk) -> str:
    """All that lies in the warehouse."""
    tables = desk.query("select schema_name, table_name from duckdb_tables() where not internal")
    return repr([desk.query(f'from "{schema}"."{table}"') for schema, table in tables])


def test_sensitive_columns_never_land_and_are_counted(desk):
    outcome = desk.hand_in("l2.txt", l2.consumer(SECRETS))
    assert outcome.status == "loaded"
    assert outcome.reason == (
        f"{len(l2.SENSITIVE + l2.READ_PAST)} of {len(l2.HEADER)} columns were read past, {len(l2.SENSITIVE)} of them since they tell "
        "religion, health, origin, whereabouts and the like"
    )
    assert desk.delivery(outcome)["reason"] == outcome.reason
    assert PERSONAL not in everything(desk)


def test_an_audit_puts_them_where_no_model_reads_and_they_go_with_it(desk):
    audited(desk, True)
    first = desk.hand_in("l2.txt", l2.consumer({}, SECRETS))
    table = f'audit."l2_consumer__{first.delivery_id}"'
    assert desk.query(f'select "{l2.SENSITIVE[0]}" from {table} order by rowid') == [(None,), (PERSONAL,)]
    columns = [column for (column,) in desk.query(f"select column_name from (describe {table})")]
    assert columns == l2.SENSITIVE
    assert PERSONAL not in repr(desk.query("from raw.l2_consumer"))
    [(comment,)] = desk.query("select comment from duckdb_tables() where schema_name = 'audit'")
    assert comment.startswith("Sensitive")
    # What two newer files replace is dropped there, too.
    others = [
        desk.hand_in(f"l2_{n}.txt", l2.consumer(SECRETS | {"LALVOTERID": f"LALNC{n}"}), f"2026-02-0{n}") for n in (1, 2)
    ]
    held = [f"{schema}.l2_consumer__{o.delivery_id}" for schema in ("audit", "raw") for o in others]
    assert sorted(t for (t,) in desk.query(TABLES)) == sorted(held)
    audited(desk, False)
    desk.take()
    assert desk.query("select 1 from duckdb_schemas() where schema_name = 'audit'") == []
    assert PERSONAL not in everything(desk)


@pytest.mark.parametrize("order", itertools.permutations(range(3)))
def test_a_file_replaces_its_counties_in_any_order(desk, order):
    files = [
        (
            "all.txt",
            "2026-01-01",
            l2.consumer({}, {"LALVOTERID": "LALNC2"}, {"LALVOTERID": "LALNC3", "County": "DARE"}),
        ),
        ("wake.txt", "2026-02-01", l2.consumer({"ConsumerData_Occupation_of_Person": "Nurse"})),
        ("mended.txt", "2026-02-02", l2.consumer({"ConsumerData_Occupation_of_Person": "Judge"})),
    ]
    for number in order:
        name, day, content = files[number]
        desk.hand_in(name, content, day)
    found = desk.query("select lalvoterid, occupation, _as_of::varchar from raw.l2_consumer order by all")
    assert found == [("LALNC1", "Judge", "2026-02-02"), ("LALNC3", "Teacher", "2026-01-01")]


def test_it_is_taken_as_l2_ships_it(desk):
    """A zip with a data dictionary beside the file, whose name has its day."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("VM2Uniform--NC--2026-01-05.tab", l2.consumer({}))
        archive.writestr("VM2Uniform--NC--2026-01-05_DataDictionary.csv", "Field,Description\nLALVOTERID,An id\n")
    outcome = desk.hand_in("VM2Uniform--NC--2026-01-05.zip", packed.getvalue(), "2026-03-01")
    assert (outcome.status, outcome.rows_loaded, str(desk.delivery(outcome)["as_of"])) == ("loaded", 1, "2026-01-05")


def test_what_l2_sells_is_told_apart():
    """Names of L2's list by what becomes of them; what nobody knows is refused."""
    [contract] = [c for c in all_contracts() if c.name == "l2_consumer"]
    sensitive = (
        "ConsumerData_Christian_Families", "ConsumerData_Religious_Mags", "EthnicGroups_EthnicGroup1Desc", "CountyEthnic_LALEthnicCode",
        "ConsumerData_Hispanic_Country_Code", "ConsumerData_Language_Code", "ConsumerData_Dieting_Weightloss", "ConsumerData_Disabled_In_HH",
        "ConsumerData_African_American_Professional_in_Household", "Voters_PlaceOfBirth", "hf_same_sex_marriage", "hf_teachers_union",
        "ConsumerData_AccessibilityHandicapFlag", "Residence_Addresses_Latitude", "ConsumerData_Assimilation_Status", "ConsumerData_MAID_IP1",
    )  # fmt: skip
    assert [name for name in sensitive if not contract.is_sensitive(name)] == []
    read_past = (
        "Voters_FIPS", "Parties_Description", "FECDonors_AvgDonation", "hs_harris_approval", "PRI_BLT_2024", "4H_Livestock_District",
        "ConsumerData_Credit_Rating", "2001_State_Senate_District", "ConsumerDataLL_Gun_Owner",
    )  # fmt: skip
    assert [name for name in read_past if contract.is_sensitive(name) or not contract.is_read_past(name)] == []
    assert not contract.is_read_past("favourite_colour")
    assert not any(contract.is_sensitive(name) for name in l2.LOADED)
