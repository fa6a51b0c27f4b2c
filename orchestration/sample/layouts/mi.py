"""Michigan's two files of the whole state, voters and their history: CSV, and on days before 2019 of fixed widths, with a list of
the codes of elections beside them."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import words
from orchestration.sample.layouts.nc_history import HistoryRows
from orchestration.sample.layouts.nc_voters import VoterRows
from orchestration.sample.layouts.text import Manner, Sample, dates, digits, ids, texts, write_file
from orchestration.sample.snapshot import INACTIVE, TEMPORARY

VOTER_COLUMNS = words(
    "LAST_NAME FIRST_NAME MIDDLE_NAME NAME_SUFFIX YEAR_OF_BIRTH GENDER REGISTRATION_DATE STREET_NUMBER_PREFIX STREET_NUMBER "
    "STREET_NUMBER_SUFFIX DIRECTION_PREFIX STREET_NAME STREET_TYPE DIRECTION_SUFFIX EXTENSION CITY STATE ZIP_CODE "
    "MAILING_ADDRESS_LINE_ONE MAILING_ADDRESS_LINE_TWO MAILING_ADDRESS_LINE_THREE MAILING_ADDRESS_LINE_FOUR "
    "MAILING_ADDRESS_LINE_FIVE VOTER_IDENTIFICATION_NUMBER COUNTY_CODE COUNTY_NAME JURISDICTION_CODE JURISDICTION_NAME "
    "PRECINCT WARD SCHOOL_DISTRICT_CODE SCHOOL_DISTRICT_NAME STATE_HOUSE_DISTRICT_CODE STATE_HOUSE_DISTRICT_NAME "
    "STATE_SENATE_DISTRICT_CODE STATE_SENATE_DISTRICT_NAME US_CONGRESS_DISTRICT_CODE US_CONGRESS_DISTRICT_NAME "
    "COUNTY_COMMISSIONER_DISTRICT_CODE COUNTY_COMMISSIONER_DISTRICT_NAME VILLAGE_DISTRICT_CODE VILLAGE_DISTRICT_NAME "
    "VILLAGE_PRECINCT SCHOOL_PRECINCT IS_PERM_AV_BALLOT_VOTER VOTER_STATUS_TYPE_CODE UOCAVA_STATUS_CODE UOCAVA_STATUS_NAME "
    "STATUS_REASON STATUS_DATE"
)
HISTORY_COLUMNS = words(
    "VOTER_IDENTIFICATION_NUMBER COUNTY_CODE COUNTY_NAME JURISDICTION_CODE JURISDICTION_NAME SCHOOL_DISTRICT_CODE "
    "SCHOOL_DISTRICT_NAME ELECTION_DATE IS_ABSENTEE_VOTER"
)
# Columns of the files of fixed widths and the bytes of each.
VOTER_WIDTHS = {
    "LAST_NAME": 35, "FIRST_NAME": 20, "MIDDLE_NAME": 20, "NAME_SUFFIX": 3, "YEAR_OF_BIRTH": 4, "GENDER": 1,
    "REGISTRATION_DATE": 8, "STREET_NUMBER_PREFIX": 1, "STREET_NUMBER": 7, "STREET_NUMBER_SUFFIX": 4,
    "DIRECTION_PREFIX": 2, "STREET_NAME": 30, "STREET_TYPE": 6, "DIRECTION_SUFFIX": 2, "EXTENSION": 13, "CITY": 35,
    "STATE": 2, "ZIP_CODE": 5, "MAILING_ADDRESS_LINE_ONE": 50, "MAILING_ADDRESS_LINE_TWO": 50,
    "MAILING_ADDRESS_LINE_THREE": 50, "MAILING_ADDRESS_LINE_FOUR": 50, "MAILING_ADDRESS_LINE_FIVE": 50,
    "VOTER_IDENTIFICATION_NUMBER": 13, "COUNTY_CODE": 2, "JURISDICTION_CODE": 5, "WARD_AND_PRECINCT": 6,
    "SCHOOL_DISTRICT_CODE": 5, "STATE_HOUSE_DISTRICT_CODE": 5, "STATE_SENATE_DISTRICT_CODE": 5,
    "US_CONGRESS_DISTRICT_CODE": 5, "COUNTY_COMMISSIONER_DISTRICT_CODE": 5, "VILLAGE_DISTRICT_CODE": 5,
    "VILLAGE_PRECINCT": 6, "SCHOOL_PRECINCT": 6, "IS_PERM_AV_BALLOT_VOTER": 1, "VOTER_STATUS_TYPE_CODE": 2,
}  # fmt: skip
HISTORY_WIDTHS = {
    "VOTER_IDENTIFICATION_NUMBER": 13, "COUNTY_CODE": 2, "JURISDICTION_CODE": 5, "SCHOOL_DISTRICT_CODE": 5,
    "ELECTION_CODE": 13, "IS_ABSENTEE_VOTER": 1,
}  # fmt: skip
ELECTION_WIDTHS = {"ELECTION_CODE": 13, "ELECTION_DATE": 8, "ELECTION_TITLE": 25}
CSV_SINCE = date(2019, 1, 1)
CSV = Manner(separator=",", line_end="\r\n")
FIXED = Manner(quoted=False, line_end="\r\n")


class _Files:
    """Makes Michigan's records slice by slice, from what North Carolina's would say of the same people."""

    def __init__(self, sample: Sample, date_form: str) -> None:
        self.sample, self.date_form = sample, date_form
        self.rows = VoterRows(sample.state, sample.snapshot, sample.addresses)
        self.history = HistoryRows(sample.state, sample.votes, sample.snapshot, sample.addresses)
        places = sample.state.places
        first = np.searchsorted(places.precinct_county, places.precinct_county)
        self.precinct_number = np.arange(len(first)) - first + 1  # within the county
        table = places.precincts
        city = pl.when(table["municipality_desc"] != "").then(table["city"]).otherwise(pl.lit(""))
        self.jurisdictions = pl.select(
            code=digits((places.precinct_county + 1) * 1_000, 5).str.slice(0, 2)
            + table["city"].str.slice(0, 1).map_elements(lambda letter: f"{ord(letter):02d}", return_dtype=pl.String)
            + pl.when(table["municipality_desc"] != "").then(pl.lit("1")).otherwise(pl.lit("0")),
            name=pl.when(city != "").then(city + " CITY").otherwise(table["city"] + " TOWNSHIP"),
        )

    def voters(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end` of the snapshot, with the columns of both ways of writing."""
        state, snap, part = self.sample.state, self.sample.snapshot, slice(start, end)
        who, county, places = snap.who[part], snap.county[part], state.places
        precinct = self.sample.addresses.precinct[snap.residence[part]]
        status = np.select([snap.status[part] == INACTIVE, snap.status[part] == TEMPORARY], [1, 2], 0)
        frame = self.rows.make(start, end).with_columns(
            **{name: places.precincts[name].gather(precinct) for name in places.precincts.columns},
            **{f"jurisdiction_{name}": self.jurisdictions[name].gather(precinct) for name in ("code", "name")},
            id=ids(state, who),
            since=dates(snap.county_since[part], self.date_form),
            no_since=pl.Series(self.rows.noise("mi registration date", who) < 0.004),
            number=digits(self.precinct_number[precinct], 4),
            status=texts(("A", "V", "CH"), status),
            always_absent=texts(("N", "Y"), (self.rows.noise("mi absent", who) < 0.3).astype(int)),
            county_code=digits(county + 1, 2),
            county_name=texts(places.county_names, county),
        )
        c, blank = pl.col, pl.lit("")
        street = c("res_street_address").str.replace_all(r"\s+", " ").str.strip_chars()
        away = c("mail_state") != "MI"

        def named(code: str, what: str) -> pl.Expr:
            return pl.when(c(code) != "").then(c(code) + what).otherwise(blank)

        columns = {
            "LAST_NAME": c("last_name"),
            "FIRST_NAME": c("first_name"),
            "MIDDLE_NAME": c("middle_name"),
            "NAME_SUFFIX": c("name_suffix_lbl"),
            "YEAR_OF_BIRTH": c("birth_year"),
            "GENDER": pl.when(c("gender_code") == "U").then(blank).otherwise("gender_code"),
            "REGISTRATION_DATE": pl.when("no_since").then(blank).otherwise("since"),
            "STREET_NUMBER": street.str.extract(r"^(\d+) "),
            "STREET_NAME": street.str.extract(r"^\d+ (.*) [A-Z]+(?: #.*)?$"),
            "STREET_TYPE": street.str.extract(r"^\d+ .* ([A-Z]+)(?: #.*)?$"),
            "EXTENSION": street.str.extract(r" #(.*)$"),
            "CITY": c("city"),
            "STATE": pl.lit("MI"),
            "ZIP_CODE": c("zip"),
            "MAILING_ADDRESS_LINE_ONE": pl.when(away).then("mail_addr1").otherwise(blank),
            "MAILING_ADDRESS_LINE_TWO": pl.when(away)
            .then(c("mail_city") + " " + c("mail_state") + " " + c("mail_zipcode"))
            .otherwise(blank),
            "VOTER_IDENTIFICATION_NUMBER": c("id"),
            "COUNTY_CODE": c("county_code"),
            "COUNTY_NAME": c("county_name") + " COUNTY",
            "JURISDICTION_CODE": c("jurisdiction_code"),
            "JURISDICTION_NAME": c("jurisdiction_name"),
            "PRECINCT": c("number").str.zfill(5),
            "WARD": c("ward_abbrv").str.zfill(2),
            "WARD_AND_PRECINCT": c("ward_abbrv").str.zfill(2) + c("number"),
            "SCHOOL_DISTRICT_CODE": c("county_code") + "0" + c("school_dist_abbrv").str.slice(1).str.zfill(2),
            "SCHOOL_DISTRICT_NAME": c("school_dist_desc"),
            "STATE_HOUSE_DISTRICT_CODE": c("nc_house_abbrv").str.zfill(5),
            "STATE_HOUSE_DISTRICT_NAME": named("nc_house_abbrv", " DISTRICT"),
            "STATE_SENATE_DISTRICT_CODE": c("nc_senate_abbrv").str.zfill(5),
            "STATE_SENATE_DISTRICT_NAME": named("nc_senate_abbrv", " DISTRICT"),
            "US_CONGRESS_DISTRICT_CODE": c("cong_dist_abbrv").str.zfill(5),
            "US_CONGRESS_DISTRICT_NAME": named("cong_dist_abbrv", " DISTRICT"),
            "COUNTY_COMMISSIONER_DISTRICT_CODE": c("county_commiss_abbrv").str.zfill(5),
            "COUNTY_COMMISSIONER_DISTRICT_NAME": c("county_commiss_desc"),
            "VILLAGE_DISTRICT_CODE": pl.lit("00000"),
            "IS_PERM_AV_BALLOT_VOTER": c("always_absent"),
            "VOTER_STATUS_TYPE_CODE": c("status"),
        }
        every = dict.fromkeys((*VOTER_COLUMNS, *VOTER_WIDTHS))
        return frame.select(columns.get(name, blank).fill_null("").alias(name) for name in every)

    def votes(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end` of the history, a ballot each."""
        frame = self.history.make(start, end).unique(["ncid", "election_lbl"], keep="first", maintain_order=True)
        c = pl.col
        code = c("voted_county_id").str.zfill(2)
        return frame.select(
            VOTER_IDENTIFICATION_NUMBER=c("ncid"),
            COUNTY_CODE=code,
            COUNTY_NAME=c("voted_county_desc") + " COUNTY",
            JURISDICTION_CODE=code + "000",
            JURISDICTION_NAME=c("voted_county_desc") + " TOWNSHIP",
            SCHOOL_DISTRICT_CODE=code + "001",
            SCHOOL_DISTRICT_NAME=pl.lit(""),
            ELECTION_DATE=c("election_lbl").str.replace(r"(..)/(..)/(....)", "${3}-${1}-${2}"),
            ELECTION_CODE=_code(c("election_lbl")),
            IS_ABSENTEE_VOTER=pl.when(c("voting_method") == "ABSENTEE BY MAIL")
            .then(pl.lit("Y"))
            .otherwise(pl.lit("N")),
        )


def _code(label: pl.Expr) -> pl.Expr:
    """The code of an election, from its day."""
    return "1" + label.str.replace_all("/", "")


def _lines(frame: pl.DataFrame, widths: dict[str, int]) -> pl.DataFrame:
    return frame.select(line=pl.concat_str(pl.col(n).str.slice(0, w).str.pad_end(w) for n, w in widths.items()))


def write(out: Path, sample: Sample) -> list[Path]:
    """The CSV with every field quoted, CRLF, latin-1; the older files without separators."""
    day, voters = sample.snapshot.as_of, sample.snapshot.rows
    if day < CSV_SINCE:
        return _write_fixed(out, sample)
    files = _Files(sample, "%Y-%m-%d")

    def votes(start: int, end: int) -> pl.DataFrame:
        return files.votes(start, end).select(*HISTORY_COLUMNS, pl.lit("").alias("beyond the header"))

    def people(start: int, end: int) -> pl.DataFrame:
        return files.voters(start, end).select(VOTER_COLUMNS)

    return [
        write_file(out / f"EntireStateVoter_{day:%Y%m%d}.csv", VOTER_COLUMNS, people, voters, day, CSV),
        write_file(
            out / f"EntireStateVoterHistory_{day:%Y%m%d}.csv", HISTORY_COLUMNS, votes, len(files.history), day, CSV
        ),
    ]


def _write_fixed(out: Path, sample: Sample) -> list[Path]:
    files, day = _Files(sample, "%m%d%Y"), sample.snapshot.as_of
    held = [e for e in sample.state.region.elections if e.held <= day]
    elections = pl.DataFrame({"label": [e.label for e in held], "title": [f"ZZ STATE {e.kind}" for e in held]}).select(
        ELECTION_CODE=_code(pl.col("label")),
        ELECTION_DATE=pl.col("label").str.replace_all("/", ""),
        ELECTION_TITLE="title",
    )
    return [
        write_file(
            out / "entire_state_v.lst", None, lambda a, b: _lines(files.voters(a, b), VOTER_WIDTHS),
            sample.snapshot.rows, day, FIXED,
        ),
        write_file(
            out / "electionscd.lst", None, lambda a, b: _lines(elections[a:b], ELECTION_WIDTHS), len(elections), day, FIXED
        ),
        write_file(
            out / "entire_state_h.lst", None, lambda a, b: _lines(files.votes(a, b), HISTORY_WIDTHS),
            len(files.history), day, FIXED,
        ),
    ]  # fmt: skip
