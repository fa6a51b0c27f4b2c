"""Who lives in the sample state: households, and in them people with age, sex, race, name and leaning.

The households are those of the anchor day, SAMPLE_AS_OF. People who left the voter file before that day or enter
it after are here too, each with a fate; what happens to whom and when belongs in `life.py`.
"""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from orchestration.sample import naming
from orchestration.sample.draw import day, pick, stream
from orchestration.sample.places import Places

SAMPLE_AS_OF = date(2026, 11, 21)
ANCHOR = day(SAMPLE_AS_OF)
WINDOW = (date(2016, 1, 1), date(2028, 11, 21))  # the days for which the state's life is drawn

HEAD, PARTNER, CHILD, SHARES, STUDENT, CARED_FOR = range(6)
# LISTED is in the file on the anchor day; REMOVED is there with status R; GONE was dropped earlier; COMING registers later.
LISTED, REMOVED, GONE, COMING = range(4)
WHITE, BLACK, LATINO, ASIAN, INDIAN, MIXED, OTHER = range(7)

# Household kinds: roles, kind, and share of the registered persons (1: 13.9 %, 2: 62.2, 3: 16.7, 4: 6.1, more: 1.1).
KINDS = (
    ("H", "single", 0.139),
    ("HP", "couple", 0.473),
    ("HC", "family", 0.080),
    ("HS", "shared", 0.069),
    ("HPC", "family", 0.130),
    ("HCC", "family", 0.017),
    ("HSS", "shared", 0.020),
    ("HPCC", "family", 0.052),
    ("HSSS", "shared", 0.009),
    ("HPCCC", "family", 0.006),
    ("HPCCCC", "family", 0.002),
    ("D" * 24, "dorm", 0.0015),
    ("E" * 16, "care home", 0.0015),
)
KIND_NAMES = [kind for _, kind, _ in KINDS]
ROLE_LETTERS = "HPCSDE"
# Ages of household heads by kind, as points of the cumulative distribution.
AGES = {
    "single": ([18, 25, 35, 45, 55, 65, 75, 85, 99], [0, 0.08, 0.23, 0.37, 0.50, 0.65, 0.82, 0.96, 1]),
    "couple": ([20, 30, 40, 50, 60, 70, 80, 90, 97], [0, 0.09, 0.26, 0.43, 0.61, 0.80, 0.945, 0.993, 1]),
    "family": ([40, 48, 55, 61, 67, 75, 83, 94], [0, 0.25, 0.52, 0.74, 0.87, 0.95, 0.98, 1]),
    "shared": ([19, 23, 28, 35, 46, 62, 78], [0, 0.15, 0.42, 0.65, 0.82, 0.94, 1]),
    "dorm": ([19, 20, 21, 23], [0, 0.4, 0.8, 1]),
    "care home": ([68, 78, 86, 99], [0, 0.3, 0.75, 1]),
}
REMOVED_SHARE = 0.091
REMOVALS_A_YEAR = 0.04
NEW_A_YEAR = 0.05
DUPLICATES = 2.2e-5
UNDER_18 = 0.001


@dataclass
class Households:
    """One entry a household, as of the anchor day."""

    kind: np.ndarray
    county: np.ndarray
    head_birth: np.ndarray
    race: np.ndarray
    surname: np.ndarray
    lean: np.ndarray  # what its members share in party, in being unaffiliated and in voting, standard normal
    unaffiliated: np.ndarray
    habit: np.ndarray

    @property
    def is_group(self) -> np.ndarray:
        """Dorms and care homes."""
        return np.isin(self.kind, [i for i, name in enumerate(KIND_NAMES) if name in ("dorm", "care home")])


@dataclass
class People:
    """One entry a voter registration; the last `duplicates` entries are second registrations of a person."""

    household: np.ndarray
    role: np.ndarray
    fate: np.ndarray
    birth: np.ndarray
    woman: np.ndarray
    race: np.ndarray
    birth_surname: np.ndarray
    surname: np.ndarray
    first_name: np.ndarray
    middle_name: np.ndarray
    is_senior: np.ndarray
    is_junior: np.ndarray
    habit: np.ndarray  # latent willingness to vote, standard normal
    preregisters: np.ndarray  # under 18 on the anchor day
    original: np.ndarray  # the entry itself, or for a duplicate the entry that it repeats

    def __len__(self) -> int:
        return len(self.household)

    def repeat(self, entries: np.ndarray) -> None:
        """Append second registrations of the given entries."""
        for field in fields(self):
            values = getattr(self, field.name)
            setattr(self, field.name, np.concatenate([values, values[entries]]))

    def noise(self, seed: int, topic: str) -> np.ndarray:
        """Uniform numbers, one an entry; a duplicate has those of its original."""
        return stream(seed, topic).random(len(self))[self.original]


def duplicate_count(voters: int) -> int:
    """How many people of a file of this size stand in it twice (real: 183 in 8.3 million)."""
    return max(round(DUPLICATES * voters), 1 if voters >= 10_000 else 0)


def settle(voters: int, seed: int, places: Places) -> tuple[Households, People]:
    """The state's households and people."""
    rng = stream(seed, "settle")
    kind, household, role, fate = _compose(voters, rng)
    homes = _describe_households(kind, places, stream(seed, "households"))
    more = _attach(voters, homes, stream(seed, "attach"), np.bincount(fate, minlength=4))
    listed = len(household)
    household, role, fate = (np.concatenate(pair) for pair in zip((household, role, fate), more, strict=True))
    return homes, _describe_people(homes, household, role, fate, listed, places, voters, seed)


def _own_and_attached(voters: int) -> dict[int, tuple[int, int]]:
    """For each fate but LISTED: how many people have a household of their own, and how many join one."""
    removed = round(REMOVED_SHARE * voters)
    years_back = (SAMPLE_AS_OF - WINDOW[0]).days / 365.25
    gone = round(REMOVALS_A_YEAR * 0.95 * years_back * voters)
    coming = round(NEW_A_YEAR * (WINDOW[1] - SAMPLE_AS_OF).days / 365.25 * voters)
    return {
        REMOVED: (removed - int(removed * 0.35), int(removed * 0.35)),
        GONE: (gone - int(gone * 0.35), int(gone * 0.35)),
        COMING: (coming - int(coming * 0.45), int(coming * 0.45)),
    }


def _compose(voters: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Households of each kind with their members' roles and fates, so that the sizes come out as published."""
    own = _own_and_attached(voters)
    listed = voters - sum(own[REMOVED]) - duplicate_count(voters)
    counts = [int(listed * share / len(roles)) for roles, _, share in KINDS]
    counts[0] += listed - sum(n * len(roles) for n, (roles, _, _) in zip(counts, KINDS, strict=True))
    blocks = [(k, n, LISTED) for k, n in enumerate(counts)]
    for lot, (people, _) in own.items():
        couples = people // 4
        blocks += [(0, people - 2 * couples, lot), (1, couples, lot)]
    kind = np.concatenate([np.full(n, k) for k, n, _ in blocks])
    size = np.array([len(roles) for roles, _, _ in KINDS])[kind]
    household = np.repeat(np.arange(len(kind)), size)
    role = np.concatenate([np.tile([ROLE_LETTERS.index(r) for r in KINDS[k][0]], n) for k, n, _ in blocks])
    fate = np.repeat(np.concatenate([np.full(n, f) for _, n, f in blocks]), size)
    return kind, household, role.astype(np.int8), fate.astype(np.int8)


def _draw_race(rng: np.random.Generator, county: np.ndarray, places: Places) -> np.ndarray:
    """Race by county. Hispanic and Asian adults register less often: half of their share of adults."""
    mix = places.county_mix * np.array([1.0, 1.0, 0.42, 0.5, 0.8])
    mix = np.hstack([mix, np.full((len(mix), 1), 0.008), np.full((len(mix), 1), 0.015)])
    reach = np.cumsum(mix / mix.sum(axis=1, keepdims=True), axis=1)
    u = rng.random(len(county))
    race = np.zeros(len(county), dtype=np.int8)
    for k in range(6):
        race += u > reach[county, k]
    return race


def _describe_households(kind: np.ndarray, places: Places, rng: np.random.Generator) -> Households:
    size = len(kind)
    county = pick(rng, places.county_weight, size)
    u = rng.random(size)
    age = np.zeros(size)
    for i, name in enumerate(KIND_NAMES):
        mask = kind == i
        years, reach = AGES[name]
        age[mask] = np.interp(u[mask], reach, years)
    race = _draw_race(rng, county, places)
    group = np.array([naming.GENERAL, naming.GENERAL, naming.HISPANIC, naming.ASIAN, naming.NATIVE, 0, 0])[race]
    return Households(
        kind=kind,
        county=county,
        head_birth=(ANCHOR - 60 - age * 365.25).astype(np.int64),
        race=race,
        surname=naming.draw_surnames(rng, group, county),
        lean=rng.standard_normal(size),
        unaffiliated=rng.standard_normal(size),
        habit=rng.standard_normal(size),
    )


def _attach(
    voters: int, homes: Households, rng: np.random.Generator, so_far: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Members of today's households who have left the file or will enter it: the dead, the moved, the young."""
    age = (ANCHOR - homes.head_birth) / 365.25
    widowed = rng.permutation(np.flatnonzero((homes.kind == 0) & (age >= 55)))
    kin = ~homes.is_group & (age >= 40)
    with_grown = np.flatnonzero(kin & (age >= 54) & (age < 92))
    with_young = np.flatnonzero(kin & (age < 58))
    household, role, fate = [], [], []
    for code, (_, wanted) in _own_and_attached(voters).items():
        partners = 0 if code == COMING else min(wanted // 3, len(widowed) // 2)
        spouses, widowed = widowed[:partners], widowed[partners:]
        pool = with_young if code == COMING else with_grown
        pool = pool if len(pool) else np.arange(len(homes.kind))
        children = pool[rng.integers(0, len(pool), wanted - partners)]
        household += [spouses, children]
        role += [np.full(partners, PARTNER), np.full(len(children), CHILD)]
        fate.append(np.full(wanted, code))
    return np.concatenate(household), np.concatenate(role).astype(np.int8), np.concatenate(fate).astype(np.int8)


def _births(homes: Households, household: np.ndarray, role: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Birth days from the head's: partners near it, children a generation later, twins on one day."""
    head = homes.head_birth[household]
    size = len(household)
    birth = head.copy()
    at = role == PARTNER
    birth[at] += (np.clip(rng.normal(1.5, 4.0, size)[at], -8, 6) * 365.25).astype(np.int64)
    at = role == CHILD
    head_age = (ANCHOR - head) / 365.25
    gap = 22 + rng.random(size) * np.maximum(np.minimum(38, head_age - 18.2) - 22, 0.2)
    birth[at] += (gap[at] * 365.25).astype(np.int64)
    at = role == SHARES
    birth[at] += (rng.normal(0, 3.5, size)[at] * 365.25).astype(np.int64)
    u = rng.random(size)
    for of_role, name in ((STUDENT, "dorm"), (CARED_FOR, "care home")):
        at = role == of_role
        years, reach = AGES[name]
        birth[at] = ANCHOR - (np.interp(u[at], reach, years) * 365.25).astype(np.int64)
    twin = np.zeros(size, dtype=bool)
    twin[1:] = (role[1:] == CHILD) & (role[:-1] == CHILD) & (household[1:] == household[:-1])
    twin = np.flatnonzero(twin & (rng.random(size) < 0.07))
    birth[twin] = birth[twin - 1]
    youngest = ANCHOR - (18.1 * 365.25)
    return np.where(birth > youngest, youngest - rng.integers(0, 900, size), birth).astype(np.int64)


def _describe_people(
    homes: Households,
    household: np.ndarray,
    role: np.ndarray,
    fate: np.ndarray,
    listed: int,
    places: Places,
    voters: int,
    seed: int,
) -> People:
    rng = stream(seed, "people")
    size = len(household)
    kind = np.array(KIND_NAMES)[homes.kind][household]
    birth = _births(homes, household, role, rng)
    young_home = homes.head_birth[household] > ANCHOR - 58 * 365.25
    candidates = np.flatnonzero((role == CHILD) & (fate == LISTED) & young_home)
    candidates = candidates if len(candidates) else np.flatnonzero(fate == LISTED)
    early = rng.permutation(candidates)[: round(UNDER_18 * voters)]
    birth[early] = rng.integers(day(date(2009, 1, 15)), day(date(2010, 10, 1)), len(early))
    preregisters = np.zeros(size, dtype=bool)
    preregisters[early] = True
    # People still to come: young people of 18 to 20 when they register, or newcomers of any age.
    young = np.flatnonzero((fate == COMING) & (role == CHILD))
    birth[young] = ANCHOR + rng.integers(0, 730, len(young)) - (18.3 * 365.25) - rng.integers(0, 600, len(young))

    man_head = np.where(kind == "couple", 0.72, np.where(kind == "family", 0.55, 0.40))
    u = rng.random(size)
    woman = u > np.where(role == HEAD, man_head, 0.44)
    first = np.flatnonzero(role == HEAD)
    head_of = np.full(len(homes.kind), -1)
    head_of[household[first]] = first
    head = np.where(head_of[household] >= 0, head_of[household], np.arange(size))
    partner = role == PARTNER
    woman[partner] = ~woman[head][partner] ^ (u[partner] < 0.015)

    race = homes.race[household]
    other = ((role != HEAD) & (role != CHILD)) & (rng.random(size) < np.where(partner, 0.08, 0.8))
    race = np.where(other, _draw_race(rng, homes.county[household], places), race)
    group = np.array([naming.GENERAL, naming.GENERAL, naming.HISPANIC, naming.ASIAN, naming.NATIVE, 0, 0])[race]
    own_name = naming.draw_surnames(rng, group, homes.county[household])
    shares_name = np.where(partner, rng.random(size) < np.where(woman, 0.84, 0.03), False)
    shares_name |= (role == HEAD) | ((role == CHILD) & (rng.random(size) < 0.9))
    surname = np.where(shares_name, homes.surname[household], own_name)
    # A wife's name at birth was another; everybody else's was the one they have.
    birth_surname = np.where(partner, own_name, surname)

    birth_year = birth.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    first_name = naming.draw_first_names(rng, woman, birth_year, group)
    middle_name = naming.draw_first_names(rng, woman, birth_year, group)
    # The first son of a father may carry his whole name. Only households of the anchor day have such pairs.
    eldest = np.zeros(size, dtype=bool)
    eldest[1:listed] = (role[1:listed] == CHILD) & (role[: listed - 1] != CHILD)
    junior = eldest & ~woman & ~woman[head] & (rng.random(size) < 0.13) & ~preregisters
    first_name[junior], middle_name[junior] = first_name[head][junior], middle_name[head][junior]
    surname[junior] = birth_surname[junior] = surname[head][junior]
    senior = np.zeros(size, dtype=bool)
    senior[head[junior]] = True

    return People(
        household=household,
        role=role,
        fate=fate,
        birth=birth,
        woman=woman,
        race=race,
        birth_surname=birth_surname,
        surname=surname,
        first_name=first_name,
        middle_name=middle_name,
        is_senior=senior,
        is_junior=junior,
        habit=0.6 * homes.habit[household] + 0.8 * rng.standard_normal(size),
        preregisters=preregisters,
        original=np.arange(size),
    )
