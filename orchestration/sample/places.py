"""Where the sample state's people can live: counties, cities, precincts, districts and streets.

Constants and the precinct table belong here; who lives where does not. Counties are the real ones, a line each in
`counties/<state>.txt`: name | adults in thousands; white, black, Hispanic, Asian, American Indian; Republican share of the
2020 two-party presidential vote, in per cent and rounded (2020 Census and VEST by voting district, ALARM project) | cities |
the state's code of the county, where that is not its number. Michigan's and Pennsylvania's have the registered voters of 2022
(EAVS), and rough shares but for large counties. Those of GA, WA and CO have them too, the state's mix in each county, and the
Republican share of the vote for president in CO (2024, MEDSL) and for the Senate in WA (2010, OpenElections), in GA a half
everywhere. Precincts, districts, ZIP codes and streets are made up.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import stream, words
from orchestration.sample.regions import Region

STREET_FIRST = words(
    "OAK PINE CEDAR MAPLE WILLOW HICKORY DOGWOOD MAGNOLIA HOLLY LAUREL MEADOW SPRING FOREST LAKE RIVER "
    "MILL CHURCH SCHOOL PARK RIDGE STONE ROCK SANDY CLEAR DEER FOX EAGLE HAWK ROBIN CARDINAL CAROLINA "
    "PIEDMONT CATAWBA YADKIN DAN HAW NEUSE TAR LONG OLD NEW GREEN WHITE RED SILVER GOLDEN SUNSET SUMMER "
    "AUTUMN WINTER LIBERTY UNION COLONIAL HERITAGE PLANTERS TOBACCO COTTON DEPOT FERRY BRIDGE"
)
STREET_SECOND = words(
    "HILL VALLEY CREEK BRANCH HOLLOW GROVE FIELD POINT VIEW LANDING CROSSING RUN TRACE HAVEN GLEN BROOK "
    "SHORE KNOLL BEND CHASE WOODS FARM SPRINGS HEIGHTS TERRACE GATE COVE CHAPEL STATION MEADOWS MANOR "
    "GARDEN CORNER SPUR BLUFF FORD"
)
STREET_TYPES = {
    "RD": "ROAD",
    "DR": "DRIVE",
    "ST": "STREET",
    "LN": "LANE",
    "CT": "COURT",
    "AVE": "AVENUE",
    "CIR": "CIRCLE",
    "TRL": "TRAIL",
}
STREETS = [
    f"{first}{second} {kind}"
    for second in ("", *(" " + s for s in STREET_SECOND))
    for first in STREET_FIRST
    for kind in STREET_TYPES
]
STREETS_SPELLED_OUT = [f"{s.rsplit(' ', 1)[0]} {STREET_TYPES[s.rsplit(' ', 1)[1]]}" for s in STREETS]


@dataclass
class Places:
    """The counties as arrays (index 0 is county 1) and the precincts as a table of ready text."""

    county_names: list[str]
    county_codes: list[str]
    county_weight: np.ndarray
    county_mix: np.ndarray  # white, black, Hispanic, Asian, American Indian; one row a county, in shares
    republican_share: np.ndarray
    precincts: pl.DataFrame  # the voter file's place columns, one row a precinct, in county order
    precinct_county: np.ndarray
    _cumulative: np.ndarray  # of precinct weights, county after county

    def draw_precincts(self, rng: np.random.Generator, county: np.ndarray) -> np.ndarray:
        """One precinct per entry of `county`, in proportion to the precincts' sizes within it."""
        first = np.searchsorted(self.precinct_county, county, side="left")
        end = np.searchsorted(self.precinct_county, county, side="right")
        start = np.where(first > 0, self._cumulative[first - 1], 0.0)
        mark = start + rng.random(len(county)) * (self._cumulative[end - 1] - start)
        return np.clip(np.searchsorted(self._cumulative, mark, side="right"), first, end - 1).astype(np.int32)


def build_places(voters: int, seed: int, region: Region) -> Places:
    """The state's places, with as many precincts as its size can fill: 2,700 when it is full-sized."""
    rng = stream(seed, "places")
    table = Path(__file__).parent / "counties" / f"{region.code.lower()}.txt"
    rows = [line.split("|") for line in table.read_text(encoding="ascii").splitlines()]
    numbers = np.array([[float(x) for x in row[1].split()] for row in rows])
    weight = numbers[:, 0] / numbers[:, 0].sum()
    # About 150 voters a precinct in a small state, 2,700 precincts as in the real one at most.
    wanted = min(2_700, max(100, voters // 150))
    counts = np.maximum(1, np.round(weight * wanted)).astype(int)
    county = np.repeat(np.arange(len(rows)), counts)
    size = rng.lognormal(0, 0.45, len(county))
    size = size / np.bincount(county, size)[county] * weight[county]
    reach = np.cumsum(size)
    number_in_county = np.arange(len(county)) - np.repeat(np.cumsum(counts) - counts, counts)
    records = [
        _precinct(region, int(c), int(k), int(counts[c]), rows[c][0], rows[c][2].split(", "), float(r), float(u))
        for c, k, r, u in zip(county, number_in_county, reach, rng.random(len(county)), strict=True)
    ]
    return Places(
        county_names=[row[0] for row in rows],
        county_codes=[row[3] if len(row) > 3 else str(n) for n, row in enumerate(rows, 1)],
        county_weight=weight,
        county_mix=numbers[:, 1:6] / 100,
        republican_share=numbers[:, 6] / 100,
        precincts=pl.DataFrame(records),
        precinct_county=county,
        _cumulative=reach,
    )


def _precinct(
    region: Region, county: int, k: int, count: int, name: str, cities: list[str], reach: float, u: float
) -> dict[str, str]:
    """The place columns, as North Carolina names them, of the k-th precinct of a county; `reach` is its place in the state, 0 to 1.

    How often an optional district is there follows the real file: municipality 55 %, ward 30 %, county
    commissioner 58 %, township 11 %, school 70 %, fire 4 %, and the rest of the districts hardly ever.
    """
    number = county + 1
    congress, senate, house = region.districts
    # Counties write their codes in their own ways; zeros and letters belong to the code.
    style = number % 4
    if style == 0:
        code = f"{k // 12 + 1:02d}-{k % 12 + 1:02d}"
    elif style == 1:
        code = f"PR{k + 1:02d}"
    elif style == 2:
        code = f"{k + 1:02d}" + ("B" if k % 7 == 6 else "")
    else:
        code = f"{k + 1:03d}"
    city_number = min(k * len(cities) // count, len(cities) - 1)
    city = cities[city_number]
    in_town = u < (0.75 if len(cities) > 2 else 0.45)
    part = k * 4 // count + 1
    school = number % 5 != 0
    commissioner = number % 3 != 0
    township = number % 8 == 0
    district = {
        "cong_dist_abbrv": str(min(int(reach * congress) + 1, congress)),
        "super_court_abbrv": f"{min(int(reach * 48) + 1, 48):02d}" + "ABCD"[part - 1],
        "judic_dist_abbrv": f"{min(int(reach * 42) + 1, 42):02d}",
        "nc_senate_abbrv": str(min(int(reach * senate) + 1, senate)),
        "nc_house_abbrv": str(min(int(reach * house) + 1, house)),
    }
    pairs = {
        "precinct": (code, f"{city} PRECINCT {code}" if style else f"PRECINCT {code}"),
        "municipality": (city.replace(" ", "")[:4], city) if in_town else ("", ""),
        "ward": (f"{part:02d}", f"{city} WARD {part}") if in_town and k % 2 == 0 else ("", ""),
        "county_commiss": (f"{part}", f"COMMISSIONER DISTRICT {part}") if commissioner else ("", ""),
        "township": (f"{k % 9 + 1:02d}", f"{name} TOWNSHIP {k % 9 + 1}") if township else ("", ""),
        "school_dist": (f"S{part}", f"SCHOOL DISTRICT {part}") if school else ("", ""),
        "fire_dist": ("F1", f"{name} FIRE") if 0.90 < u < 0.95 else ("", ""),
        "water_dist": ("W1", f"{name} WATER") if 0.95 < u < 0.967 else ("", ""),
        "sewer_dist": ("SW", f"{name} SEWER") if 0.967 < u < 0.97 else ("", ""),
        "sanit_dist": ("SN", f"{name} SANITARY") if 0.97 < u < 0.985 else ("", ""),
        "rescue_dist": ("R1", f"{name} RESCUE") if 0.985 < u < 0.99 else ("", ""),
        "munic_dist": (city.replace(" ", "")[:4], city) if in_town else ("", ""),
        "dist_1": (f"{min(int(reach * 43) + 1, 43):02d}", f"PROSECUTORIAL DISTRICT {min(int(reach * 43) + 1, 43)}"),
        # The voting district is the precinct, but for the few that were redrawn since.
        "vtd": (code, code) if u > 0.04 else (code + "X", code + "X"),
    }
    texts = {
        f"{key}_{end}": text for key, pair in pairs.items() for end, text in zip(("abbrv", "desc"), pair, strict=True)
    }
    # 19 made-up ZIP codes a county, in North Carolina 27006 to 28905.
    zip_code = str(region.first_zip + county * 19 + min(k * 19 // max(count, 19), 18))
    return {"city": city, "zip": zip_code} | district | texts
