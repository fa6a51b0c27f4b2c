"""The state on one day: which registrations the voter file holds, and what each of them looks like there.

Only the state's facts and the day go in, so two days give two snapshots of one life. The text of the file's columns
belongs in `rows.py`.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from orchestration.sample.draw import day, stream
from orchestration.sample.life import State
from orchestration.sample.places import STREETS
from orchestration.sample.regions import Region

ACTIVE, DENIED, INACTIVE, GONE, TEMPORARY = range(5)
STATUS_CODES = ("A", "D", "I", "R", "S")
BORN_1900 = 0.0004  # placeholder birth years
ORPHANS = 0.0036  # of the people dropped from the file, those whose vote history stays behind


@dataclass
class Addresses:
    """Where each residence is: precinct, number, street and unit (-1: none), and how its unit is written."""

    precinct: np.ndarray
    number: np.ndarray
    street: np.ndarray
    unit: np.ndarray
    building: np.ndarray


@dataclass
class Snapshot:
    """The voter file's registrations on a day, in file order. `who` points into the state's arrays."""

    as_of: date
    who: np.ndarray
    rows: int  # the first so many of `who` stand in the voter file; the others only left votes behind
    status: np.ndarray
    residence: np.ndarray
    county: np.ndarray
    county_since: np.ndarray
    voter_reg_num: np.ndarray
    birth_year: np.ndarray  # as the file shows it
    true_birth_year: np.ndarray
    is_confidential: np.ndarray


def take_snapshot(state: State, as_of: date) -> Snapshot:
    """The state as the voter file shows it on a day."""
    today = day(as_of)
    people = state.people
    here = (state.registered <= today) & (today < state.dropped)
    left_votes = (state.registered <= today) & ~here & (people.noise(state.seed, "orphans") < ORPHANS)
    who = np.concatenate([_in_file_order(state, here, today), _in_file_order(state, left_votes, today)])
    last_day = np.minimum(today, state.removed[who])  # a removed voter's record ends there
    residence = state.residence(last_day, who)
    since, moves = state.county_registration(last_day, who)
    status = np.select(
        [state.removed[who] <= today, state.denied[who], state.temporary[who], state.inactive[who] <= today],
        [GONE, DENIED, TEMPORARY, INACTIVE],
        ACTIVE,
    )
    year = people.birth[who].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    placeholder = (people.noise(state.seed, "born 1900")[who] < BORN_1900) & (year < 1985)
    confidential = people.noise(state.seed, "confidential") < state.region.confidential
    confidential[people.original[people.original != np.arange(len(people))]] = False
    snapshot = Snapshot(
        as_of=as_of,
        who=who,
        rows=int(here.sum()),
        status=status,
        residence=residence,
        county=state.residence_county[residence],
        county_since=since,
        voter_reg_num=_registration_numbers(state, who, moves),
        birth_year=np.where(placeholder, 1900, year),
        true_birth_year=year,
        is_confidential=(confidential & (people.original == np.arange(len(people))))[who],
    )
    return _as_listed(snapshot, state.region)


def _as_listed(snapshot: Snapshot, region: Region) -> Snapshot:
    """The snapshot without those that the state's voter file does not list."""
    listed = np.full(len(snapshot.who), True)
    if not region.lists_removed:
        listed &= ~np.isin(snapshot.status, (GONE, DENIED))
    if not region.lists_confidential:
        listed &= ~snapshot.is_confidential
    arrays = {name: values[listed] for name, values in vars(snapshot).items() if isinstance(values, np.ndarray)}
    return replace(snapshot, rows=int(listed[: snapshot.rows].sum()), **arrays)


def _in_file_order(state: State, mask: np.ndarray, today: int) -> np.ndarray:
    """By county, then by ncid."""
    who = np.flatnonzero(mask)
    county = state.residence_county[state.residence(np.minimum(today, state.removed[who]), who)]
    return who[np.lexsort((state.number[who], county))]


def _registration_numbers(state: State, who: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """voter_reg_num: counted within the county, so the same number stands in several counties.

    Who comes from another county gets a long number, which no one else has in any county.
    """
    everyone = np.arange(len(state.people))
    first_county = state.residence_county[state.residence(state.registered, everyone)]
    order = np.lexsort((state.number, first_county))
    start = np.searchsorted(first_county[order], np.arange(len(state.places.county_names)))
    counted = np.empty(len(order), dtype=np.int64)
    counted[order] = everyone - start[first_county[order]] + 1
    return np.where(moves == 0, counted[who], 500_000_000 + state.number[who] * 8 + moves)


def address_residences(state: State) -> Addresses:
    """Gives each residence a place. No two of a county have the same number and street and unit."""
    rng = stream(state.seed, "addresses")
    county, kind = state.residence_county, state.residence_kind
    precinct = state.places.draw_precincts(rng, county)
    size = len(county)
    number, street = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    unit, building = np.full(size, -1), np.zeros(size, dtype=np.int64)
    for of_kind in range(3):
        at = np.flatnonzero(kind == of_kind)
        at = at[np.lexsort((precinct[at], county[at]))]
        start = np.searchsorted(county[at], county[at], side="left")
        place = np.arange(len(at)) - start  # neighbours in this order are neighbours in town
        if of_kind == 0:  # streets of 22 houses; a county with more streets than there are names numbers on
            block = place // 22
            number[at] = 100 + (block * 37 % 40) * 100 + place % 22 * 4 + block % 2 + block // len(STREETS) * 20_000
            street[at] = block
        elif of_kind == 1:  # buildings of 24 flats
            building[at] = place // 24
            number[at], unit[at] = 6_000 + place // 24 * 2, place % 24
            street[at] = place // 24 * 5
        else:  # dorms and care homes, one address each
            number[at], street[at] = 5_000 + place * 2, place * 7
    # The order of the names differs from county to county (7,919 is prime to their count).
    street = (street * 7_919 + county * 1_237) % len(STREETS)
    return Addresses(precinct=precinct, number=number, street=street, unit=unit, building=building)
