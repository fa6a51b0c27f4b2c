"""The states that a sample can be like: what each is called, its districts, and its elections with their turnout.

Counties lie in `counties/`; how a state writes its files belongs in `layouts/`. `turnout.py` calibrates each election to what
stands here.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Election:
    """A statewide election with its published turnout of those registered, and shares of mail and early ballots."""

    held: date
    kind: str
    turnout: float
    mail: float
    early: float
    by_party: tuple[float, float, float] | None = None  # turnout of D, R, U
    by_age: tuple[float, float] | None = None  # turnout under 40, and from 40 on

    @property
    def label(self) -> str:
        """The date as the files write it."""
        return f"{self.held:%m/%d/%Y}"


@dataclass(frozen=True)
class Region:
    """One state. `seed_shift` keeps the people of two states with one seed from being the same."""

    code: str
    districts: tuple[int, int, int]  # of the US House, the state senate and the state house
    first_zip: int
    id_digits: int
    elections: tuple[Election, ...]
    seed_shift: int = 0


# Turnout: NCSBE; methods: EAVS 2018 to 2022 (2020: 974,351 of 5,543,405 by mail, 3,460,562 early), 2024 and 2026 like
# the years before. The published parties of 2024 (R 79.8, D 73.1, U 66.9) average to a point and a half below the
# published whole, 73.7: each stands here 0.8 higher, so that neither is off by more than a point.
_NC = (
    Election(date(2018, 5, 8), "PRIMARY", 0.14, 0.01, 0.30),
    Election(date(2018, 11, 6), "GENERAL", 0.53, 0.024, 0.52),
    Election(date(2020, 3, 3), "PRIMARY", 0.31, 0.012, 0.37),
    Election(date(2020, 11, 3), "GENERAL", 0.754, 0.176, 0.624, by_age=(0.63, 0.83)),
    Election(date(2022, 5, 17), "PRIMARY", 0.20, 0.015, 0.41),
    Election(date(2022, 11, 8), "GENERAL", 0.51, 0.047, 0.509),
    Election(date(2024, 3, 5), "PRIMARY", 0.24, 0.015, 0.39),
    Election(date(2024, 11, 5), "GENERAL", 0.737, 0.052, 0.65, by_party=(0.739, 0.806, 0.677)),
    Election(date(2026, 3, 3), "PRIMARY", 0.20, 0.014, 0.41),
    Election(date(2026, 11, 3), "GENERAL", 0.53, 0.046, 0.52),
)

REGIONS = {region.code: region for region in (Region("NC", (14, 50, 120), 27006, 7, _NC),)}
