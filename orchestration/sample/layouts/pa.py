"""Pennsylvania's zip: for each of 67 counties its voters, its election map, its zone types and zone codes, without headers.

The numbers of elections and of districts mean something else in every county.
"""

import zipfile
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, words
from orchestration.sample.layouts.nc_voters import VoterRows
from orchestration.sample.layouts.text import Manner, Sample, as_text, dates, ids, texts, whole_file
from orchestration.sample.snapshot import INACTIVE
from orchestration.sample.turnout import MAIL, PROVISIONAL

SLOTS = 40
FIXED_COLUMNS = words(
    "id title last_name first_name middle_name suffix gender dob registration_date voter_status status_change_date party_code "
    "house_number house_number_suffix street_name apartment_number address_line_2 city state zip mail_address_1 "
    "mail_address_2 mail_city mail_state mail_zip last_vote_date precinct_code precinct_split_id date_last_changed custom_data_1"
)
COLUMNS = [
    *FIXED_COLUMNS,
    *(f"district_{n}" for n in range(1, SLOTS + 1)),
    *(f"election_{n}_{cell}" for n in range(1, SLOTS + 1) for cell in ("vote_method", "party")),
    *words("home_phone county_name mail_country"),
]
PARTIES = ("D", "R", "NF", "LN", "GR")
METHODS = ("AP", "MB", "AB", "P", "")
MAIL_BALLOTS_SINCE = 2020  # before there were absentee ballots only
# Zone types: short name, long name, the column of places that has the district, what stands before its number in the code.
ZONES = (
    ("MUN", "ZZ Municipal", "municipality", "MN"),
    ("CONG", "ZZ US Congressional", "cong_dist_abbrv", "USC"),
    ("STSEN", "ZZ State Senatorial", "nc_senate_abbrv", "STS"),
    ("STHSE", "ZZ Legislative", "nc_house_abbrv", "STH"),
    ("SCH", "ZZ School District", "school_dist_abbrv", "SD"),
    ("MDJ", "ZZ Magisterial District", "judic_dist_abbrv", "MDJ"),
)
MANNERS = tuple(Manner(line_end="\r\n", encoding=encoding) for encoding in ("latin-1", "utf-8"))


def slot(county: int, election: int) -> int:
    """The number, from 1, under which a county has an election of the state's list."""
    return (election * 7 + county * 3) % SLOTS + 1


def place(county: int, zone: int) -> int:
    """The number, from 1, under which a county has a type of zones."""
    return (zone + county) % len(ZONES) + 1


class VoterFile:
    """Makes a county's records, from what North Carolina's would say of the same people."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.rows = VoterRows(sample.state, sample.snapshot, sample.addresses)
        table = sample.state.places.precincts
        municipality = pl.when(table["municipality_desc"] != "").then(table["city"]).otherwise(table["city"] + " TWP")
        self.municipalities = pl.select(municipality).to_series()
        order = {name: n for n, name in enumerate(sorted({*self.municipalities}), 1)}
        codes = pl.Series([f"{order[name]:03d}" for name in self.municipalities])
        self.zones = pl.DataFrame(
            {
                short: prefix
                + (
                    codes
                    if column == "municipality"
                    else table[column].str.extract(r"(\d+)").str.zfill(3).fill_null("")
                )
                for short, _, column, prefix in ZONES
            }
        ).with_columns(SCH=pl.when(pl.col("SCH") == "SD").then(pl.lit("")).otherwise("SCH"))

    def make(self, county: int, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end` of the snapshot, all of one county."""
        state, snap, part = self.sample.state, self.sample.snapshot, slice(start, end)
        who, places = snap.who[part], state.places
        precinct = self.sample.addresses.precinct[snap.residence[part]]
        frame = self.rows.make(start, end).with_columns(
            **{name: places.precincts[name].gather(precinct) for name in places.precincts.columns},
            id=ids(state, who),
            born=dates(state.people.birth[who]),
            no_birth=pl.Series(snap.birth_year[part] == 1900),
            since=dates(snap.county_since[part]),
            party=texts(PARTIES, state.party.at(day(snap.as_of), who).astype(np.int64)),
            status=texts(("A", "I"), (snap.status[part] == INACTIVE).astype(int)),
        )
        c, blank = pl.col, pl.lit("")
        street = c("res_street_address").str.replace_all(r"\s+", " ").str.strip_chars()
        away = c("mail_state") != "PA"
        mail = {
            f"mail_{ours}": pl.when(away).then(theirs).otherwise(blank)
            for ours, theirs in (
                ("address_1", "mail_addr1"),
                ("city", "mail_city"),
                ("state", "mail_state"),
                ("zip", "mail_zipcode"),
            )
        }
        columns = {
            "id": c("id"),
            "last_name": c("last_name"),
            "first_name": c("first_name"),
            "middle_name": c("middle_name"),
            "suffix": c("name_suffix_lbl"),
            "gender": c("gender_code"),
            "dob": pl.when("no_birth").then(pl.lit("01/01/1800")).otherwise("born"),
            "registration_date": c("since"),
            "voter_status": c("status"),
            "party_code": c("party"),
            "house_number": street.str.extract(r"^(\d+) "),
            "street_name": street.str.extract(r"^\d+ (.*?)(?: #.*)?$"),
            "apartment_number": street.str.extract(r" #(.*)$"),
            "city": c("city"),
            "state": pl.lit("PA"),
            "zip": c("zip"),
            **mail,
            "precinct_code": c("precinct_abbrv"),
            "home_phone": c("full_phone_number"),
            "county_name": pl.lit(places.county_codes[county]),
            **self._zones(county, precinct),
            **self._cells(county, who),
        }
        return frame.select(columns.get(name, blank).fill_null("").alias(name) for name in COLUMNS)

    def _zones(self, county: int, precinct: np.ndarray) -> dict[str, pl.Expr]:
        return {
            f"district_{place(county, n)}": pl.lit(self.zones[short].gather(precinct))
            for n, (short, *_) in enumerate(ZONES)
        }

    def _cells(self, county: int, who: np.ndarray) -> dict[str, pl.Expr]:
        """How each voter voted in an election and of which party the voter was, under the county's number of it."""
        votes, cells = self.sample.votes, {}
        for n, election in enumerate(self.sample.state.region.elections):
            if election.held <= self.sample.snapshot.as_of:
                method, voted = votes.method[who, n], votes.voted[who, n]
                by_mail = 1 if election.held.year >= MAIL_BALLOTS_SINCE else 2
                code = np.select([~voted, method == MAIL, method == PROVISIONAL], [4, by_mail, 3], 0)
                party = np.where(voted, votes.party[who, n].astype(np.int64), len(PARTIES))
                number = slot(county, n)
                cells[f"election_{number}_vote_method"] = pl.lit(texts(METHODS, code))
                cells[f"election_{number}_party"] = pl.lit(texts((*PARTIES, ""), party))
        return cells

    def election_map(self, county: int) -> pl.DataFrame:
        """County, number, title and day of each election that the county's voters have cells of."""
        held = [
            (n, e) for n, e in enumerate(self.sample.state.region.elections) if e.held <= self.sample.snapshot.as_of
        ]
        code = self.sample.state.places.county_codes[county]
        rows = [(code, f"{slot(county, n)}", f"ZZ {e.held.year} {e.kind} ELECTION", e.label) for n, e in held]
        return pl.DataFrame(rows, schema=["county", "number", "title", "date"], orient="row")

    def zone_types(self, county: int) -> pl.DataFrame:
        """County, number, short and long name of each type of zones."""
        code = self.sample.state.places.county_codes[county]
        rows = [(code, f"{place(county, n)}", short, long) for n, (short, long, *_) in enumerate(ZONES)]
        return pl.DataFrame(rows, schema=["county", "number", "short", "long"], orient="row")

    def zone_codes(self, county: int) -> pl.DataFrame:
        """County, number of the type, code and name of each of its zones."""
        mine = self.sample.state.places.precinct_county == county
        code = self.sample.state.places.county_codes[county]
        frames = [
            pl.DataFrame(
                {"code": self.zones[short], "name": self.municipalities if short == "MUN" else self.zones[short]}
            )
            .filter(pl.Series(mine))
            .filter(pl.col("code") != "")
            .unique(maintain_order=True)
            .select(
                pl.lit(code).alias("county"),
                pl.lit(f"{place(county, n)}").alias("number"),
                "code",
                "ZZ " + pl.col("name"),
            )
            for n, (short, *_) in enumerate(ZONES)
        ]
        return pl.concat(frames)


def write(out: Path, sample: Sample) -> list[Path]:
    """Tab, every field quoted, no header, CRLF, latin-1 or UTF-8 by county."""
    as_of, file = sample.snapshot.as_of, VoterFile(sample)
    counties = sample.snapshot.county[: sample.snapshot.rows]
    path = out / f"Statewide_{as_of:%Y%m%d}.zip"
    with whole_file(path, as_of) as target, zipfile.ZipFile(target, "w") as archive:
        for county, code in enumerate(sample.state.places.county_codes):
            start, end = (int(n) for n in np.searchsorted(counties, [county, county + 1]))
            if start == end:  # a county that in a small state has nobody
                continue
            tables = {
                "FVE": file.make(county, start, end),
                "Election Map": file.election_map(county),
                "Zone Codes": file.zone_codes(county),
                "Zone Types": file.zone_types(county),
            }
            for kind, table in tables.items():
                name = f"{code} {kind} {as_of:%Y%m%d}.txt"
                member = zipfile.ZipInfo(name, (as_of.year, as_of.month, as_of.day, 12, 0, 0))
                text = as_text(table, MANNERS[county % 3 == 1])
                archive.writestr(member, text, zipfile.ZIP_DEFLATED, compresslevel=1)
    return [path]
