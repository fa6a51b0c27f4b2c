"""Small North Carolina files in the exact layout, for tests that need to say what is in each record."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from orchestration.ingestion.contracts import all_contracts

VOTERS, HISTORY = (next(c for c in all_contracts() if c.name == name) for name in ("nc_voters", "nc_vote_history"))

# layout_ncvoter.txt of 02/11/2022
COLUMNS_67 = tuple(
    [
        "county_id",
        "county_desc",
        "voter_reg_num",
        "ncid",
        "last_name",
        "first_name",
        "middle_name",
        "name_suffix_lbl",
        "status_cd",
        "voter_status_desc",
        "reason_cd",
        "voter_status_reason_desc",
        "res_street_address",
        "res_city_desc",
        "state_cd",
        "zip_code",
        "mail_addr1",
        "mail_addr2",
        "mail_addr3",
        "mail_addr4",
        "mail_city",
        "mail_state",
        "mail_zipcode",
        "full_phone_number",
        "confidential_ind",
        "registr_dt",
        "race_code",
        "ethnic_code",
        "party_cd",
        "gender_code",
        "birth_year",
        "age_at_year_end",
        "birth_state",
        "drivers_lic",
        "precinct_abbrv",
        "precinct_desc",
        "municipality_abbrv",
        "municipality_desc",
        "ward_abbrv",
        "ward_desc",
        "cong_dist_abbrv",
        "super_court_abbrv",
        "judic_dist_abbrv",
        "nc_senate_abbrv",
        "nc_house_abbrv",
        "county_commiss_abbrv",
        "county_commiss_desc",
        "township_abbrv",
        "township_desc",
        "school_dist_abbrv",
        "school_dist_desc",
        "fire_dist_abbrv",
        "fire_dist_desc",
        "water_dist_abbrv",
        "water_dist_desc",
        "sewer_dist_abbrv",
        "sewer_dist_desc",
        "sanit_dist_abbrv",
        "sanit_dist_desc",
        "rescue_dist_abbrv",
        "rescue_dist_desc",
        "munic_dist_abbrv",
        "munic_dist_desc",
        "dist_1_abbrv",
        "dist_1_desc",
        "vtd_abbrv",
        "vtd_desc",
    ]
)
COLUMNS_70 = (*COLUMNS_67, "hava_id_req", "ssn", "no_dl_ssn_chkbx")
# reggie's north_carolina.yaml: the layout of 2018, in use with newer names until 02/05/2022
COLUMNS_71 = tuple(
    [
        "county_id",
        "county_desc",
        "voter_reg_num",
        "status_cd",
        "voter_status_desc",
        "reason_cd",
        "voter_status_reason_desc",
        "absent_ind",
        "name_prefx_cd",
        "last_name",
        "first_name",
        "midl_name",
        "name_sufx_cd",
        "res_street_address",
        "res_city_desc",
        "state_cd",
        "zip_code",
        "mail_addr1",
        "mail_addr2",
        "mail_addr3",
        "mail_addr4",
        "mail_city",
        "mail_state",
        "mail_zipcode",
        "full_phone_number",
        "race_code",
        "ethnic_code",
        "party_cd",
        "gender_code",
        "birth_age",
        "birth_place",
        "drivers_lic",
        "registr_dt",
        "precinct_abbrv",
        "precinct_desc",
        "municipality_abbrv",
        "municipality_desc",
        "ward_abbrv",
        "ward_desc",
        "cong_dist_abbrv",
        "super_court_abbrv",
        "judic_dist_abbrv",
        "nc_senate_abbrv",
        "nc_house_abbrv",
        "county_commiss_abbrv",
        "county_commiss_desc",
        "township_abbrv",
        "township_desc",
        "school_dist_abbrv",
        "school_dist_desc",
        "fire_dist_abbrv",
        "fire_dist_desc",
        "water_dist_abbrv",
        "water_dist_desc",
        "sewer_dist_abbrv",
        "sewer_dist_desc",
        "sanit_dist_abbrv",
        "sanit_dist_desc",
        "rescue_dist_abbrv",
        "rescue_dist_desc",
        "munic_dist_abbrv",
        "munic_dist_desc",
        "dist_1_abbrv",
        "dist_1_desc",
        "dist_2_abbrv",
        "dist_2_desc",
        "Confidential_ind",
        "birth_year",
        "ncid",
        "vtd_abbrv",
        "vtd_desc",
    ]
)
HISTORY_COLUMNS = tuple(
    [
        "county_id",
        "county_desc",
        "voter_reg_num",
        "election_lbl",
        "election_desc",
        "voting_method",
        "voted_party_cd",
        "voted_party_desc",
        "pct_label",
        "pct_description",
        "ncid",
        "voted_county_id",
        "voted_county_desc",
        "vtd_label",
        "vtd_description",
    ]
)

_VOTER = {
    "county_id": "92", "county_desc": "WAKE", "voter_reg_num": "000100000001", "ncid": "BN1", "last_name": "EXAMPLE",
    "first_name": "ADA", "status_cd": "A", "voter_status_desc": "ACTIVE", "res_street_address": "12  OAK ST",
    "res_city_desc": "RALEIGH", "state_cd": "NC", "zip_code": "27601", "full_phone_number": "9195550123",
    "confidential_ind": "N", "registr_dt": "05/06/2010", "race_code": "W", "ethnic_code": "NL", "party_cd": "UNA",
    "gender_code": "F", "birth_year": "1980", "age_at_year_end": "46", "drivers_lic": "Y", "precinct_abbrv": "01-07",
    "precinct_desc": "PRECINCT 01-07", "cong_dist_abbrv": "02", "nc_senate_abbrv": "15", "nc_house_abbrv": "034",
}  # fmt: skip
_VOTE = {
    "county_id": "92", "county_desc": "WAKE", "voter_reg_num": "000100000001", "election_lbl": "11/05/2024",
    "election_desc": "11/05/2024 GENERAL", "voting_method": "EARLY VOTING IN-PERSON", "voted_party_cd": "UNA",
    "voted_party_desc": "UNAFFILIATED", "pct_label": "01-07", "pct_description": "PRECINCT 01-07", "ncid": "BN1",
    "voted_county_id": "92", "voted_county_desc": "WAKE", "vtd_label": "01-07", "vtd_description": "01-07",
}  # fmt: skip


def voter(**values: str) -> dict[str, str]:
    """A voter record of Wake county, with what matters to a test changed. Values go by today's column names."""
    return _VOTER | values


def vote(**values: str) -> dict[str, str]:
    """A vote history record."""
    return _VOTE | values


def text(rows: list[dict[str, str]], columns: tuple[str, ...], end: str = "\r\n", quote: str = '"') -> bytes:
    """The bytes of a file: tab, quoted, CRLF, latin-1, with a header."""
    names = {**VOTERS.known_names, **{k: v for k, v in HISTORY.known_names.items() if v}}
    lines = [[*columns]]
    lines += [[row.get(names.get(c.lower()) or c, row.get(c, "")) for c in columns] for row in rows]
    return "".join("\t".join(f"{quote}{v}{quote}" for v in line) + end for line in lines).encode("latin-1")


def voters_text(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS_67) -> bytes:
    """A voter file."""
    return text(rows, columns)


def history_text(rows: list[dict[str, str]]) -> bytes:
    """A vote history file."""
    return text(rows, HISTORY_COLUMNS)


def people(count: int, **values: str) -> list[dict[str, str]]:
    """`count` voters with ids of their own."""
    return [voter(ncid=f"BN{n}", voter_reg_num=f"{n:012d}", **values) for n in range(1, count + 1)]


def zipped(files: dict[str, bytes]) -> bytes:
    """The bytes of a zip of files, by their names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def deliver(inbox: Path, name: str, content: bytes, day: str | None = None) -> Path:
    """Put a file into the inbox, dated `day` (by its name's place in time, not by its name) and not fresh."""
    import os
    from datetime import UTC, datetime

    inbox.mkdir(parents=True, exist_ok=True)
    file = inbox / name
    file.write_bytes(content)
    moment = datetime.fromisoformat(f"{day or '2026-01-03'}T12:00").replace(tzinfo=UTC).timestamp()
    os.utime(file, (moment, moment))
    return file


# A file of each contract as (contract, name, content), with records enough to tell what has changed in it: tests/unit/test_drift.py.
FILES = [
    ("nc_voters", "ncvoter_Statewide.txt", voters_text(people(12))),
    ("nc_vote_history", "ncvhis_Statewide.txt", history_text([vote(ncid=f"BN{n}") for n in range(12)])),
]
