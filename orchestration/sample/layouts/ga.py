"""Georgia's files of today: the voter list, and a file of history for each year, with commas, quotes and a header whose order
differs from file to file. No party, no day of birth."""

from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, stream
from orchestration.sample.layouts.nc_voters import VoterRows
from orchestration.sample.layouts.text import Manner, Sample, dates, ids, texts, write_file
from orchestration.sample.life import DEM, REP
from orchestration.sample.snapshot import INACTIVE
from orchestration.sample.turnout import EARLY, MAIL, PROVISIONAL

VOTER_COLUMNS = [
    "County", "Voter Registration Number", "Status", "Status Reason", "Last Name", "First Name", "Middle Name", "Suffix",
    "Birth Year", "Residence Street Number", "Residence Pre Direction", "Residence Street Name", "Residence Street Type",
    "Residence Post Direction", "Residence Apt Unit Number", "Residence City", "Residence Zipcode", "County Precinct",
    "County Precinct Description", "Municipal Precinct", "Municipal Precinct Description", "Congressional District",
    "State Senate District", "State House District", "Judicial District", "County Commission District",
    "School Board District", "City Council District", "Municipal School Board District", "Water Board District",
    "Super Council District", "Super Commissioner District", "Super School Board District", "Fire District", "Municipality",
    "Combo", "Land Lot", "Land District", "Registration Date", "Race", "Gender", "Last Modified Date", "Date of Last Contact",
    "Last Party Voted", "Last Vote Date", "Voter Created Date", "Mailing Street Number", "Mailing Street Name",
    "Mailing Apt Unit Number", "Mailing City", "Mailing Zipcode", "Mailing State", "Mailing Country",
]  # fmt: skip
HISTORY_COLUMNS = [
    "County Name", "Voter Registration Number", "Election Date", "Election Type", "Party", "Ballot Style", "Absentee",
    "Provisional", "Supplemental",
]  # fmt: skip
RACES = (
    "White", "Black", "Hispanic/Latino", "Asian/Pacific Islander", "American Indian", "Multi-Racial", "Other", "Unknown",
)  # fmt: skip
PARTIES = ("DEMOCRAT", "REPUBLICAN", "NON-PARTISAN", "")
KINDS = {"GENERAL": "GENERAL ELECTION", "PRIMARY": "GENERAL PRIMARY", "RUNOFF": "GENERAL ELECTION RUNOFF"}
STYLES = ("ABSENTEE BY MAIL", "EARLY IN-PERSON", "ELECTION DAY", "ELECTRONIC BALLOT DELIVERY")
MANNER = Manner(separator=",", line_end="\r\n")


def shuffled(columns: list[str], seed: int, topic: str) -> list[str]:
    """A header in an order of its own: the names of some files stand in another place than those of others."""
    return [columns[i] for i in stream(seed, f"ga header {topic}").permutation(len(columns))]


class VoterFile:
    """Makes Georgia's voter records slice by slice, from what North Carolina's would say of the same people."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.rows = VoterRows(sample.state, sample.snapshot, sample.addresses)
        self.header = shuffled(VOTER_COLUMNS, sample.state.seed, "voters")
        held = [e for e in sample.state.region.elections if e.held <= sample.snapshot.as_of]
        voted = sample.votes.voted[:, : len(held)]
        last = len(held) - 1 - np.argmax(voted[:, ::-1], axis=1)
        self.last_vote = np.where(voted.any(axis=1), np.array([day(e.held) for e in held])[last], -1)

    def make(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end` of the snapshot."""
        state, snap, part = self.sample.state, self.sample.snapshot, slice(start, end)
        who, places = snap.who[part], state.places
        precinct = self.sample.addresses.precinct[snap.residence[part]]
        unsaid = self.rows.noise("ga race", who) < 0.06
        last = self.last_vote[who]
        frame = self.rows.make(start, end).with_columns(
            **{name: places.precincts[name].gather(precinct) for name in places.precincts.columns},
            county=texts(places.county_names, snap.county[part]),
            id=ids(state, who),
            status=texts(("ACTIVE", "INACTIVE"), (snap.status[part] == INACTIVE).astype(int)),
            race=texts(RACES, np.where(unsaid, len(RACES) - 1, state.people.race[who].astype(np.int64))),
            since=dates(snap.county_since[part]),
            voted=pl.Series(last >= 0),
            last_vote=dates(np.maximum(last, 0)),
        )
        c, blank = pl.col, pl.lit("")
        street = c("res_street_address").str.replace_all(r"\s+", " ").str.strip_chars()
        way = street.str.replace(r" #.*$", "").str.replace(r"^\S+ ", "")
        mail = c("mail_addr1")
        away = c("mail_state") != "GA"
        columns = {
            "County": c("county"),
            "Voter Registration Number": c("id"),
            "Status": c("status"),
            "Status Reason": pl.when(c("status") == "INACTIVE")
            .then(pl.lit("NO ACTIVITY AND NO CONTACT"))
            .otherwise(blank),
            "Last Name": c("last_name"),
            "First Name": c("first_name"),
            "Middle Name": c("middle_name"),
            "Suffix": c("name_suffix_lbl"),
            "Birth Year": c("birth_year"),
            "Residence Street Number": street.str.extract(r"^(\S+)"),
            "Residence Street Name": way.str.replace(r" \S+$", ""),
            "Residence Street Type": way.str.extract(r" (\S+)$").fill_null(""),
            "Residence Apt Unit Number": street.str.extract(r" #(.*)$").fill_null(""),
            "Residence City": c("city"),
            "Residence Zipcode": c("zip"),
            "County Precinct": c("precinct_abbrv"),
            "County Precinct Description": c("precinct_desc"),
            "Congressional District": c("cong_dist_abbrv").str.zfill(3),
            "State Senate District": c("nc_senate_abbrv").str.zfill(3),
            "State House District": c("nc_house_abbrv").str.zfill(3),
            "County Commission District": c("county_commiss_abbrv"),
            "School Board District": c("school_dist_abbrv").str.slice(1),
            "City Council District": c("ward_abbrv"),
            "Municipality": c("municipality_desc"),
            "Registration Date": c("since"),
            "Race": c("race"),
            "Gender": c("gender_code").replace_strict({"F": "FEMALE", "M": "MALE", "U": "UNKNOWN"}),
            "Last Modified Date": c("since"),
            "Last Vote Date": pl.when("voted").then("last_vote").otherwise(blank),
            "Voter Created Date": c("since"),
            "Mailing Street Number": pl.when(away).then(mail.str.extract(r"^(\d+) ").fill_null("")).otherwise(blank),
            "Mailing Street Name": pl.when(away).then(mail.str.replace(r"^\d+ ", "")).otherwise(blank),
            "Mailing City": pl.when(away).then("mail_city").otherwise(blank),
            "Mailing Zipcode": pl.when(away).then("mail_zipcode").otherwise(blank),
            "Mailing State": pl.when(away).then("mail_state").otherwise(blank),
        }
        return frame.select(columns.get(name, blank).alias(name) for name in self.header)


def _history(sample: Sample, year: int) -> pl.DataFrame:
    """The ballots of a year, with the county where the voter lived on the day of the election."""
    state, votes, snap = sample.state, sample.votes, sample.snapshot
    parts = []
    for column, election in enumerate(state.region.elections):
        if election.held.year != year or election.held > snap.as_of:
            continue
        who = snap.who[votes.voted[snap.who, column]]
        when, method = np.full(len(who), day(election.held)), votes.method[who, column]
        party = np.searchsorted((DEM, REP), np.minimum(votes.ballot[who, column], REP + 1)).astype(np.int64)
        party = party if election.kind == "PRIMARY" else np.full(len(who), 3)
        abroad = stream(state.seed, f"ga abroad {election.held}").random(len(state.people))[who] < 0.05
        style = np.select([(method == MAIL) & abroad, method == MAIL, method == EARLY], [3, 0, 1], 2)
        presidential = election.kind == "PRIMARY" and election.held.month == 3
        kind = "PRESIDENTIAL PREFERENCE PRIMARY" if presidential else KINDS[election.kind]
        records = {
            "County Name": texts(state.places.county_names, state.residence_county[state.residence(when, who)]),
            "Voter Registration Number": ids(state, who),
            "Election Date": pl.repeat(election.label, len(who), eager=True),
            "Election Type": pl.repeat(kind, len(who), eager=True),
            "Party": texts(PARTIES, party),
            "Ballot Style": texts(STYLES, style),
            "Absentee": texts(("N", "Y"), (style != 2).astype(int)),
            "Provisional": texts(("N", "Y"), (method == PROVISIONAL).astype(int)),
            "Supplemental": pl.repeat("N", len(who), eager=True),
        }
        parts.append(pl.DataFrame(records))
    return pl.concat(parts)


def write(out: Path, sample: Sample) -> list[Path]:
    """Commas, every field quoted, CRLF, latin-1: one file of voters, one of history for each year."""
    as_of, voters = sample.snapshot.as_of, VoterFile(sample)
    name = f"Statewide Voter List {as_of:%Y%m%d}.csv"
    files = [write_file(out / name, voters.header, voters.make, sample.snapshot.rows, as_of, MANNER)]
    for year in sorted({e.held.year for e in sample.state.region.elections if e.held <= as_of}):
        header = shuffled(HISTORY_COLUMNS, sample.state.seed, str(year))
        records = _history(sample, year).select(header)
        path, last_day = out / f"Voter History {year}.csv", min(as_of, date(year, 12, 31))
        files.append(write_file(path, header, partial(_part, records), len(records), last_day, MANNER))
    return files


def _part(records: pl.DataFrame, start: int, end: int) -> pl.DataFrame:
    return records[start:end]
