"""Whom the campaign's sources know: voters of the sample state and people who are in no voter file, as each source writes them.

A person has one e-mail address and one telephone in all sources, and in each source names and an address with its own dirt. What a
source says of them beyond who they are belongs in its layout.
"""

from __future__ import annotations

import zlib
from typing import Literal

import numpy as np
import polars as pl

from orchestration.sample.draw import day, pick, stream
from orchestration.sample.layouts.nc_voters import AREA_CODES, VoterRows
from orchestration.sample.layouts.text import Sample, digits, ids, texts
from orchestration.sample.naming import GENERAL, draw_first_names, first_names, surnames
from orchestration.sample.people import ANCHOR, CHILD, LISTED, PARTNER, REMOVED
from orchestration.sample.places import STREETS

WITH_EMAIL, WITH_PHONE = 0.30, 0.45  # of all people: whose the campaign's sources know
ELSEWHERE_SHARE = 0.4  # of those in no voter file; the others live at addresses of the state
KIN_SHARE = 0.25  # of those in no voter file: they live with a voter and have the surname
SHARED_EMAIL = 0.10  # of the partners and children with an address: it is that of the household's head
NICKNAMED, MISSPELT, NAME_AT_BIRTH, OLD_ADDRESS = 0.15, 0.03, 0.15, 0.5  # in a source, of those who can be
YEARS_LATE = 3  # how old an old address is
NICKNAMES = {
    "WILLIAM": "BILL", "ROBERT": "BOB", "JAMES": "JIM", "JOHN": "JACK", "RICHARD": "RICK", "MICHAEL": "MIKE", "CHARLES": "CHUCK",
    "THOMAS": "TOM", "ELIZABETH": "BETH", "MARGARET": "PEGGY", "PATRICIA": "PAT", "JENNIFER": "JEN", "KATHERINE": "KATE",
    "DEBORAH": "DEBBIE", "SUSAN": "SUE", "CHRISTOPHER": "CHRIS", "JOSEPH": "JOE", "REBECCA": "BECKY", "DANIEL": "DAN",
    "DAVID": "DAVE", "STEVEN": "STEVE", "ANTHONY": "TONY", "EDWARD": "ED", "KIMBERLY": "KIM", "PAMELA": "PAM", "CYNTHIA": "CINDY",
}  # fmt: skip
PLACES_ELSEWHERE = (
    ("CAMBRIDGE", "MA", "02139"),
    ("OAKLAND", "CA", "94607"),
    ("AUSTIN", "TX", "78704"),
    ("TRENTON", "NJ", "08608"),
)


def roster(
    sample: Sample, source: str, share: float, reached_by: Literal["email", "phone"] | None = None
) -> pl.DataFrame:
    """The people of a source: this share of the voters of any day, each with one row, and below them people in no voter file, who
    are a quarter of those that are there on the sample's day.

    Rows and their order are those of every snapshot of the state, so what a source draws for each row stays the same; `is_here` says
    whose rows the snapshot's day has. With `reached_by` all are people with an e-mail address or a telephone: the share is still one
    of all voters. Columns:

    person: number of the person, the same in every source. ncid, person_number: those of the voter file and its truth, null for
    people who are in none. first_name, middle_name, last_name, street, city, state_code, zip5: as this source has them, capitals;
    some nicknames, misspelt names, names at birth and old addresses. birth_date. sex: F or M. email, phone (ten digits): "" where the
    campaign has none. is_here.
    """
    everyone = _everyone(sample)
    noise = _noise(sample, f"in {source}", len(everyone))
    reach = {"email": WITH_EMAIL, "phone": WITH_PHONE}[reached_by] if reached_by else 1.0
    chosen = everyone.with_row_index("place").filter(
        pl.Series(noise < share / reach) & ((pl.col(reached_by) != "") if reached_by else pl.lit(True))
    )
    return _as_written(sample, source, chosen).drop("place")


def _noise(sample: Sample, topic: str, size: int) -> np.ndarray:
    """Uniform numbers, one a person."""
    return stream(sample.state.seed, topic).random(size)


def _everyone(sample: Sample) -> pl.DataFrame:
    """One row a person, voter or not: what is true of each, on the snapshot's day."""
    state, today = sample.state, day(sample.snapshot.as_of)
    people = state.people
    who = np.flatnonzero(people.original == np.arange(len(people)))
    here = np.zeros(len(people), dtype=bool)
    here[sample.snapshot.who[: sample.snapshot.rows]] = True
    phones = VoterRows(state, sample.snapshot, sample.addresses).phone_numbers(who)
    voters = pl.DataFrame(
        {
            "person": who,
            "voter": who,
            "ncid": ids(state, who),
            "person_number": state.number[who],
            "first": people.first_name[who],
            "middle": people.middle_name[who],
            "last": state.surname.at(today, who),
            "last_at_birth": people.birth_surname[who],
            "birth": people.birth[who],
            "woman": people.woman[who],
            "home": state.residence(today, who),
            "old_home": state.residence(today - YEARS_LATE * 365, who),
            "number": phones,
            "is_here": here[who],
        }
    )
    return _with_email_and_phone(sample, pl.concat([voters, _others(sample, len(people))], how="diagonal_relaxed"))


def _others(sample: Sample, first_number: int) -> pl.DataFrame:
    """People in no voter file, one for every third voter: strangers from elsewhere and of the state, and kin of voters."""
    state = sample.state
    people, rng = state.people, stream(state.seed, "others")
    listed = np.flatnonzero(np.isin(people.fate, (LISTED, REMOVED)) & (people.original == np.arange(len(people))))
    size = len(listed) // 3
    beside = listed[rng.integers(0, len(listed), size)]  # the voter with or near whom they live
    u = rng.random(size)
    home = state.residence(ANCHOR, beside)
    woman = rng.random(size) < 0.52
    birth = ANCHOR - (rng.uniform(18, 92, size) * 365.25).astype(np.int64)
    birth_year = birth.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    group = np.full(size, GENERAL)
    last = np.where(u > 1 - KIN_SHARE, state.surname.at(ANCHOR, beside), pick(rng, surnames()[1][GENERAL], size))
    return pl.DataFrame(
        {
            "person": first_number + np.arange(size),
            "first": draw_first_names(rng, woman, birth_year, group),
            "middle": draw_first_names(rng, woman, birth_year, group),
            "last": last,
            "last_at_birth": last,
            "birth": birth,
            "woman": woman,
            "home": np.where(u < ELSEWHERE_SHARE, -1, home),
            "old_home": np.where(u < ELSEWHERE_SHARE, -1, home),
            "elsewhere": rng.integers(0, len(PLACES_ELSEWHERE), size),
            "number": AREA_CODES[rng.integers(0, 8, size)] * 10_000_000 + rng.integers(2_000_000, 9_999_999, size),
            "is_here": np.full(size, True),
        }
    )


def _with_email_and_phone(sample: Sample, everyone: pl.DataFrame) -> pl.DataFrame:
    """Addresses and numbers, the same in every source and snapshot. Some of a household use that of its head."""
    state, size = sample.state, len(everyone)
    people = state.people
    voters = everyone["voter"].drop_nulls().to_numpy()
    owner = np.arange(size)
    shares = np.isin(people.role[voters], (PARTNER, CHILD)) & (
        _noise(sample, "shared email", size)[: len(voters)] < SHARED_EMAIL
    )
    head = np.full(len(state.homes.kind), -1)
    heads = np.flatnonzero(people.role[voters] == 0)
    head[people.household[voters[heads]]] = heads
    with_head = np.flatnonzero(shares & (head[people.household[voters]] >= 0))
    owner[with_head] = head[people.household[voters[with_head]]]
    # The name at birth and the number of the owner, neither of which ever changes.
    local = (
        texts(first_names()[0], everyone["first"].to_numpy()) + "." + texts(surnames()[0], everyone["last_at_birth"].to_numpy())
    ).str.normalize("NFKD").str.to_lowercase().str.replace_all(r"[^a-z.]", "")  # fmt: skip
    address = (local + digits(everyone["person"].to_numpy()) + "@example.org").gather(owner)
    has_email, has_phone = (_noise(sample, f"has {what}", size) for what in ("email", "phone"))
    return everyone.with_columns(
        email=pl.when(pl.Series(has_email < WITH_EMAIL)).then(address).otherwise(pl.lit("")),
        phone=pl.when(pl.Series(has_phone < WITH_PHONE)).then(pl.col("number").cast(pl.String)).otherwise(pl.lit("")),
    ).drop("number")


def _as_written(sample: Sample, source: str, chosen: pl.DataFrame) -> pl.DataFrame:
    """The chosen people as a source has them."""
    state, where = sample.state, sample.addresses
    rng = stream(state.seed, f"written in {source}:{zlib.crc32(source.encode())}")
    nick, typo, birth, old = (rng.random(len(chosen)) for _ in range(4))
    home = np.where(old < OLD_ADDRESS, chosen["old_home"].to_numpy(), chosen["home"].to_numpy())
    known = np.maximum(home, 0)
    precincts = state.places.precincts
    precinct = where.precinct[known]
    far = pl.Series(home < 0)
    elsewhere = chosen["elsewhere"].fill_null(0).to_numpy()
    unit = where.unit[known]
    last = np.where(birth < NAME_AT_BIRTH, chosen["last_at_birth"].to_numpy(), chosen["last"].to_numpy())

    def placed(cells: pl.Series, part: int) -> pl.Expr:
        return pl.when(far).then(texts([place[part] for place in PLACES_ELSEWHERE], elsewhere)).otherwise(cells)

    first, surname = texts(first_names()[0], chosen["first"].to_numpy()), texts(surnames()[0], last)
    street = digits(where.number[known]) + " " + texts(STREETS, where.street[known])
    flat = " APT " + digits(np.maximum(unit, 0) + 101)
    return chosen.select(
        "place",
        "person",
        "ncid",
        "person_number",
        first_name=pl.when(pl.Series(nick < NICKNAMED)).then(first.replace(NICKNAMES)).otherwise(first),
        middle_name=texts(first_names()[0], chosen["middle"].to_numpy()),
        last_name=pl.when(pl.Series(typo < MISSPELT)).then(surname.str.slice(0, 2) + surname.str.slice(3)).otherwise(surname),
        birth_date=pl.col("birth").cast(pl.Int32).cast(pl.Date),
        sex=pl.when("woman").then(pl.lit("F")).otherwise(pl.lit("M")),
        street=pl.when(far).then(digits(chosen["person"].to_numpy() % 900 + 10) + " ELM ST")
        .when(pl.Series(unit >= 0)).then(street + flat).otherwise(street),
        city=placed(pl.Series(precincts["city"]).gather(precinct), 0),
        state_code=placed(pl.Series([state.region.code]).new_from_index(0, len(chosen)), 1),
        zip5=placed(pl.Series(precincts["zip"]).gather(precinct), 2),
        email="email",
        phone="phone",
        is_here="is_here",
    )  # fmt: skip
