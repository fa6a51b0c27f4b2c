"""Florida's two zips: 67 files of voters and 67 of their history, one of each a county, without headers or quotes.

Counties write in one of two encodings. Voters who are exempt from the public record stand there with asterisks.
"""

import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, stream, words
from orchestration.sample.layouts.nc_voters import VoterRows
from orchestration.sample.layouts.text import Manner, Sample, as_text, dates, ids, texts, whole_file
from orchestration.sample.snapshot import INACTIVE
from orchestration.sample.turnout import EARLY, MAIL, PROVISIONAL

VOTER_COLUMNS = words(
    "county_code voter_id name_last name_suffix name_first name_middle requested_public_records_exemption "
    "residence_address_line_1 residence_address_line_2 residence_city residence_state residence_zipcode "
    "mailing_address_line_1 mailing_address_line_2 mailing_address_line_3 mailing_city mailing_state mailing_zipcode "
    "mailing_country gender race birth_date registration_date party_affiliation precinct precinct_group precinct_split "
    "precinct_suffix voter_status congressional_district house_district senate_district county_commission_district "
    "school_board_district daytime_area_code daytime_phone_number daytime_phone_extension email_address"
)
SHOWN = {"county_code", "voter_id", "requested_public_records_exemption", "voter_status"}  # of exempt voters too
PARTIES = ("DEM", "REP", "NPA", "LPF", "GRE")
RACES = ("5", "3", "4", "2", "1", "7", "6", "9")
MANNERS = tuple(Manner(quoted=False, line_end="\n", encoding=encoding) for encoding in ("latin-1", "utf-8"))
# Of those registered who did not vote, what share stands in the history with which code.
LEFT_OUT = (("N", 0.02), ("B", 0.002), ("P", 0.001))
CODES = ("A", "E", "Y", "F", "Z", "N", "B", "P")


class VoterFile:
    """Makes Florida's voter records slice by slice, from what North Carolina's would say of the same people."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.rows = VoterRows(sample.state, sample.snapshot, sample.addresses)

    def noise(self, topic: str, who: np.ndarray) -> np.ndarray:
        """Uniform numbers of a topic, the same for a person in every snapshot."""
        return self.rows.noise(f"fl {topic}", who)

    def make(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end` of the snapshot."""
        state, snap, part = self.sample.state, self.sample.snapshot, slice(start, end)
        who, places = snap.who[part], state.places
        precinct = self.sample.addresses.precinct[snap.residence[part]]
        eighteen = day(snap.as_of.replace(year=snap.as_of.year - 18))
        status = np.where(state.people.birth[who] > eighteen, 2, (snap.status[part] == INACTIVE).astype(int))
        unsaid = self.noise("race", who) < 0.05
        frame = self.rows.make(start, end).with_columns(
            **{name: places.precincts[name].gather(precinct) for name in places.precincts.columns},
            code=texts(places.county_codes, snap.county[part]),
            id=ids(state, who),
            exempt=pl.Series(snap.is_confidential[part]),
            born=dates(state.people.birth[who]),
            since=dates(snap.county_since[part]),
            party=texts(PARTIES, state.party.at(day(snap.as_of), who).astype(np.int64)),
            race=texts(RACES, np.where(unsaid, len(RACES) - 1, state.people.race[who].astype(np.int64))),
            status=texts(("ACT", "INA", "PRE"), status),
            mails=pl.Series(self.noise("email", who) < 0.3),
        )
        c, blank = pl.col, pl.lit("")
        street = c("res_street_address").str.replace_all(r"\s+", " ").str.strip_chars()
        whole_phone = c("full_phone_number").str.contains(r"^\d{10}$")
        columns = {
            "county_code": c("code"),
            "voter_id": c("id"),
            "name_last": c("last_name"),
            "name_suffix": c("name_suffix_lbl"),
            "name_first": c("first_name"),
            "name_middle": c("middle_name"),
            "requested_public_records_exemption": pl.when("exempt").then(pl.lit("Y")).otherwise(pl.lit("N")),
            "residence_address_line_1": street.str.replace(r" #.*$", ""),
            "residence_address_line_2": street.str.extract(r" #(.*)$").fill_null(""),
            "residence_city": c("city"),
            "residence_zipcode": c("zip"),
            "mailing_address_line_1": pl.when(c("mail_state") != "FL").then("mail_addr1").otherwise(blank),
            "mailing_city": pl.when(c("mail_state") != "FL").then("mail_city").otherwise(blank),
            "mailing_state": pl.when(c("mail_state") != "FL").then("mail_state").otherwise(blank),
            "mailing_zipcode": pl.when(c("mail_state") != "FL").then("mail_zipcode").otherwise(blank),
            "gender": c("gender_code"),
            "race": c("race"),
            "birth_date": c("born"),
            "registration_date": c("since"),
            "party_affiliation": c("party"),
            "precinct": c("precinct_abbrv").str.slice(0, 6),
            "voter_status": c("status"),
            "congressional_district": c("cong_dist_abbrv"),
            "house_district": c("nc_house_abbrv"),
            "senate_district": c("nc_senate_abbrv"),
            "county_commission_district": c("county_commiss_abbrv"),
            "school_board_district": c("school_dist_abbrv").str.slice(1),
            "daytime_area_code": pl.when(whole_phone).then(c("full_phone_number").str.slice(0, 3)).otherwise(blank),
            "daytime_phone_number": pl.when(whole_phone).then(c("full_phone_number").str.slice(3)).otherwise(blank),
            # The domain is kept for examples: nobody has such an address.
            "email_address": pl.when("mails").then(c("id").str.to_lowercase() + "@example.org").otherwise(blank),
        }
        return frame.select(
            (
                columns.get(name, blank)
                if name in SHOWN
                else pl.when("exempt").then(pl.lit("*")).otherwise(columns.get(name, blank))
            ).alias(name)
            for name in VOTER_COLUMNS
        )


def _history(sample: Sample) -> tuple[pl.DataFrame, np.ndarray]:
    """The history records of all counties and each one's county: that where the voter lived on the day of the election."""
    state, votes, snap = sample.state, sample.votes, sample.snapshot
    who = snap.who
    parts = []
    for column, election in enumerate(state.region.elections):
        if election.held > snap.as_of:
            continue
        u = stream(state.seed, f"fl history {election.held}").random(len(state.people))[who]
        method = votes.method[who, column]
        code = np.select([method == MAIL, method == EARLY], [0, 1], 2)
        code = np.where(method == PROVISIONAL, np.where(u < 0.3, 3, 4), code)
        voted, left = votes.voted[who, column], np.full(len(who), -1)
        start = 0.0
        for letter, share in LEFT_OUT:
            left = np.where((u >= start) & (u < start + share), CODES.index(letter), left)
            start += share
        code = np.where(voted, code, np.where(votes.registered[who, column], left, -1))
        here = code >= 0
        when = np.full(int(here.sum()), day(election.held))
        kind = "GEN" if election.kind == "GENERAL" else "PPP" if election.held.month == 3 else "PRI"
        county = state.residence_county[state.residence(when, who[here])]
        parts.append(
            pl.DataFrame(
                {
                    "county_code": texts(state.places.county_codes, county),
                    "voter_id": ids(state, who[here]),
                    "election_date": pl.Series([election.label]).gather(np.zeros(len(when), dtype=np.int64)),
                    "election_type": pl.Series([kind]).gather(np.zeros(len(when), dtype=np.int64)),
                    "history_code": texts(CODES, code[here]),
                    "county": county,
                }
            )
        )
    records = pl.concat(parts).sort("county", maintain_order=True)
    return records.drop("county"), records["county"].to_numpy()


def write(out: Path, sample: Sample) -> list[Path]:
    """Tab, no quotes, no header, LF, latin-1 or UTF-8 by county."""
    as_of, file = sample.snapshot.as_of, VoterFile(sample)
    history, voted_county = _history(sample)
    counties = sample.snapshot.county[: sample.snapshot.rows]
    voters, votes = {}, {}
    for number, code in enumerate(sample.state.places.county_codes):
        manner = MANNERS[number % 3 == 1]
        start, end = np.searchsorted(counties, [number, number + 1])
        voters[f"{code}_{as_of:%Y%m%d}.txt"] = as_text(file.make(start, end), manner)
        start, end = np.searchsorted(voted_county, [number, number + 1])
        votes[f"{code}_H_{as_of:%Y%m%d}.txt"] = as_text(history[int(start) : int(end)], manner)
    return [
        _zip(out / f"Voter_Registration_{as_of:%Y%m%d}.zip", voters, as_of),
        _zip(out / f"Voter_History_{as_of:%Y%m%d}.zip", votes, as_of),
    ]


def _zip(path: Path, members: dict[str, bytes], as_of: date) -> Path:
    with whole_file(path, as_of) as file, zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            if not text:  # a county that in a small state has nobody
                continue
            member = zipfile.ZipInfo(name, (as_of.year, as_of.month, as_of.day, 12, 0, 0))
            archive.writestr(member, text, zipfile.ZIP_DEFLATED, compresslevel=1)
    return path
