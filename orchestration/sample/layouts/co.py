"""Colorado's files: the registered voter list in two parts, the master voter list, and the history. Each file has an encoding of
its own; the year of birth alone, and no race."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, words
from orchestration.sample.layouts.nc_voters import VoterRows
from orchestration.sample.layouts.text import Manner, Sample, dates, ids, texts, write_file
from orchestration.sample.snapshot import INACTIVE
from orchestration.sample.turnout import EARLY, MAIL, PROVISIONAL

REGISTERED_COLUMNS = words(
    "VOTER_ID COUNTY_CODE COUNTY LAST_NAME FIRST_NAME MIDDLE_NAME NAME_SUFFIX VOTER_NAME STATUS_CODE PRECINCT_NAME "
    "ADDRESS_LIBRARY_ID HOUSE_NUM HOUSE_SUFFIX PRE_DIR STREET_NAME STREET_TYPE POST_DIR UNIT_TYPE UNIT_NUM "
    "ADDRESS_NON_STD RESIDENTIAL_ADDRESS RESIDENTIAL_CITY RESIDENTIAL_STATE RESIDENTIAL_ZIP_CODE RESIDENTIAL_ZIP_PLUS "
    "EFFECTIVE_DATE REGISTRATION_DATE STATUS STATUS_REASON BIRTH_YEAR GENDER PRECINCT SPLIT VOTER_STATUS_ID PARTY "
    "PARTY_AFFILIATION_DATE PHONE_NUM MAILING_ADDRESS_1 MAILING_ADDRESS_2 MAILING_ADDRESS_3 MAILING_CITY "
    "MAILING_STATE MAILING_ZIP_CODE MAILING_ZIP_PLUS MAILING_COUNTRY SPL_ID PERMANENT_MAIL_IN_VOTER CONGRESSIONAL "
    "STATE_SENATE STATE_HOUSE ID_REQUIRED"
)
MASTER_COLUMNS = words(
    "VOTER_ID COUNTY FIRST_NAME MIDDLE_NAME LAST_NAME NAME_SUFFIX REGISTRATION_DATE EFFECTIVE_DATE LAST_UPDATED_DATE "
    "OLD_VOTER_ID PHONE_NUM HOUSE_NUM HOUSE_SUFFIX PRE_DIR STREET_NAME STREET_TYPE POST_DIR UNIT_TYPE UNIT_NUM "
    "RESIDENTIAL_ADDRESS RESIDENTIAL_CITY RESIDENTIAL_STATE RESIDENTIAL_ZIP_CODE RESIDENTIAL_ZIP_PLUS "
    "MAILING_ADDRESS_1 MAILING_ADDRESS_2 MAILING_ADDRESS_3 MAILING_CITY MAILING_STATE MAILING_ZIP_CODE "
    "MAILING_ZIP_PLUS MAILING_COUNTRY VOTER_STATUS STATUS_REASON PARTY GENDER BIRTH_YEAR PRECINCT_CODE PRECINCT_NAME "
    "FEDERAL CONGRESSIONAL STATEWIDE STATE_BOARD_OF_EDUCATION_-_AT_LARGE STATE_BOARD_OF_EDUCATION "
    "UNIVERSITY_OF_COLORADO_REGENTS_-_AT_LARGE UNIVERSITY_OF_COLORADO_REGENTS STATE_SENATE STATE_HOUSE JUDICIAL "
    "REGIONAL_TRANSPORTATION CONSOLIDATED_REGIONAL_TRANSPORTATION COUNTY_COMMISSIONER COUNTYWIDE MUNICIPALITY CITY_2 "
    "CITY_WARD_AND_PRECINCT CITY_SUB COUNCIL CITY_WARD/DISTRICT SCHOOL SCHOOL_PRECINCT "
    "COMMUNITY_COLLEGE/JUNIOR_COLLEGE_2 COMMUNITY_COLLEGE/JUNIOR_COLLEGE AIRPORT_AUTHORITY AMBULANCE AMBULANCE_2 "
    "ANNEXATION BOND_DEBT_AND_DEBT_SERVICE BOND_DEBT_AND_DEBT_SERVICE_2 BUSINESS_IMPROVEMENT CEMETERY_2 CEMETERY "
    "CONSERVATION CONSERVATION_2 CONSERVATION_3 COUNTY_HOUSING_AUTHORITY COUNTY_ROAD DC_-_CAP_RESERVE "
    "DC_-_DEBT_SERVICE DC_-_INSURANCE_RESERVE DEVELOPMENT_AUTHORITY DOWNTOWN_DEVELOPMENT_AUTHORITY DRAINAGE "
    "DRAINAGE_AND_FLOOD_CONTROL DRAINAGE_AND_FLOOD_CONTROL_2 EMERGENCY_TELEPHONE_SERVICE_AUTHORITY FIRE_PROTECTION "
    "FIRE_PROTECTION_2 FIRE_PROTECTION_3 FIRE_PROTECTION_SUB FOOTBALL_STADIUM GENERAL_IMPROVEMENT "
    "GROUNDWATER_MANAGEMENT GROUNDWATER_MANAGEMENT_2 HEALTH_SERVICE/HOSPITAL_AUTHORITY HIGHWAY_AUTHORITY "
    "HOSPITAL_AUTHORITY HOSPITAL_AUTHORITY_2 HOUSING_AUTHORITY IMPROVEMENT_2 IRRIGATION LAW_ENFORCEMENT_AUTHORITY "
    "LIBRARY LIBRARY_SUB LOCAL_IMPROVEMENT LOCAL_MARKETING MAJOR_LEAGUE_BASEBALL_STADIUM METROPOLITAN METROPOLITAN_2 "
    "METROPOLITAN_3 METROPOLITAN_SUB MISCELLANEOUS_GENERAL_IMPROVEMENT MISCELLANEOUS_OTHER PARK_AND_RECREATION "
    "PARK_AND_RECREATION_2 PARK_AND_RECREATION_3 PARK_AND_RECREATION_4 PARK_AND_RECREATION_5 PARK_AND_RECREATION_SUB "
    "PROPOSED PROPOSED_2 PUBLIC_IMPROVEMENT PUBLIC_IMPROVEMENT_2 RECREATION/TRANSLATOR REGIONAL_HOUSING_AUTHORITY "
    "REGIONAL_SERVICE_AUTHORITY RIVER_POWER_AUTHORITY ROAD_AND_BRIDGE SANITATION SANITATION_2 "
    "SCIENTIFIC_CULTURAL_FACILITIES SCIENTIFIC_CULTURAL_FACILITIES_SUB SEWER_IMPROVEMENT SOIL_CONSERVATION_TAX_AREA "
    "SPECIAL_IMPROVEMENT SPECIAL_IMPROVEMENT_MAINTENANCE TAX_AREA TRANSPORTATION_AUTHORITY_2 TRANSPORTATION_AUTHORITY "
    "UNINCORPORATED UNINCORPORATED_2 URBAN_RENEWAL/REINVESTMENT_AUTHORITY WATER_AND_SANITATION WATER_AND_SANITATION_2 "
    "WATER_AND_SANITATION_3 WATER_CONSERVANCY WATER_CONSERVANCY_2 WATER_CONSERVANCY_3 WATER_CONSERVATION "
    "WATER_CONSERVATION_2 WATER WATER_2 WATER_SUB WATER_QUALITY_AUTHORITY WEED_AND_PEST_CONTROL"
)
HISTORY_COLUMNS = words("VOTER_ID ELECTION_TYPE ELECTION_DATE ELECTION_DESCRIPTION VOTING_METHOD PARTY COUNTY_NAME")
PARTIES = ("DEM", "REP", "UAF", "LBR", "GRN")
METHODS = ("Mail Ballot", "In Person", "Vote Center", "Provisional")
PARTS = 2
ENCODINGS = ("latin-1", "utf-8")  # of the list's parts; the master list has the second


class VoterFile:
    """Makes the records of both lists slice by slice, from what North Carolina's would say of the same people."""

    def __init__(self, sample: Sample, header: list[str]) -> None:
        self.sample, self.header = sample, header
        self.rows = VoterRows(sample.state, sample.snapshot, sample.addresses)

    def make(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end` of the snapshot."""
        state, snap, part = self.sample.state, self.sample.snapshot, slice(start, end)
        who, places = snap.who[part], state.places
        precinct = self.sample.addresses.precinct[snap.residence[part]]
        county = snap.county[part].astype(np.int64)
        frame = self.rows.make(start, end).with_columns(
            **{name: places.precincts[name].gather(precinct) for name in places.precincts.columns},
            county=texts(places.county_names, county),
            number=pl.Series(county + 1).cast(pl.String),
            id=ids(state, who),
            status=texts(("Active", "Inactive"), (snap.status[part] == INACTIVE).astype(int)),
            party=texts(PARTIES, state.party.at(day(snap.as_of), who).astype(np.int64)),
            since=dates(snap.county_since[part]),
            place=pl.Series(precinct.astype(np.int64) % 1_000).cast(pl.String),
        )
        c, blank = pl.col, pl.lit("")
        street = c("res_street_address").str.replace_all(r"\s+", " ").str.strip_chars()
        way = street.str.replace(r" #.*$", "").str.replace(r"^\S+ ", "")
        unit = street.str.extract(r" #(.*)$").fill_null("")
        away = c("mail_state") != "CO"
        senate, house = c("nc_senate_abbrv").str.zfill(2), c("nc_house_abbrv").str.zfill(2)
        code = c("cong_dist_abbrv") + senate + house + c("number").str.zfill(2) + c("place").str.zfill(3)
        phone = c("full_phone_number")
        shown_phone = "(" + phone.str.slice(0, 3) + ") " + phone.str.slice(3, 3) + "-" + phone.str.slice(6)
        columns = {
            "VOTER_ID": c("id"),
            "COUNTY_CODE": c("number").str.zfill(2),
            "COUNTY": c("county"),
            "LAST_NAME": c("last_name"),
            "FIRST_NAME": c("first_name"),
            "MIDDLE_NAME": c("middle_name"),
            "NAME_SUFFIX": c("name_suffix_lbl"),
            "VOTER_NAME": c("last_name") + ", " + c("first_name") + " " + c("middle_name"),
            "STATUS_CODE": c("status").str.slice(0, 1),
            "PRECINCT_NAME": code,
            "HOUSE_NUM": street.str.extract(r"^(\S+)"),
            "STREET_NAME": way.str.replace(r" \S+$", ""),
            "STREET_TYPE": way.str.extract(r" (\S+)$").fill_null(""),
            "UNIT_TYPE": pl.when(unit == "").then(blank).otherwise(unit.str.extract(r"^(APT|UNIT) ").fill_null("#")),
            "UNIT_NUM": unit.str.replace(r"^(APT|UNIT) ", ""),
            "RESIDENTIAL_ADDRESS": street.str.replace(r" #(\d)", " # $1"),
            "RESIDENTIAL_CITY": c("city"),
            "RESIDENTIAL_STATE": pl.lit("CO"),
            "RESIDENTIAL_ZIP_CODE": c("zip"),
            "EFFECTIVE_DATE": c("since"),
            "REGISTRATION_DATE": c("since"),
            "LAST_UPDATED_DATE": c("since"),
            "STATUS": c("status"),
            "VOTER_STATUS": c("status"),
            "STATUS_REASON": pl.when(c("status") == "Inactive").then(pl.lit("Returned Mail")).otherwise(blank),
            "BIRTH_YEAR": c("birth_year"),
            "GENDER": c("gender_code").replace_strict({"F": "Female", "M": "Male", "U": "Unknown"}),
            "PRECINCT": code,
            "PRECINCT_CODE": code,
            "PARTY": c("party"),
            "PHONE_NUM": pl.when(phone.str.contains(r"^\d{10}$")).then(shown_phone).otherwise(blank),
            "MAILING_ADDRESS_1": pl.when(away).then("mail_addr1").otherwise(blank),
            "MAILING_CITY": pl.when(away).then("mail_city").otherwise(blank),
            "MAILING_STATE": pl.when(away).then("mail_state").otherwise(blank),
            "MAILING_ZIP_CODE": pl.when(away).then(c("mail_zipcode").str.slice(0, 5)).otherwise(blank),
            "PERMANENT_MAIL_IN_VOTER": pl.lit("Yes"),
            "CONGRESSIONAL": "Congressional " + c("cong_dist_abbrv"),
            "STATE_SENATE": "State Senate " + c("nc_senate_abbrv"),
            "STATE_HOUSE": "State House " + c("nc_house_abbrv"),
            "ID_REQUIRED": pl.lit("N"),
            "COUNTY_COMMISSIONER": c("county_commiss_abbrv"),
            "MUNICIPALITY": c("municipality_desc"),
            "CITY_WARD/DISTRICT": c("ward_abbrv"),
            "SCHOOL": c("school_dist_desc"),
        }
        return frame.select(columns.get(name, blank).alias(name) for name in self.header)


class HistoryFile:
    """Makes the records of all votes, each with the county where the voter lived on that day."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        held = np.array([e.held <= sample.snapshot.as_of for e in sample.state.region.elections])
        self.voter, self.election = np.nonzero(sample.votes.voted[sample.snapshot.who] & held)

    def __len__(self) -> int:
        return len(self.voter)

    def make(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end`."""
        state, votes, part = self.sample.state, self.sample.votes, slice(start, end)
        elections = state.region.elections
        who, election = self.sample.snapshot.who[self.voter[part]], self.election[part]
        held = np.array([day(e.held) for e in elections])[election]
        method = votes.method[who, election]
        way = np.select([method == MAIL, method == EARLY, method == PROVISIONAL], [0, 1, 3], 2)
        primary = np.array([e.kind == "PRIMARY" for e in elections])[election]
        # Who has no party takes a ballot of one in a primary; in other elections the registration stands here.
        party = np.where(primary, votes.ballot[who, election], votes.party[who, election]).astype(np.int64)
        return pl.DataFrame(
            {
                "VOTER_ID": ids(state, who),
                "ELECTION_TYPE": texts([_kind(e.kind, e.held) for e in elections], election),
                "ELECTION_DATE": texts([e.label for e in elections], election),
                "ELECTION_DESCRIPTION": texts(
                    [f"{e.held.year} {_kind(e.kind, e.held)} Election" for e in elections], election
                ),
                "VOTING_METHOD": texts(METHODS, way),
                "PARTY": texts(PARTIES, np.minimum(party, len(PARTIES) - 1)),
                "COUNTY_NAME": texts(state.places.county_names, state.residence_county[state.residence(held, who)]),
            }
        )


def _kind(kind: str, held: date) -> str:
    return "Presidential Primary" if kind == "PRIMARY" and held.month == 3 else kind.title()


def write(out: Path, sample: Sample) -> list[Path]:
    """Commas, every field quoted, CRLF: the list in parts cut by rows, latin-1 and UTF-8, and the history packed with gzip."""
    as_of, rows = sample.snapshot.as_of, sample.snapshot.rows
    manners = [Manner(separator=",", encoding=encoding) for encoding in ENCODINGS]
    registered, master, history = (
        VoterFile(sample, REGISTERED_COLUMNS),
        VoterFile(sample, MASTER_COLUMNS),
        HistoryFile(sample),
    )
    files = []
    for number in range(PARTS):
        first, end = (rows * n // PARTS for n in (number, number + 1))

        def make(start: int, stop: int, first: int = first) -> pl.DataFrame:
            return registered.make(first + start, first + stop)

        path = out / f"Registered_Voters_List_ Part{number + 1}.txt"
        files.append(write_file(path, REGISTERED_COLUMNS, make, end - first, as_of, manners[number]))
    path = out / f"Master_Voting_History_List_Voter_Details_ Part1_{as_of:%m_%d_%Y}_11_38_10.txt"
    files.append(write_file(path, MASTER_COLUMNS, master.make, rows, as_of, manners[1]))
    path = out / "Master_Voting_History_List_ Part1.txt.gz"
    return [*files, write_file(path, HISTORY_COLUMNS, history.make, len(history), as_of, manners[0])]
