"""Where the sample state's people lived, live and will live: moves of households and of single people.

Residences are numbers here; what their addresses look like belongs in `snapshot.py`.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.draw import LONG_AGO, NEVER, day, pick, years
from orchestration.sample.people import (
    ANCHOR,
    CARED_FOR,
    CHILD,
    LISTED,
    PARTNER,
    SHARES,
    STUDENT,
    WINDOW,
    Households,
    People,
)
from orchestration.sample.places import Places

MOVES_A_YEAR = 0.08
OPENED, CLOSED = day(WINDOW[0]), day(WINDOW[1])


@dataclass
class Changing:
    """A value with at most one change before the anchor day and one after it, for each entry."""

    before: np.ndarray
    changed: np.ndarray
    now: np.ndarray
    changes: np.ndarray
    after: np.ndarray

    def at(self, when: np.ndarray | int, who: np.ndarray | slice = slice(None)) -> np.ndarray:
        """The value on a day (one for all, or one for each of `who`)."""
        value = np.where(when < self.changed[who], self.before[who], self.now[who])
        return np.where(when >= self.changes[who], self.after[who], value)


def draw_moves(
    homes: Households, people: People, removed: np.ndarray, places: Places, rng: np.random.Generator
) -> dict:
    """Homes of households and of single people over time, and the residences that this takes.

    The entries of the result are the fields of the same names of `life.State`.
    """
    count, size = len(homes.kind), len(people)
    now = np.arange(count)
    settled = homes.is_group
    # Three moves in four are a household's, one a single person's, who joins or leaves one.
    rate = MOVES_A_YEAR * 0.75
    changed = np.where(settled, LONG_AGO, ANCHOR - years(rng, rate, count))
    changes = np.where(settled, NEVER, ANCHOR + years(rng, rate, count))
    emptied = np.full(count, NEVER)
    np.minimum.at(emptied, people.household, np.where(people.fate == LISTED, LONG_AGO, -removed))
    # Households of those gone leave their home when the last of them is removed.
    vacated = np.where(emptied == LONG_AGO, NEVER, -emptied)
    pool = np.where(rng.random(count) < 0.6, homes.county, 1_000)  # who moves within the county; 1,000 is the state
    new_homes = [homes.county]
    kinds = [_residence_kinds(homes, rng)]
    made = count

    def fresh(county: np.ndarray) -> np.ndarray:
        nonlocal made
        new_homes.append(county)
        kinds.append((rng.random(len(county)) < 0.3).astype(np.int8))
        made += len(county)
        return np.arange(made - len(county), made)

    def near(county: np.ndarray) -> np.ndarray:
        away = pick(rng, places.county_weight, len(county))
        return np.where(rng.random(len(county)) < 0.6, county, away)

    # A chain of vacancies: whoever moves out makes room for the next in the same pool who moves in.
    gone = vacated < ANCHOR
    leaves = np.where(gone, vacated, changed)
    mover = np.flatnonzero((leaves > OPENED - 1200) & ~settled)
    mover = mover[np.lexsort((leaves[mover], pool[mover]))]
    follower = np.roll(mover, -1)
    follows = (pool[follower] == pool[mover]) & (leaves[follower] > leaves[mover]) & ~gone[follower]
    before = now.copy()
    chained = follows & ~gone[mover]
    before[mover[chained]] = now[follower[chained]]
    early = np.flatnonzero(~settled & ~gone & ~np.isin(now, mover[chained]))
    before[early] = fresh(near(homes.county[early]))
    taken = follows & gone[mover]
    now[mover[taken]] = now[follower[taken]]
    before[gone], changed[gone], changes[gone] = now[gone], LONG_AGO, NEVER

    later = np.flatnonzero((changes < CLOSED) & ~settled)
    later = later[np.lexsort((changes[later], pool[later]))]
    leader = np.roll(later, 1)
    chained = (pool[leader] == pool[later]) & (changes[leader] < changes[later])
    after = now.copy()
    after[later[chained]] = now[leader[chained]]
    after[later[~chained]] = fresh(near(homes.county[later[~chained]]))

    role, home = people.role, people.household
    age = (ANCHOR - people.birth).astype(float)
    together = np.select(
        [role == PARTNER, role == SHARES, role == STUDENT, role == CARED_FOR],
        [np.maximum(age - 20 * 365.25, 30), np.minimum(2200, age), 1200, 2000],
        0,
    )
    joined = np.where(together > 0, ANCHOR - (rng.random(size) * together).astype(np.int64) - 1, LONG_AGO)
    leaving = np.select(
        [role == CHILD, role == SHARES, role == STUDENT, role == PARTNER], [0.07, 0.09, 0.3, 0.012], 0.0
    )
    left = np.where(leaving > 0, ANCHOR + years(rng, leaving, size), NEVER)
    lived_before, lives_after = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for place, moved in ((lived_before, joined > OPENED - 1), (lives_after, left < CLOSED)):
        who = np.flatnonzero(moved)
        place[who] = fresh(near(homes.county[home[who]]))
    joined[joined < OPENED] = LONG_AGO
    left[left >= CLOSED] = NEVER
    return {
        "home": Changing(before=before, changed=changed, now=now, changes=changes, after=after),
        "joined": joined,
        "left": left,
        "lived_before": lived_before,
        "lives_after": lives_after,
        "residence_county": np.concatenate(new_homes),
        "residence_kind": np.concatenate(kinds),
    }


def _residence_kinds(homes: Households, rng: np.random.Generator) -> np.ndarray:
    flats = np.array([0.25, 0.08, 0.06, 0.4, 0.05, 0.1, 0.5, 0.03, 0.4, 0.02, 0.02, 0, 0])[homes.kind]
    return np.where(homes.is_group, 2, rng.random(len(homes.kind)) < flats).astype(np.int8)
