"""What happens to the sample state's people, and on which day: registration, party, moves, marriage, removal.

Every event of the window is drawn up front, so that a snapshot is a function of the state and a day. A value that
changes (party, surname, home) is kept as before, now and after with the two days of change, where "now" is the
anchor day. Of earlier changes only the latest is kept. How people vote belongs in `turnout.py`.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.draw import LONG_AGO, NEVER, day, shifted_to, sigmoid, stream, years
from orchestration.sample.moves import CLOSED, OPENED, Changing, draw_moves
from orchestration.sample.naming import GENERAL, draw_surnames
from orchestration.sample.people import (
    ANCHOR,
    ASIAN,
    BLACK,
    COMING,
    GONE,
    INDIAN,
    LATINO,
    LISTED,
    PARTNER,
    REMOVED,
    WINDOW,
    Households,
    People,
    duplicate_count,
    settle,
)
from orchestration.sample.places import Places, build_places
from orchestration.sample.regions import Region

DEM, REP, UNA, LIB, GRE = range(5)
PARTIES = ("DEM", "REP", "UNA", "LIB", "GRE")
PARTY_CHANGES_A_YEAR = 0.015
# Autumn 2024: D 2.43, R 2.32, U 2.94 of 7.76 million. Unaffiliated by age: the published pattern (43 % at 18-34,
# 35, 26 at 55-74, 21 at 75 and over), lifted as a whole to today's share of all voters.
UNAFFILIATED, OF_PARTISANS_DEM = 0.382, 0.5115
UNAFFILIATED_BY_AGE = ([18, 26, 40, 50, 65, 80, 95], [0.45, 0.44, 0.35, 0.31, 0.26, 0.21, 0.19])


@dataclass
class State:
    """The whole sample state. Arrays have one entry a registration, in no particular order; see `number`."""

    region: Region
    seed: int
    voters: int
    places: Places
    homes: Households
    people: People
    number: np.ndarray  # rank by day of registration: it makes the ncid
    registered: np.ndarray  # true first registration
    inactive: np.ndarray  # days of becoming inactive, of removal (status R), of being dropped from the file
    removed: np.ndarray
    dropped: np.ndarray
    denied: np.ndarray
    temporary: np.ndarray
    party: Changing
    lean: np.ndarray  # logit of taking the Democratic side
    surname: Changing
    home: Changing  # residence of each household
    joined: np.ndarray  # from this day a person lives with the household, until `left`
    left: np.ndarray
    lived_before: np.ndarray
    lives_after: np.ndarray
    residence_county: np.ndarray
    residence_kind: np.ndarray  # 0 house, 1 apartment, 2 dorm or care home

    def residence(self, when: np.ndarray | int, who: np.ndarray) -> np.ndarray:
        """Where the given people live on a day."""
        home = self.home.at(when, self.people.household[who])
        home = np.where(when < self.joined[who], self.lived_before[who], home)
        return np.where(when >= self.left[who], self.lives_after[who], home)

    def county_registration(self, when: np.ndarray, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Day of registration in the present county, and how many counties the person came through.

        As in North Carolina a move within the county keeps the day, a move to another county makes a new one.
        """
        since, count = self.registered[who].copy(), np.zeros(len(who), dtype=np.int64)
        household = self.people.household[who]
        for move in (self.home.changed[household], self.joined[who], self.left[who], self.home.changes[household]):
            here = self.residence_county[self.residence(move, who)]
            there = self.residence_county[self.residence(move - 1, who)]
            real = (here != there) & (move > self.registered[who]) & (move <= when)
            since = np.where(real, np.maximum(since, move), since)
            count += real
        return since, count


def build_state(voters: int, seed: int, region: Region) -> State:
    """The state with its people and everything that happens to them; `voters` rows on the anchor day."""
    seed += region.seed_shift
    places = build_places(voters, seed, region)
    homes, people = settle(voters, seed, places)
    registered, removed, dropped = _registrations(people, stream(seed, "registrations"))
    _add_duplicates(people, voters, registered, stream(seed, "duplicates"))
    extra = people.original[len(registered) :]
    rng = stream(seed, "second registrations")
    again = registered[extra] + 30 + (rng.random(len(extra)) * (ANCHOR - 60 - registered[extra])).astype(np.int64)
    registered = np.concatenate([registered, again])
    removed, dropped = (np.concatenate([a, a[extra]]) for a in (removed, dropped))
    status = _statuses(people, voters, registered, removed, stream(seed, "status"))
    inactive, removed, denied, temporary = status
    dropped = np.where(
        (removed < NEVER) & (dropped >= NEVER), removed + _kept(stream(seed, "kept"), len(removed)), dropped
    )
    party, lean = _parties(homes, people, places, stream(seed, "parties"))
    moves = draw_moves(homes, people, removed, places, stream(seed, "moves"))
    surname = _surnames(people, moves["joined"], stream(seed, "marriage"))
    number = np.empty(len(people), dtype=np.int64)
    number[np.lexsort((stream(seed, "number").random(len(people)), registered))] = np.arange(len(people))
    same = people.original
    for changing in (party, surname):
        for name, values in vars(changing).items():
            setattr(changing, name, values[same])
    for name in ("joined", "left", "lived_before", "lives_after"):
        moves[name] = moves[name][same]
    return State(
        region=region,
        seed=seed,
        voters=voters,
        places=places,
        homes=homes,
        people=people,
        number=number,
        registered=registered,
        inactive=inactive,
        removed=removed,
        dropped=dropped,
        denied=denied,
        temporary=temporary,
        party=party,
        lean=lean[same],
        surname=surname,
        **moves,
    )


def _kept(rng: np.random.Generator, size: int) -> np.ndarray:
    """Days for which a removed voter stays in the file: 2.3 years on average, which makes 9.1 % of its rows."""
    return (rng.uniform(1.3, 3.25, size) * 365.25).astype(np.int64)


def _registrations(people: People, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days of first registration, of removal for those gone by the anchor day, and of leaving the file."""
    size = len(people)
    kept, u = _kept(rng, size), rng.random(size)
    # Members of one household leave on days of their own, but for the couples that moved away together.
    removed = np.where(people.fate == REMOVED, ANCHOR - (u * kept).astype(np.int64), NEVER)
    gone = people.fate == GONE
    dropped = np.where(gone, OPENED + (u * (ANCHOR - OPENED)).astype(np.int64), NEVER)
    removed = np.where(gone, dropped - kept, removed)
    together = np.flatnonzero((people.role == PARTNER) & (people.fate != LISTED) & (people.fate != COMING))
    together = together[
        (people.household[together - 1] == people.household[together]) & (rng.random(len(together)) < 0.8)
    ]
    together = together[people.fate[together - 1] == people.fate[together]]
    removed[together], kept[together] = removed[together - 1], kept[together - 1]
    dropped = np.where(people.fate == REMOVED, removed + kept, dropped)
    dropped[together] = dropped[together - 1]

    coming = people.fate == COMING
    latest = np.where(coming, CLOSED, np.minimum(removed - 120, ANCHOR))
    minor = rng.random(size) < 0.04  # preregistered at 16 or 17
    earliest = people.birth + np.where(minor | people.preregisters, 16.02, 18.0) * 365.25
    # Nobody registers before being old enough: who would have left too young was born earlier.
    too_young = earliest > latest - 200
    people.birth[too_young] -= (earliest - latest + 300)[too_young].astype(np.int64)
    earliest = np.where(too_young, people.birth + 18.0 * 365.25, earliest)
    earliest = np.where(coming, np.maximum(earliest, ANCHOR + 1), earliest)
    # Half of the people register as soon as they may, the others in some later year.
    prompt = ~coming & (rng.random(size) < 0.5)
    latest = np.where(prompt, np.minimum(latest, earliest + 3 * 365.25), latest).astype(np.int64)
    # How many register a day: a stock that renews itself by 5 % a year, more in even years and most before
    # a presidential election (Chatham County 2018: 2008 and 2016 stand out so), hardly any on Sundays.
    days = np.arange(day(WINDOW[0]) - 90 * 365, CLOSED + 1)
    dates = days.astype("datetime64[D]")
    year = dates.astype("datetime64[Y]").astype(int) + 1970
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1
    busy = np.where(year % 4 == 0, 1.4, np.where(year % 2 == 0, 1.1, 0.85))
    busy = busy * np.where((year % 2 == 0) & np.isin(month, (8, 9, 10)), 1.9, 1.0)
    daily = busy * np.exp((days - ANCHOR) / (60 * 365.25)) * np.where((days + 4) % 7 == 0, 0.05, 1.0)
    reach = np.cumsum(daily)
    low, high = np.interp(earliest, days, reach), np.interp(latest, days, reach)
    mark = low + rng.random(size) * np.maximum(high - low, 0)
    registered = days[np.minimum(np.searchsorted(reach, mark), len(days) - 1)]
    # Those still to come do so evenly, which keeps the change between two snapshots in proportion to its days.
    registered = np.where(coming, earliest + rng.random(size) * (latest - earliest), registered).astype(np.int64)
    return np.clip(registered, np.ceil(earliest).astype(np.int64), latest), removed, dropped


def _add_duplicates(people: People, voters: int, registered: np.ndarray, rng: np.random.Generator) -> None:
    wanted = duplicate_count(voters)
    settled = np.flatnonzero(
        (people.fate == LISTED) & (registered < ANCHOR - 800) & ~people.is_senior & ~people.is_junior
    )
    people.repeat(rng.permutation(settled)[:wanted])


def _statuses(
    people: People, voters: int, registered: np.ndarray, removed: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Days of inactivity and of removal after the anchor day; who is denied; who is registered for a time only."""
    size = len(people)
    everyone = np.arange(size)
    twice = people.original[people.original != everyone]
    once = (people.original == everyone) & ~np.isin(everyone, twice)
    settled = once & (people.fate == LISTED) & ~people.preregisters & (registered < ANCHOR - 200)
    # Habitual voters confirm their address: the others become inactive first.
    order = np.where(settled, rng.gumbel(size=size) - people.habit, -np.inf)
    ranked = np.argsort(-order, kind="stable")[: int(settled.sum())]
    inactives, denials, temporaries = (round(voters * share) for share in (0.085, 0.0035, 0.0006))
    now_inactive, others = ranked[:inactives], rng.permutation(ranked[inactives:])
    denied, temporary = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    denied[others[:denials]] = True
    temporary[others[denials : denials + temporaries]] = True

    inactive = ANCHOR + years(rng, 0.027 * np.exp(-0.4 * people.habit), size)
    inactive[now_inactive] = ANCHOR - (rng.random(len(now_inactive)) * 4 * 365.25).astype(np.int64)
    # Of the removed two in five were inactive for four years, through two federal general elections.
    gone = removed < NEVER
    lapsed = gone & (rng.random(size) < 0.4)
    inactive = np.where(gone, np.where(lapsed, removed - 1461, NEVER), inactive)
    inactive = np.where(denied | temporary, NEVER, np.maximum(inactive, registered + 60))
    age = (ANCHOR - people.birth) / 365.25
    leaves = ANCHOR + years(rng, 0.020 + 0.0035 * np.exp((age - 60) / 11), size)
    removed = np.where(gone, removed, np.minimum(leaves, inactive + 1461 + rng.integers(0, 200, size)))
    removed = np.where(gone, removed, np.maximum(removed, np.maximum(ANCHOR, registered) + 30))
    return inactive, removed, denied, temporary


def _parties(
    homes: Households, people: People, places: Places, rng: np.random.Generator
) -> tuple[Changing, np.ndarray]:
    """Registration party over time, and the side a person leans to, by race, age, county and household."""
    size = len(people)
    home = people.household
    age = np.clip((ANCHOR - people.birth) / 365.25, 18, 95)
    table = np.interp(age, *UNAFFILIATED_BY_AGE)
    by_race = np.zeros(7)
    by_race[[BLACK, LATINO, ASIAN, INDIAN]] = (-0.75, 0.5, 0.7, 0.1)
    free = np.log(table / (1 - table)) + by_race[people.race] + 0.75 * homes.unaffiliated[home]
    unaffiliated = rng.random(size) < shifted_to(free + 0.5 * rng.standard_normal(size), UNAFFILIATED)
    side = np.array([-0.75, 3.0, 0.7, 0.6, 0.1, 0.4, 0.3])[people.race]
    county = 5.0 * (0.5 - places.republican_share[homes.county[home]])
    lean = side + county * np.where(people.race == BLACK, 0.3, 1.0) + 1.7 * homes.lean[home] + 0.3 * people.woman
    lean = lean - 0.012 * (age - 50) + 0.7 * rng.standard_normal(size)
    partisan = ~unaffiliated
    dem = np.zeros(size, dtype=bool)
    dem[partisan] = rng.random(int(partisan.sum())) < shifted_to(lean[partisan], OF_PARTISANS_DEM)
    now = np.where(unaffiliated, UNA, np.where(dem, DEM, REP))
    u = rng.random(size)
    now = np.where(u < 0.0068, LIB, np.where(u < 0.0074, GRE, now)).astype(np.int8)
    # Who leaves a party mostly becomes unaffiliated; who was unaffiliated takes the side of the lean.
    takes = np.where(rng.random(size) < sigmoid(lean), DEM, REP)
    other = np.where(rng.random(size) < 0.75, UNA, np.where(now == DEM, REP, DEM))
    after = np.where(now == UNA, takes, other)
    before = np.where(now == UNA, takes, np.where(rng.random(size) < 0.6, UNA, np.where(now == DEM, REP, DEM)))
    return (
        Changing(
            before=before.astype(np.int8),
            changed=ANCHOR - years(rng, PARTY_CHANGES_A_YEAR, size),
            now=now,
            changes=ANCHOR + years(rng, PARTY_CHANGES_A_YEAR, size),
            after=after.astype(np.int8),
        ),
        lean,
    )


def _surnames(people: People, joined: np.ndarray, rng: np.random.Generator) -> Changing:
    """Surnames over time: of wives from their marriage on, and of the unmarried women who marry later."""
    size = len(people)
    took = people.birth_surname != people.surname
    lag = rng.integers(0, 150, size)
    single = people.woman & ~took & (ANCHOR - people.birth < 60 * 365.25)
    group = np.full(size, GENERAL)
    return Changing(
        before=people.birth_surname,
        changed=np.where(took, np.where(joined + lag < ANCHOR, joined + lag, joined), LONG_AGO),
        now=people.surname,
        changes=np.where(single, ANCHOR + years(rng, 0.025, size), NEVER),
        after=draw_surnames(rng, group, rng.integers(0, 100, size)),
    )
