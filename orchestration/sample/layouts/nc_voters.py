"""The text of the sample's voter file: each column of a voter record.

The dirt of the real file belongs here too: blanks, placeholders, masked dates, odd phones. Rates without another
source are from the North Carolina statewide file of December 2020 (8,315,727 records). A person's dirt is drawn
once for all snapshots, so that a record that did not change stays the same byte for byte.
"""

import numpy as np
import polars as pl

from orchestration.sample.draw import day, stream, words
from orchestration.sample.layouts.text import dates, digits, ids, texts
from orchestration.sample.life import PARTIES, State
from orchestration.sample.naming import first_names, surnames
from orchestration.sample.people import ASIAN, LATINO, WHITE
from orchestration.sample.places import STREETS, STREETS_SPELLED_OUT
from orchestration.sample.snapshot import ACTIVE, DENIED, GONE, STATUS_CODES, Addresses, Snapshot

_DISTRICTS = words(
    "precinct municipality ward cong_dist super_court judic_dist nc_senate nc_house county_commiss township "
    "school_dist fire_dist water_dist sewer_dist sanit_dist rescue_dist munic_dist dist_1 vtd"
)
_CODE_ONLY = {"cong_dist", "super_court", "judic_dist", "nc_senate", "nc_house"}
PLACE_COLUMNS = [
    f"{name}_{end}" for name in _DISTRICTS for end in (("abbrv",) if name in _CODE_ONLY else ("abbrv", "desc"))
]
VOTER_COLUMNS = [
    *words("county_id county_desc voter_reg_num ncid last_name first_name middle_name name_suffix_lbl status_cd"),
    *words("voter_status_desc reason_cd voter_status_reason_desc res_street_address res_city_desc state_cd"),
    *words("zip_code mail_addr1 mail_addr2 mail_addr3 mail_addr4 mail_city mail_state mail_zipcode"),
    *words("full_phone_number confidential_ind registr_dt race_code ethnic_code party_cd gender_code birth_year"),
    *words("age_at_year_end birth_state drivers_lic"),
    *PLACE_COLUMNS,
]
STATUS_NAMES = ("ACTIVE", "DENIED", "INACTIVE", "REMOVED", "TEMPORARY")
# Reasons with their codes and shares within a status, after Chatham County 2018.
REASONS = (
    ("A", "AV", "VERIFIED", 0.955),
    ("A", "AC", "CONFIRMATION PENDING", 0.042),
    ("A", "AL", "LEGACY DATA", 0.003),
    ("A", "AN", "UNVERIFIED NEW", 0.0),
    ("A", "AP", "VERIFICATION PENDING", 0.0),
    ("D", "DU", "VERIFICATION RETURNED UNDELIVERABLE", 1.0),
    ("I", "IN", "CONFIRMATION NOT RETURNED", 0.71),
    ("I", "IU", "CONFIRMATION RETURNED UNDELIVERABLE", 0.29),
    ("R", "RS", "MOVED FROM STATE", 0.44),
    ("R", "RL", "MOVED FROM COUNTY", 0.43),
    ("R", "RF", "FELONY CONVICTION", 0.05),
    ("R", "RQ", "REQUEST FROM VOTER", 0.03),
    ("R", "RT", "TEMPORARY REGISTRANT", 0.03),
    ("R", "RA", "ADMINISTRATIVE", 0.02),
    ("R", "RD", "DECEASED", 0.0),
    ("R", "RM", "REMOVED AFTER 2 FED GENERAL ELECTIONS IN INACTIVE STATUS", 0.0),
    ("S", "SO", "OVERSEAS CITIZEN", 0.9),
    ("S", "SM", "MILITARY", 0.1),
)
REASON = {code: i for i, (_, code, _, _) in enumerate(REASONS)}
# Area codes of the form N9X are kept for a future expansion of the numbering plan: nobody has such a number.
AREA_CODES = np.array([291, 391, 491, 591, 691, 791, 891, 991])
BIRTH_STATES = {"NC": 0.55, "NY": 0.07, "VA": 0.06, "SC": 0.05, "PA": 0.04, "OH": 0.04, "NJ": 0.035, "FL": 0.035,
                "OC": 0.06, "GA": 0.02, "CA": 0.02, "MI": 0.02}  # fmt: skip
SUFFIXES = {"JR": 0.62, "III": 0.15, "SR": 0.13, "II": 0.08, "IV": 0.02}


class VoterRows:
    """Makes voter records of a snapshot, slice by slice."""

    def __init__(self, state: State, snapshot: Snapshot, addresses: Addresses) -> None:
        self.state, self.snapshot, self.addresses = state, snapshot, addresses
        self._noise: dict[str, np.ndarray] = {}
        household_phone = stream(state.seed, "household phone").random(len(state.homes.kind))
        own_phone = state.people.noise(state.seed, "own phone")
        shared = state.people.noise(state.seed, "shares phone") < 0.5
        self._phone = np.where(shared, household_phone[state.people.household], own_phone)
        blank = pl.DataFrame({column: [""] for column in state.places.precincts.columns})
        self._places = pl.concat([state.places.precincts, blank])

    def noise(self, topic: str, who: np.ndarray) -> np.ndarray:
        """Uniform numbers of a topic, the same for a person in every snapshot."""
        if topic not in self._noise:
            self._noise[topic] = self.state.people.noise(self.state.seed, topic).astype(np.float32)
        return self._noise[topic][who]

    def make(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end` in file order."""
        state, snap = self.state, self.snapshot
        part = slice(start, end)
        who, county = snap.who[part], snap.county[part]
        columns = {
            "county_id": digits(county + 1),
            "county_desc": texts(state.places.county_names, county),
            "voter_reg_num": digits(snap.voter_reg_num[part], 12),
            "ncid": ids(state, who),
            **self._names(who),
            **self._status(part),
            **self._homes(part),
            "confidential_ind": texts(("N", "Y"), snap.is_confidential[part].astype(int)),
            "registr_dt": self._registration_dates(part),
            **self._traits(part),
        }
        return pl.DataFrame(columns).select(VOTER_COLUMNS)

    def _names(self, who: np.ndarray) -> dict[str, pl.Series]:
        people, today = self.state.people, day(self.snapshot.as_of)
        family, given = surnames()[0], first_names()[0]
        last = texts(family, self.state.surname.at(today, who))
        born = texts(family, people.birth_surname[who])
        married = self.state.surname.at(today, who) != people.birth_surname[who]
        u = self.noise("surname form", who)
        frame = pl.DataFrame({"last": last, "born": born, "married": married, "u": u})
        # Some wives join both names, some keep the old one as a middle name, and some records have blanks at the end.
        last_name = frame.select(
            pl.when(pl.col("married") & (pl.col("u") < 0.04))
            .then((pl.col("born") + "-" + pl.col("last")).str.slice(0, 25))
            .when(pl.col("u") > 0.997)
            .then(pl.col("last") + "  ")
            .otherwise(pl.col("last"))
        ).to_series()
        u = self.noise("middle name", who)
        middle = texts(given, people.middle_name[who])
        frame = frame.with_columns(middle=middle, u=u)
        middle_name = frame.select(
            pl.when(pl.col("u") < 0.072)
            .then(pl.lit(""))
            .when(pl.col("u") < 0.13)
            .then(pl.col("middle").str.slice(0, 1))
            .when(pl.col("married") & (pl.col("u") > 0.75))
            .then(pl.col("born").str.slice(0, 20))
            .otherwise(pl.col("middle"))
        ).to_series()
        # A senior has his suffix half of the time, a junior mostly; of other men one in ten has one.
        labels, weights = ["", *SUFFIXES], np.cumsum(list(SUFFIXES.values()))
        u = self.noise("suffix", who)
        any_label = 1 + np.minimum(np.searchsorted(weights, u / 0.10, side="right"), len(SUFFIXES) - 1)
        suffix = np.where(~people.woman[who] & (u < 0.10), any_label, 0)
        suffix = np.where(people.is_senior[who], np.where(u < 0.5, labels.index("SR"), 0), suffix)
        suffix = np.where(people.is_junior[who], np.where(u < 0.9, labels.index("JR"), 0), suffix)
        return {
            "last_name": last_name,
            "first_name": texts(given, people.first_name[who]),
            "middle_name": middle_name,
            "name_suffix_lbl": texts(labels, suffix),
        }

    def _status(self, part: slice) -> dict[str, pl.Series]:
        state, snap = self.state, self.snapshot
        who, status, today = snap.who[part], snap.status[part], day(snap.as_of)
        u = self.noise("reason", who)
        reason = np.zeros(len(who), dtype=np.int64)
        for code, letter in enumerate(STATUS_CODES):
            of_status = [i for i, row in enumerate(REASONS) if row[0] == letter]
            reach = np.cumsum([REASONS[i][3] for i in of_status])
            at = status == code
            reason[at] = np.array(of_status)[np.searchsorted(reach, u[at] * reach[-1] * 0.999999, side="right")]
        days_on_file = today - snap.county_since[part]
        reason = np.where((status == ACTIVE) & (days_on_file < 45), REASON["AP"], reason)
        reason = np.where((status == ACTIVE) & (days_on_file < 15), REASON["AN"], reason)
        gone = status == GONE
        age = (state.removed[who] - state.people.birth[who]) / 365.25
        reason = np.where(gone & (u < np.interp(age, [30, 60, 75, 90], [0.03, 0.3, 0.75, 0.97])), REASON["RD"], reason)
        reason = np.where(gone & (state.removed[who] - state.inactive[who] >= 1461), REASON["RM"], reason)
        return {
            "status_cd": texts(STATUS_CODES, status),
            "voter_status_desc": texts(STATUS_NAMES, status),
            "reason_cd": texts([r[1] for r in REASONS], reason),
            "voter_status_reason_desc": texts([r[2] for r in REASONS], reason),
        }

    def _homes(self, part: slice) -> dict[str, pl.Series]:
        """Home and mail address, phone, and all that follows from the precinct."""
        snap, where, state_code = self.snapshot, self.addresses, self.state.region.code
        who, home = snap.who[part], snap.residence[part]
        gone, hidden = snap.status[part] == GONE, snap.is_confidential[part]
        precinct = where.precinct[home]
        unplaced = gone | (snap.status[part] == DENIED) | (self.noise("precinct", who) < 0.0145)
        place = self._places.select(PLACE_COLUMNS)[np.where(unplaced, len(self._places) - 1, precinct)]
        unit = where.unit[home]
        letters = texts(tuple("ABCDEFGH"), np.maximum(unit, 0) % 8)
        flat = pl.select(
            pl.when(pl.Series(where.building[home] % 3 == 0))
            .then("APT " + digits(np.maximum(unit, 0) // 8 + 1) + letters)
            .when(pl.Series(where.building[home] % 3 == 1))
            .then("UNIT " + digits(np.maximum(unit, 0) + 1))
            .otherwise(digits(np.maximum(unit, 0) + 101))
        ).to_series()
        frame = pl.DataFrame(
            {
                "number": digits(where.number[home]),
                "street": texts(STREETS, where.street[home]),
                "spelled": texts(STREETS_SPELLED_OUT, where.street[home]),
                "flat": flat,
                "is_flat": unit >= 0,
                "city": texts(self._places["city"].to_list(), precinct),
                "zip": texts(self._places["zip"].to_list(), precinct),
                "gone": gone,
                "hidden": gone | hidden,
                "blank": hidden,
                "u": self.noise("address form", who),
                "m": self.noise("mail", who),
                "p": self.noise("phone", who),
                "phone": digits(self.phone_numbers(who)),
                "box": digits((self._phone[who] * 9000).astype(np.int64) + 10),
            }
        )
        c = pl.col
        short = c("number") + " " + c("street") + pl.when(c("is_flat")).then(" " + c("flat")).otherwise(pl.lit(""))
        # Fields of the address are joined with a blank each, also where one is empty; one record in two hundred
        # was typed in another way.
        street = (
            pl.when(c("gone")).then(pl.lit("REMOVED"))
            .when(c("blank")).then(pl.lit(""))
            .when((c("u") < 0.005) & c("is_flat")).then(c("number") + " " + c("spelled") + " " + c("flat"))
            .when(c("u") < 0.005).then(c("number") + " " + c("spelled"))
            .when(c("is_flat")).then(c("number") + "  " + c("street") + "  #" + c("flat"))
            .otherwise(c("number") + "  " + c("street") + "   ")
        )  # fmt: skip
        seen = ~c("hidden")
        mail = pl.when(c("m") < 0.09).then("PO BOX " + c("box")).otherwise(short)
        away = c("m") > 0.985  # students, soldiers and people with a second home
        more = {
            "mail_addr2": (0.0062, "C/O FAMILY"),
            "mail_addr3": (0.0005, "BUILDING 2"),
            "mail_addr4": (0.0004, "FLOOR 1"),
        }

        def visible(value: pl.Expr) -> pl.Expr:
            return pl.when(seen).then(value).otherwise(pl.lit(""))

        made = frame.select(
            res_street_address=street,
            res_city_desc=visible(c("city")),
            state_cd=visible(pl.lit(state_code)),
            zip_code=visible(c("zip")),
            mail_addr1=visible(mail),
            **{name: visible(pl.when((c("m") > 0.5) & (c("m") < 0.5 + p)).then(pl.lit(text)).otherwise(pl.lit("")))
               for name, (p, text) in more.items()},
            mail_city=visible(pl.when(away).then(pl.lit("COLUMBIA")).otherwise(c("city"))),
            mail_state=visible(pl.when(away).then(pl.lit("SC")).otherwise(pl.lit(state_code))),
            mail_zipcode=visible(
                pl.when(away).then(pl.lit("29201"))
                .when(c("m") < 0.2).then(c("zip") + c("box").str.zfill(4))
                .otherwise(c("zip"))
            ),
            # Phone missing 58 %; some have seven digits, some a stray bracket.
            full_phone_number=pl.when(c("blank") | (c("p") > 0.416)).then(pl.lit(""))
            .when(c("p") < 0.0012).then(c("phone").str.slice(3))
            .when(c("p") < 0.0016).then(c("phone").str.slice(0, 3) + ")" + c("phone").str.slice(3))
            .otherwise(c("phone")),
        )  # fmt: skip
        return {s.name: s for s in (*made, *place)}

    def phone_numbers(self, who: np.ndarray) -> np.ndarray:
        """The number that each has, whether or not the file shows it; some households have one together."""
        people = self.state.people
        area = AREA_CODES[self.state.homes.county[people.household[who]] % 8]
        return area * 10_000_000 + 2_000_000 + (self._phone[who] * 7_999_999).astype(np.int64)

    def _registration_dates(self, part: slice) -> pl.Series:
        """The day of registration in the county; masked in 0.3 % (half of them in county 26), 1900 in 0.12 %."""
        snap = self.snapshot
        who, county = snap.who[part], snap.county[part]
        share = self.state.places.county_weight[25]
        masked = np.where(county == 25, 0.0015 / share, 0.0015 / (1 - share))
        u = self.noise("registration date", who)
        frame = pl.DataFrame({"day": dates(snap.county_since[part]), "masked": u < masked, "old": u > 1 - 0.0012})
        return frame.select(
            pl.when("masked").then(pl.lit("##/##/####")).when("old").then(pl.lit("01/01/1900")).otherwise("day")
        ).to_series()

    def _traits(self, part: slice) -> dict[str, pl.Series]:
        state, snap = self.state, self.snapshot
        who, race = snap.who[part], state.people.race[snap.who[part]]
        since = 1970 + state.registered[who] / 365.25
        # Forms leave race and sex open more and more often.
        codes = ("W", "B", "O", "A", "I", "M", "O", "U", "P")
        shown = race.astype(np.int64)
        u = self.noise("race", who)
        shown = np.where((race == LATINO) & (u > 0.65), WHITE, shown)
        shown = np.where((race == ASIAN) & (u > 0.97), 8, shown)
        shown = np.where(u < np.interp(since, [2000, 2015, 2027], [0.02, 0.06, 0.19]), 7, shown)
        u = self.noise("ethnicity", who)
        open_share = np.interp(since, [2000, 2015, 2027], [0.18, 0.24, 0.32])
        ethnic = np.where(u < open_share, 2, np.where(race == LATINO, 1, 0))
        no_sex = self.noise("sex", who) < np.interp(since, [2000, 2015, 2027], [0.01, 0.05, 0.16])
        sex = np.where(no_sex, 2, np.where(state.people.woman[who], 0, 1))
        u = self.noise("birth state", who)
        reach = np.cumsum(list(BIRTH_STATES.values()))
        born = np.where(u < 0.195, 0, 1 + np.searchsorted(reach, (u - 0.195) / 0.805 * reach[-1] * 0.999999, "right"))
        return {
            "race_code": texts(codes, shown),
            "ethnic_code": texts(("NL", "HL", "UN"), ethnic),
            "party_cd": texts(PARTIES, state.party.at(day(snap.as_of), who).astype(np.int64)),
            "gender_code": texts(("F", "M", "U"), sex),
            "birth_year": digits(snap.birth_year[part]),
            "age_at_year_end": digits(snap.as_of.year - snap.birth_year[part]),
            "birth_state": texts(["", *BIRTH_STATES], born),
            "drivers_lic": texts(("Y", "N"), (self.noise("license", who) > 0.87).astype(int)),
        }
