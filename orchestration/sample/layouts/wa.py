"""Washington's files of today: the voter list and two files of history, between tabs, the older history without a header; and
the list of precincts, as a spreadsheet saves the state's workbook.
Neither party nor race, the year of birth alone, and no word on how a ballot was cast: all vote by mail."""

from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, words
from orchestration.sample.layouts.nc_voters import VoterRows
from orchestration.sample.layouts.text import Manner, Sample, dates, digits, ids, texts, write_file
from orchestration.sample.snapshot import INACTIVE

VOTER_COLUMNS = words(
    "StateVoterID FName MName LName NameSuffix Birthdate Gender RegStNum RegStFrac RegStName RegStType RegUnitType "
    "RegStPreDirection RegStPostDirection RegStUnitNum RegCity RegState RegZipCode CountyCode PrecinctCode PrecinctPart "
    "LegislativeDistrict CongressionalDistrict Mail1 Mail2 Mail3 Mail4 MailCity MailZip MailState MailCountry "
    "Registrationdate LastVoted StatusCode"
)
HISTORY_COLUMNS = words("CountyCode StateVoterID ElectionDate VotingHistoryID")
PRECINCT_COLUMNS = words(
    "CountyCode County DistrictType DistrictID DistrictCode DistrictName PrecinctCode PrecinctName PrecinctPart"
)
DISTRICTS = {"Congressional": "cong_dist_abbrv", "Legislative": "nc_senate_abbrv"}
SPLIT_YEAR = 2022  # the second file of history begins with it
MANNER = Manner(quoted=False)
SPREADSHEET = Manner(separator=",", quoted=False, encoding="utf-8-sig")


class VoterFile:
    """Makes Washington's voter records slice by slice, from what North Carolina's would say of the same people."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.rows = VoterRows(sample.state, sample.snapshot, sample.addresses)
        held = [e for e in sample.state.region.elections if e.held <= sample.snapshot.as_of]
        voted = sample.votes.voted[:, : len(held)]
        last = len(held) - 1 - np.argmax(voted[:, ::-1], axis=1)
        self.last_vote = np.where(voted.any(axis=1), np.array([day(e.held) for e in held])[last], -1)

    def make(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end` of the snapshot."""
        state, snap, part = self.sample.state, self.sample.snapshot, slice(start, end)
        who, places = snap.who[part], state.places
        precinct = self.sample.addresses.precinct[snap.residence[part]]
        last = self.last_vote[who]
        frame = self.rows.make(start, end).with_columns(
            **{name: places.precincts[name].gather(precinct) for name in places.precincts.columns},
            county=texts(places.county_codes, snap.county[part]),
            id=ids(state, who),
            status=texts(("Active", "Inactive"), (snap.status[part] == INACTIVE).astype(int)),
            since=dates(snap.county_since[part], "%Y-%m-%d"),
            voted=pl.Series(last >= 0),
            last_vote=dates(np.maximum(last, 0), "%Y-%m-%d"),
        )
        c, blank = pl.col, pl.lit("")
        street = c("res_street_address").str.replace_all(r"\s+", " ").str.strip_chars()
        way = street.str.replace(r" #.*$", "").str.replace(r"^\S+ ", "")
        unit = street.str.extract(r" #(.*)$").fill_null("")
        away = c("mail_state") != "WA"
        columns = {
            "StateVoterID": c("id"),
            "FName": c("first_name"),
            "MName": c("middle_name"),
            "LName": c("last_name"),
            "NameSuffix": c("name_suffix_lbl"),
            "Birthdate": c("birth_year"),
            "Gender": c("gender_code"),
            "RegStNum": street.str.extract(r"^(\S+)"),
            "RegStName": way.str.replace(r" \S+$", ""),
            "RegStType": way.str.extract(r" (\S+)$").fill_null(""),
            "RegUnitType": pl.when(unit == "").then(blank).otherwise(unit.str.extract(r"^(APT|UNIT) ").fill_null("#")),
            "RegStUnitNum": unit.str.replace(r"^(APT|UNIT) ", ""),
            "RegCity": c("city"),
            "RegState": pl.lit("WA"),
            "RegZipCode": c("zip"),
            "CountyCode": c("county"),
            "PrecinctCode": _precinct_code().str.zfill(8),
            "LegislativeDistrict": c("nc_senate_abbrv"),
            "CongressionalDistrict": c("cong_dist_abbrv"),
            "Mail1": pl.when(away).then("mail_addr1").otherwise(blank),
            "MailCity": pl.when(away).then("mail_city").otherwise(blank),
            "MailZip": pl.when(away).then("mail_zipcode").otherwise(blank),
            "MailState": pl.when(away).then("mail_state").otherwise(blank),
            "Registrationdate": c("since"),
            "LastVoted": pl.when("voted").then("last_vote").otherwise(blank),
            "StatusCode": c("status"),
        }
        return frame.select(columns.get(name, blank).alias(name) for name in VOTER_COLUMNS)


class HistoryFile:
    """Makes the records of some elections' votes, each with the county where the voter lived on that day."""

    def __init__(self, sample: Sample, elections: list[int], first_id: int) -> None:
        self.sample, self.first_id = sample, first_id
        voted = sample.votes.voted[sample.snapshot.who][:, elections]
        self.voter, column = np.nonzero(voted)
        self.election = np.array(elections)[column]

    def __len__(self) -> int:
        return len(self.voter)

    def make(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end`."""
        state, part = self.sample.state, slice(start, end)
        who, election = self.sample.snapshot.who[self.voter[part]], self.election[part]
        held = np.array([day(e.held) for e in state.region.elections])[election]
        return pl.DataFrame(
            {
                "CountyCode": texts(state.places.county_codes, state.residence_county[state.residence(held, who)]),
                "StateVoterID": ids(state, who),
                "ElectionDate": dates(held, "%Y-%m-%d"),
                "VotingHistoryID": digits(self.first_id + np.arange(start, end)),
            }
        )


def _precinct_code() -> pl.Expr:
    return pl.col("precinct_abbrv").str.replace_all("[^0-9]", "")


def precinct_list(sample: Sample) -> pl.DataFrame:
    """The records of the list of precincts: one for each district of each. A spreadsheet has taken the zeros from their codes."""
    places = sample.state.places
    precincts = places.precincts.with_columns(
        county=texts(places.county_codes, places.precinct_county),
        name=texts(places.county_names, places.precinct_county),
    )
    c, blank = pl.col, pl.lit("")
    return pl.concat(
        precincts.select(
            CountyCode="county",
            County="name",
            DistrictType=pl.lit(kind),
            DistrictID=c(district),
            DistrictCode=c(district),
            DistrictName=pl.lit(f"{kind} District ") + c(district),
            PrecinctCode=_precinct_code().str.strip_chars_start("0"),
            PrecinctName=pl.lit("ZZ ") + c("precinct_desc"),
            PrecinctPart=blank,
        )
        for kind, district in DISTRICTS.items()
    )


def write(out: Path, sample: Sample) -> list[Path]:
    """Tabs, no quotes, CRLF, latin-1: one file of voters, two of history; commas for the precincts."""
    as_of, voters = sample.snapshot.as_of, VoterFile(sample)
    files = [
        write_file(
            out / f"{as_of:%Y%m%d}_VRDB_Extract.txt", VOTER_COLUMNS, voters.make, sample.snapshot.rows, as_of, MANNER
        )
    ]
    years = [e.held.year if e.held <= as_of else 0 for e in sample.state.region.elections]
    written = 0
    for number, wanted in enumerate(({y for y in years if y < SPLIT_YEAR}, {y for y in years if y >= SPLIT_YEAR})):
        elections = [n for n, year in enumerate(years) if year and year in wanted]
        if not elections:
            continue
        history = HistoryFile(sample, elections, 100_000_000 + written)
        span = f"{min(years[n] for n in elections)}-{max(years[n] for n in elections)}"
        path = out / f"{as_of:%Y%m%d}_VotingHistory_{span}.txt"
        header = HISTORY_COLUMNS if number else None
        files.append(write_file(path, header, history.make, len(history), as_of, MANNER))
        written += len(history)
    precincts = precinct_list(sample)
    path = out / f"{as_of:%Y%m%d}_Districts_Precincts.csv"
    files.append(write_file(path, PRECINCT_COLUMNS, lambda a, b: precincts[a:b], len(precincts), as_of, SPREADSHEET))
    return files
