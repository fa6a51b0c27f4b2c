"""Ohio's four files, each of a quarter of the counties: voters, and in each record a column for every election since 2000.

Rates of missing values are those of the statewide files of December 2020 (9,196,008 records).
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, words
from orchestration.sample.layouts.nc_voters import VoterRows
from orchestration.sample.layouts.text import Manner, Sample, dates, digits, ids, texts, write_file
from orchestration.sample.regions import Election
from orchestration.sample.snapshot import INACTIVE

PARTS = ((1, 22), (23, 44), (45, 66), (67, 88))
FIXED_COLUMNS = words(
    "SOS_VOTERID COUNTY_NUMBER COUNTY_ID LAST_NAME FIRST_NAME MIDDLE_NAME SUFFIX DATE_OF_BIRTH REGISTRATION_DATE "
    "VOTER_STATUS PARTY_AFFILIATION RESIDENTIAL_ADDRESS1 RESIDENTIAL_SECONDARY_ADDR RESIDENTIAL_CITY RESIDENTIAL_STATE "
    "RESIDENTIAL_ZIP RESIDENTIAL_ZIP_PLUS4 RESIDENTIAL_COUNTRY RESIDENTIAL_POSTALCODE MAILING_ADDRESS1 "
    "MAILING_SECONDARY_ADDRESS MAILING_CITY MAILING_STATE MAILING_ZIP MAILING_ZIP_PLUS4 MAILING_COUNTRY "
    "MAILING_POSTAL_CODE CAREER_CENTER CITY CITY_SCHOOL_DISTRICT COUNTY_COURT_DISTRICT CONGRESSIONAL_DISTRICT "
    "COURT_OF_APPEALS EDU_SERVICE_CENTER_DISTRICT EXEMPTED_VILL_SCHOOL_DISTRICT LIBRARY LOCAL_SCHOOL_DISTRICT "
    "MUNICIPAL_COURT_DISTRICT PRECINCT_NAME PRECINCT_CODE STATE_BOARD_OF_EDUCATION STATE_REPRESENTATIVE_DISTRICT "
    "STATE_SENATE_DISTRICT TOWNSHIP VILLAGE WARD"
)
BALLOTS = ("D", "R", "X", "L", "G", "")  # in a primary by party, then of those who voted on issues only or not at all
NO_DISTRICTS = 0.117  # of records have neither ZIP code nor districts
LAST_PRIMARIES = 3  # of which the last ballot taken makes the party
MANNER = Manner(separator=",", line_end="\n")
LOCAL_SHARE = 0.2  # of voters take part in an election of their county


def _local_elections() -> list[tuple[str, date]]:
    """Elections that are held in a few counties only: primaries of odd years and specials, on the first Tuesday after a
    Monday of May, and of February or August."""
    held = []
    for year in range(2001, 2027):
        for kind, month in (("PRIMARY", 5), ("SPECIAL", 2), ("SPECIAL", 8)):
            first = date(year, month, 1)
            tuesday = first + timedelta(days=(0 - first.weekday()) % 7 + 1)
            if kind == "SPECIAL" or year % 2:
                held.append((kind, tuesday))
    return held


class VoterFile:
    """Makes Ohio's records slice by slice, from what North Carolina's would say of the same people."""

    def __init__(self, sample: Sample) -> None:
        self.sample, self.as_of = sample, sample.snapshot.as_of
        self.rows = VoterRows(sample.state, sample.snapshot, sample.addresses)
        statewide = {(e.kind, e.held): e for e in sample.state.region.elections if e.held <= self.as_of}
        local = [key for key in _local_elections() if key[1] <= self.as_of]
        keys = sorted({*statewide, *local}, key=lambda key: (key[1], key[0]))
        self.elections: dict[str, Election | None] = {
            f"{kind}-{held:%m/%d/%Y}": statewide.get((kind, held)) for kind, held in keys
        }
        self.header = [*FIXED_COLUMNS, *self.elections]

    def noise(self, topic: str, who: np.ndarray) -> np.ndarray:
        """Uniform numbers of a topic, the same for a person in every snapshot."""
        return self.rows.noise(f"oh {topic}", who)

    def make(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end` of the snapshot."""
        part = slice(start, end)
        like_nc = self.rows.make(start, end)
        frame = pl.DataFrame({**self._person(part, like_nc), **self._places(part, like_nc), **self._cells(part)})
        return frame.select(self.header)

    def _person(self, part: slice, like_nc: pl.DataFrame) -> dict[str, pl.Series]:
        snap, state = self.sample.snapshot, self.sample.state
        who, county = snap.who[part], snap.county[part]
        birth = dates(state.people.birth[who], "%Y-%m-%d")
        since = dates(snap.county_since[part], "%Y-%m-%d")
        unknown = pl.DataFrame({
            "birth": birth, "no_birth": snap.birth_year[part] == 1900,
            "since": since, "no_since": self.noise("registration date", who) < 0.011,
            "padded": digits(county + 1, 2), "bare": digits(county + 1), "is_bare": self.noise("county", who) < 0.1,
        })  # fmt: skip
        chosen = unknown.select(
            birth=pl.when("no_birth").then(pl.lit("1800-01-01")).otherwise("birth"),
            since=pl.when("no_since").then(pl.lit("1900-01-01")).otherwise("since"),
            county=pl.when("is_bare").then("bare").otherwise("padded"),  # the counties under 10 are written in two ways
        )
        return {
            "SOS_VOTERID": ids(state, who),
            "COUNTY_NUMBER": chosen["county"],
            "COUNTY_ID": digits(snap.voter_reg_num[part]),
            "LAST_NAME": like_nc["last_name"],
            "FIRST_NAME": like_nc["first_name"],
            "MIDDLE_NAME": like_nc["middle_name"],
            "SUFFIX": like_nc["name_suffix_lbl"],
            "DATE_OF_BIRTH": chosen["birth"],
            "REGISTRATION_DATE": chosen["since"],
            "VOTER_STATUS": texts(("ACTIVE", "CONFIRMATION"), (snap.status[part] == INACTIVE).astype(int)),
            "PARTY_AFFILIATION": texts(BALLOTS, self._party(who)),
        }

    def _party(self, who: np.ndarray) -> np.ndarray:
        """The party of the last primary ballot, in one of the last primaries."""
        elections = self.sample.state.region.elections
        primaries = [n for n, e in enumerate(elections) if e.kind == "PRIMARY" and e.held <= self.as_of][
            -LAST_PRIMARIES:
        ]
        party = np.full(len(who), len(BALLOTS) - 1)
        for column in primaries:
            ballot = self._ballot(who, column)
            party = np.where(ballot < 2, ballot, np.where(ballot == 2, party, np.where(ballot < 5, ballot, party)))
        return party

    def _ballot(self, who: np.ndarray, column: int) -> np.ndarray:
        """What stands in the cell of an election, as a place in `BALLOTS`."""
        votes, election = self.sample.votes, self.sample.state.region.elections[column]
        ballot = votes.ballot[who, column].astype(np.int64)
        if election.kind == "PRIMARY":
            issues_only = self.noise(f"issues {election.held}", who) < 0.04
            ballot = np.where(issues_only, BALLOTS.index("X"), ballot)
        else:
            ballot = np.full(len(who), BALLOTS.index("X"))
        return np.where(votes.voted[who, column], ballot, len(BALLOTS) - 1)

    def _cells(self, part: slice) -> dict[str, pl.Series]:
        """A column for each election: X for a vote, in a primary the letter of the party whose ballot was taken."""
        snap, elections = self.sample.snapshot, self.sample.state.region.elections
        who, county = snap.who[part], snap.county[part]
        cells = {}
        for number, (name, election) in enumerate(self.elections.items()):
            if election:
                cells[name] = texts(BALLOTS, self._ballot(who, elections.index(election)))
                continue
            held = day(date(int(name[-4:]), int(name[-10:-8]), int(name[-7:-5])))
            there = (county == number * 7 % 88) & (snap.county_since[part] < held)
            voted = there & (self.noise(f"local {name}", who) < LOCAL_SHARE)
            cells[name] = texts(("", "X"), voted.astype(int))
        return cells

    def _places(self, part: slice, like_nc: pl.DataFrame) -> dict[str, pl.Series]:
        snap, places = self.sample.snapshot, self.sample.state.places
        who, county = snap.who[part], snap.county[part]
        precinct = self.sample.addresses.precinct[snap.residence[part]]
        frame = like_nc.select("res_street_address", "mail_addr1", "mail_city", "mail_state", "mail_zipcode").with_columns(
            **{name: places.precincts[name].gather(precinct) for name in places.precincts.columns},
            county_name=texts(places.county_names, county),
            bare=pl.Series(self.noise("districts", who) < NO_DISTRICTS),
            plus4=digits((self.noise("plus4", who) * 9_000).astype(np.int64) + 1_000),
            has_plus4=pl.Series(self.noise("has plus4", who) > 0.935),
            school=digits(county % 3),
            # Appeals courts and the board of education have districts of their own, made of other ones here.
            court=pl.Series([str(int(n) % 12 + 1) for n in places.precincts["cong_dist_abbrv"]]).gather(precinct),
            board=pl.Series([str(int(n) % 11 + 1) for n in places.precincts["nc_senate_abbrv"]]).gather(precinct),
            # One of the four files was saved from a spreadsheet: its districts have become numbers.
            point=pl.lit(".0") if PARTS[2][0] <= county.min() + 1 <= county.max() + 1 <= PARTS[2][1] else pl.lit(""),
        )  # fmt: skip
        c, blank = pl.col, pl.lit("")
        street = c("res_street_address").str.replace_all(r"\s+", " ").str.strip_chars()
        is_box = c("mail_addr1").str.starts_with("PO BOX") & (pl.Series(self.noise("box", who)) < 0.2)
        away = (c("mail_state") != "OH") | is_box
        town = c("municipality_desc") != ""

        def district(name: str) -> pl.Expr:
            number = pl.when(c("point") == "").then(c(name).str.zfill(2)).otherwise(c(name) + c("point"))
            return pl.when("bare").then(blank).otherwise(number)

        def named(name: str, when: pl.Expr, what: str) -> pl.Expr:
            return pl.when(when).then(c(name) + what).otherwise(blank)

        made = frame.select(
            RESIDENTIAL_ADDRESS1=street.str.replace(r" #.*$", ""),
            RESIDENTIAL_SECONDARY_ADDR=street.str.extract(r" #(.*)$").fill_null(""),
            RESIDENTIAL_CITY=c("city"),
            RESIDENTIAL_STATE=pl.lit("OH"),
            RESIDENTIAL_ZIP=pl.when("bare").then(blank).otherwise("zip"),
            RESIDENTIAL_ZIP_PLUS4=pl.when(c("has_plus4") & ~c("bare")).then("plus4").otherwise(blank),
            RESIDENTIAL_COUNTRY=blank,
            RESIDENTIAL_POSTALCODE=blank,
            MAILING_ADDRESS1=pl.when(away).then("mail_addr1").otherwise(blank),
            MAILING_SECONDARY_ADDRESS=blank,
            MAILING_CITY=pl.when(away).then("mail_city").otherwise(blank),
            MAILING_STATE=pl.when(away).then("mail_state").otherwise(blank),
            MAILING_ZIP=pl.when(away).then(c("mail_zipcode").str.slice(0, 5)).otherwise(blank),
            MAILING_ZIP_PLUS4=pl.when(away).then(c("mail_zipcode").str.slice(5)).otherwise(blank),
            MAILING_COUNTRY=blank,
            MAILING_POSTAL_CODE=blank,
            CAREER_CENTER=named("county_name", c("school") == "0", " CAREER CENTER JVSD"),
            CITY=named("municipality_desc", town, " CITY"),
            CITY_SCHOOL_DISTRICT=named("city", town, " CITY SD"),
            COUNTY_COURT_DISTRICT=blank,
            CONGRESSIONAL_DISTRICT=district("cong_dist_abbrv"),
            COURT_OF_APPEALS=district("court"),
            EDU_SERVICE_CENTER_DISTRICT=named("county_name", c("school") == "1", " ESC"),
            EXEMPTED_VILL_SCHOOL_DISTRICT=blank,
            LIBRARY=blank,
            LOCAL_SCHOOL_DISTRICT=named("county_name", ~town, " LOCAL SD"),
            MUNICIPAL_COURT_DISTRICT=named("city", town, " MUNICIPAL COURT"),
            PRECINCT_NAME=c("precinct_desc"),
            PRECINCT_CODE=c("precinct_abbrv"),
            STATE_BOARD_OF_EDUCATION=district("board"),
            STATE_REPRESENTATIVE_DISTRICT=district("nc_house_abbrv"),
            STATE_SENATE_DISTRICT=district("nc_senate_abbrv"),
            TOWNSHIP=c("township_desc"),
            VILLAGE=blank,
            WARD=c("ward_desc"),
        )
        return {column.name: column for column in made}


def write(out: Path, sample: Sample) -> list[Path]:
    """Commas, every field quoted, LF, latin-1, packed with gzip."""
    file = VoterFile(sample)
    county = sample.snapshot.county[: sample.snapshot.rows]
    files = []
    for low, high in PARTS:
        start, end = np.searchsorted(county, [low - 1, high])

        def make(first: int, last: int, start: int = start) -> pl.DataFrame:
            return file.make(start + first, start + last)

        path = out / f"SWVF_{low}_{high}.txt.gz"
        files.append(write_file(path, file.header, make, end - start, sample.snapshot.as_of, MANNER))
    return files
