"""Where the sample state's people can live: counties, cities, precincts, districts and streets.

Constants and the precinct table belong here; who lives where does not. Counties are the 100 real ones with
their adults (thousands), population mix and Republican share of the 2020 two-party presidential vote, all in
per cent and rounded (2020 Census and VEST by voting district, ALARM project). Precincts, districts, ZIP codes
and streets are made up.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from orchestration.sample.draw import stream, words

# county | adults, thousands; white, black, Hispanic, Asian, American Indian; Republican share 2020 | cities
COUNTIES = """
ALAMANCE|134.0 64 19 12 2 0 54|BURLINGTON, GRAHAM, MEBANE
ALEXANDER|29.3 86 6 4 1 0 79|TAYLORSVILLE
ALLEGHANY|8.9 87 1 10 0 0 75|SPARTA
ANSON|17.8 50 44 3 1 0 48|WADESBORO
ASHE|22.0 92 0 5 0 0 73|WEST JEFFERSON
AVERY|15.1 88 4 5 0 0 77|NEWLAND, BANNER ELK
BEAUFORT|36.0 69 22 6 0 0 63|WASHINGTON, BELHAVEN
BERTIE|14.9 36 59 2 0 0 39|WINDSOR
BLADEN|23.4 56 32 7 0 2 57|ELIZABETHTOWN
BRUNSWICK|116.6 84 8 4 1 1 63|LELAND, SOUTHPORT, SHALLOTTE
BUNCOMBE|219.9 82 5 7 1 0 39|ASHEVILLE, BLACK MOUNTAIN, WEAVERVILLE
BURKE|70.0 81 6 6 3 0 70|MORGANTON, VALDESE
CABARRUS|167.5 63 18 10 5 0 55|CONCORD, KANNAPOLIS, HARRISBURG
CALDWELL|64.4 87 5 5 1 0 76|LENOIR, GRANITE FALLS
CAMDEN|7.9 80 11 3 1 0 74|CAMDEN
CARTERET|56.2 87 5 4 1 0 71|MOREHEAD CITY, BEAUFORT
CASWELL|18.6 62 31 4 0 0 59|YANCEYVILLE
CATAWBA|126.6 76 8 9 4 0 69|HICKORY, NEWTON, CONOVER
CHATHAM|60.8 73 10 11 2 0 44|PITTSBORO, SILER CITY
CHEROKEE|24.1 90 1 2 0 2 78|MURPHY
CHOWAN|11.1 63 31 3 0 0 58|EDENTON
CLAY|9.2 92 1 3 0 0 75|HAYESVILLE
CLEVELAND|78.0 73 19 3 1 0 67|SHELBY, KINGS MOUNTAIN
COLUMBUS|40.3 61 29 4 0 3 64|WHITEVILLE, TABOR CITY
CRAVEN|79.8 68 19 6 3 0 60|NEW BERN, HAVELOCK
CUMBERLAND|254.5 43 37 11 3 1 42|FAYETTEVILLE, HOPE MILLS, SPRING LAKE
CURRITUCK|22.0 86 5 3 1 0 74|MOYOCK
DARE|30.4 89 2 5 1 0 58|KILL DEVIL HILLS, MANTEO
DAVIDSON|132.2 79 9 7 1 0 74|LEXINGTON, THOMASVILLE
DAVIE|33.8 84 6 6 1 0 73|MOCKSVILLE
DUPLIN|37.0 55 24 18 0 0 61|WALLACE, WARSAW
DURHAM|259.6 44 33 13 6 0 18|DURHAM, BAHAMA
EDGECOMBE|38.2 38 55 5 0 0 36|TARBORO, ROCKY MOUNT
FORSYTH|297.4 58 24 11 2 0 43|WINSTON-SALEM, KERNERSVILLE, CLEMMONS
FRANKLIN|53.1 64 23 8 1 0 57|LOUISBURG, YOUNGSVILLE
GASTON|177.8 71 17 7 2 0 64|GASTONIA, BELMONT, MOUNT HOLLY
GATES|8.3 64 30 1 0 1 57|GATESVILLE
GRAHAM|6.4 89 1 2 0 6 80|ROBBINSVILLE
GRANVILLE|48.2 57 31 8 1 0 53|OXFORD, BUTNER
GREENE|16.6 49 36 11 0 1 56|SNOW HILL
GUILFORD|423.8 51 32 8 5 0 38|GREENSBORO, HIGH POINT, JAMESTOWN
HALIFAX|39.0 41 50 2 1 3 39|ROANOKE RAPIDS, HALIFAX
HARNETT|98.1 62 20 12 1 1 61|LILLINGTON, DUNN
HAYWOOD|51.1 91 1 4 1 0 63|WAYNESVILLE, CANTON
HENDERSON|94.4 82 3 11 1 0 60|HENDERSONVILLE, FLETCHER
HERTFORD|17.6 33 55 8 0 1 33|AHOSKIE
HOKE|37.5 40 33 13 2 8 45|RAEFORD
HYDE|3.8 64 27 6 0 0 57|SWAN QUARTER
IREDELL|143.8 76 11 7 2 0 66|STATESVILLE, MOORESVILLE
JACKSON|35.8 79 2 6 1 7 54|SYLVA
JOHNSTON|160.1 67 15 13 1 0 62|SMITHFIELD, CLAYTON, BENSON
JONES|7.5 64 29 3 0 0 60|TRENTON
LEE|48.4 62 17 17 1 0 58|SANFORD
LENOIR|42.9 51 39 6 1 0 52|KINSTON
LINCOLN|68.4 84 5 6 1 0 73|LINCOLNTON, DENVER
MACON|30.3 88 1 7 1 0 70|FRANKLIN
MADISON|17.5 91 1 3 0 0 62|MARSHALL
MARTIN|17.6 54 40 3 0 0 53|WILLIAMSTON
MCDOWELL|35.8 87 4 5 1 0 74|MARION
MECKLENBURG|860.0 48 29 13 6 0 32|CHARLOTTE, HUNTERSVILLE, MATTHEWS, CORNELIUS
MITCHELL|12.2 92 0 4 0 0 79|SPRUCE PINE
MONTGOMERY|20.2 68 17 12 1 0 66|TROY
MOORE|78.2 78 11 6 1 1 64|SOUTHERN PINES, PINEHURST
NASH|74.6 52 38 6 1 1 50|ROCKY MOUNT, NASHVILLE
NEW HANOVER|184.1 77 11 6 2 0 49|WILMINGTON, CAROLINA BEACH
NORTHAMPTON|14.4 42 54 1 0 0 40|JACKSON
ONSLOW|157.5 66 13 12 2 1 66|JACKSONVILLE, SWANSBORO
ORANGE|119.5 68 11 9 9 0 24|CHAPEL HILL, HILLSBOROUGH, CARRBORO
PAMLICO|10.5 76 17 3 0 0 64|BAYBORO
PASQUOTANK|32.0 55 35 5 1 0 50|ELIZABETH CITY
PENDER|46.6 76 13 6 0 0 65|BURGAW, HAMPSTEAD
PERQUIMANS|10.6 73 20 2 0 0 66|HERTFORD
PERSON|31.0 67 25 5 0 1 61|ROXBORO
PITT|132.3 54 34 6 2 0 45|GREENVILLE, WINTERVILLE, AYDEN
POLK|16.2 88 3 4 0 0 63|COLUMBUS
RANDOLPH|112.3 79 6 11 1 1 78|ASHEBORO, ARCHDALE
RICHMOND|33.2 58 29 6 1 2 57|ROCKINGHAM, HAMLET
ROBESON|88.5 28 23 8 1 37 59|LUMBERTON, PEMBROKE
ROCKINGHAM|72.8 73 18 5 1 0 66|REIDSVILLE, EDEN
ROWAN|115.0 72 15 9 1 0 68|SALISBURY, CHINA GROVE
RUTHERFORD|51.4 83 9 4 1 0 73|FOREST CITY, RUTHERFORDTON
SAMPSON|44.9 54 25 17 0 2 61|CLINTON
SCOTLAND|26.8 45 37 3 1 10 51|LAURINBURG
STANLY|49.3 80 11 4 2 0 76|ALBEMARLE
STOKES|36.0 90 4 3 0 0 79|KING, DANBURY
SURRY|56.4 84 3 9 1 0 76|MOUNT AIRY, ELKIN
SWAIN|11.0 65 1 3 0 26 60|BRYSON CITY
TRANSYLVANIA|27.3 89 3 4 1 0 58|BREVARD
TYRRELL|2.6 61 30 6 2 0 58|COLUMBIA
UNION|173.9 70 11 11 4 0 62|MONROE, INDIAN TRAIL, WAXHAW
VANCE|32.9 42 48 7 1 0 40|HENDERSON
WAKE|860.1 60 18 10 8 0 37|RALEIGH, CARY, APEX, WAKE FOREST, GARNER
WARREN|15.3 42 47 3 0 5 37|WARRENTON
WASHINGTON|8.8 48 47 2 0 0 45|PLYMOUTH
WATAUGA|46.6 84 4 6 2 0 46|BOONE
WAYNE|90.5 55 30 10 1 0 56|GOLDSBORO
WILKES|52.7 88 4 5 0 0 79|WILKESBORO
WILSON|61.1 49 38 9 1 0 49|WILSON
YADKIN|29.5 85 3 9 0 0 81|YADKINVILLE
YANCEY|15.1 92 1 4 0 0 67|BURNSVILLE
"""

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


def build_places(voters: int, seed: int) -> Places:
    """The state's places, with as many precincts as its size can fill: 2,700 when it is full-sized."""
    rng = stream(seed, "places")
    rows = [line.split("|") for line in COUNTIES.strip().splitlines()]
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
        _precinct(int(c), int(k), int(counts[c]), rows[c][0], rows[c][2].split(", "), float(r), float(u))
        for c, k, r, u in zip(county, number_in_county, reach, rng.random(len(county)), strict=True)
    ]
    return Places(
        county_names=[row[0] for row in rows],
        county_weight=weight,
        county_mix=numbers[:, 1:6] / 100,
        republican_share=numbers[:, 6] / 100,
        precincts=pl.DataFrame(records),
        precinct_county=county,
        _cumulative=reach,
    )


def _precinct(county: int, k: int, count: int, name: str, cities: list[str], reach: float, u: float) -> dict[str, str]:
    """The place columns of the k-th precinct of a county; `reach` is its place in the state, 0 to 1.

    How often an optional district is there follows the real file: municipality 55 %, ward 30 %, county
    commissioner 58 %, township 11 %, school 70 %, fire 4 %, and the rest of the districts hardly ever.
    """
    number = county + 1
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
        "cong_dist_abbrv": str(min(int(reach * 14) + 1, 14)),
        "super_court_abbrv": f"{min(int(reach * 48) + 1, 48):02d}" + "ABCD"[part - 1],
        "judic_dist_abbrv": f"{min(int(reach * 42) + 1, 42):02d}",
        "nc_senate_abbrv": str(min(int(reach * 50) + 1, 50)),
        "nc_house_abbrv": str(min(int(reach * 120) + 1, 120)),
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
    # 19 made-up ZIP codes a county, 27006 to 28905.
    zip_code = str(27006 + county * 19 + min(k * 19 // max(count, 19), 18))
    return {"city": city, "zip": zip_code} | district | texts
