"""What the people of the sample state are called: surnames, first names and middle names.

Names are kept as numbers into one vocabulary each; the text is looked up when a file is written. Frequencies are
those of the US Census lists in the `names` package, with the fashions of five birth cohorts laid over them.
"""

from functools import lru_cache
from importlib.resources import files

import numpy as np

from orchestration.sample.draw import pick, words

GENERAL, HISPANIC, ASIAN, NATIVE = range(4)

# The Census lists have no apostrophes and no inner blanks; voter files have.
RESPELLED = {
    "OBRIEN": "O'BRIEN", "ONEAL": "O'NEAL", "ONEILL": "O'NEILL", "OCONNOR": "O'CONNOR", "OLEARY": "O'LEARY",
    "ODONNELL": "O'DONNELL", "DANGELO": "D'ANGELO", "STCLAIR": "ST CLAIR", "VANDYKE": "VAN DYKE",
    "MCNEILL": "MC NEILL", "DELACRUZ": "DE LA CRUZ", "DELOSSANTOS": "DE LOS SANTOS", "DELEON": "DE LEON",
}  # fmt: skip
HISPANIC_SURNAMES = [
    name.replace("_", " ")
    for name in words(
        "GARCIA HERNANDEZ MARTINEZ LOPEZ GONZALEZ RODRIGUEZ PEREZ SANCHEZ RAMIREZ FLORES TORRES RIVERA GOMEZ "
        "DIAZ CRUZ REYES MORALES GUTIERREZ ORTIZ RAMOS CASTILLO MENDOZA RUIZ AGUILAR VASQUEZ JIMENEZ ROMERO "
        "MEDINA NUÑEZ MUÑOZ PEÑA IBAÑEZ DE_LA_CRUZ DE_LEON DE_LOS_SANTOS GARCIA-LOPEZ SANTIAGO COLON "
        "VELAZQUEZ ZUÑIGA"
    )
]
ASIAN_SURNAMES = words(
    "NGUYEN PATEL TRAN LEE KIM CHEN WANG LI VANG XIONG SHAH LE PHAM SINGH HUANG LIU ZHANG PARK YANG LIN "
    "SHARMA KHAN REDDY WU HER LOR MOUA THAO DESAI KAUR"
)
NATIVE_SURNAMES = words(
    "LOCKLEAR OXENDINE HUNT JACOBS CHAVIS LOWERY JONES BULLARD DIAL SAMPSON BREWINGTON CUMMINGS "
    "STRICKLAND SCOTT RICHARDSON MAYNOR REVELS CROWE BRADLEY TOINEETA"
)
COHORTS = (1945, 1965, 1980, 1995)  # the first birth years of the second to the fifth cohort
FASHION_WOMEN = (
    "MARY BETTY DOROTHY HELEN MARGARET RUTH SHIRLEY BARBARA DORIS PEGGY FRANCES JOYCE",
    "LINDA MARY PATRICIA SUSAN DEBORAH BARBARA DEBRA KAREN NANCY DONNA BRENDA PAMELA",
    "LISA KIMBERLY MICHELLE AMY ANGELA JENNIFER MELISSA TAMMY MARY TRACY KELLY RENÉE",
    "JESSICA ASHLEY AMANDA JENNIFER SARAH STEPHANIE BRITTANY HEATHER ELIZABETH LAUREN MEGAN CHLOÉ",
    "EMILY MADISON HANNAH ABIGAIL TAYLOR OLIVIA ALEXIS ELIZABETH ANNA GRACE DESTINY ZOË",
)
FASHION_MEN = (
    "JAMES ROBERT WILLIAM JOHN CHARLES GEORGE THOMAS DONALD BOBBY HAROLD BILLY JOE",
    "JAMES MICHAEL ROBERT WILLIAM DAVID JOHN LARRY RICHARD MARK STEVEN GARY DENNIS",
    "MICHAEL CHRISTOPHER JAMES DAVID JOHN ROBERT WILLIAM BRIAN KEVIN TIMOTHY SCOTT ANDRÉ",
    "CHRISTOPHER MICHAEL JOSHUA MATTHEW JAMES ANDREW JUSTIN BRANDON DANIEL WILLIAM TYLER D'ANDRE",
    "WILLIAM JACOB JOSHUA CHRISTOPHER ELIJAH NOAH CAMERON ETHAN TYLER CALEB JAYDEN JOSÉ",
)
HISPANIC_WOMEN = "MARIA ANA ROSA JUANA CARMEN GUADALUPE LUZ MARTHA SOFÍA LUCÍA YESENIA GLORIA"
HISPANIC_MEN = "JOSE JUAN LUIS CARLOS JESUS MIGUEL JORGE JOSÉ RAÚL ANGEL PEDRO ANDRÉS"


def _census(name: str) -> tuple[list[str], np.ndarray]:
    lines = (files("names") / name).read_text().splitlines()
    rows = [line.split() for line in lines]
    # The rarest names of the list are given as 0.000 per cent; all of them are the tenth of the people that the list leaves out.
    return [row[0] for row in rows], np.array([max(float(row[1]), 0.00015) for row in rows])


@lru_cache(maxsize=1)
def surnames() -> tuple[list[str], tuple[np.ndarray, ...]]:
    """All surnames, and the weights of each for the four name groups."""
    census, weight = _census("dist.all.last")
    vocabulary = [RESPELLED.get(name, name) for name in census]
    lists = (HISPANIC_SURNAMES, ASIAN_SURNAMES, NATIVE_SURNAMES)
    place = {name: i for i, name in reversed(list(enumerate(vocabulary)))}
    for name in [n for names in lists for n in names]:
        if name not in place:
            place[name] = len(vocabulary)
            vocabulary.append(name)
    general = np.zeros(len(vocabulary))
    general[: len(weight)] = weight
    weights = [general]
    for names, share in zip(lists, (0.85, 0.8, 0.75), strict=True):
        of_list = np.zeros(len(vocabulary))
        of_list[[place[n] for n in names]] = 1 / (np.arange(len(names)) + 3.0)
        weights.append(general / general.sum() * (1 - share) + of_list / of_list.sum() * share)
    return vocabulary, tuple(weights)


@lru_cache(maxsize=1)
def first_names() -> tuple[list[str], dict[tuple[bool, int], np.ndarray]]:
    """All first names, and weights by (is a woman, cohort); cohort 5 is Hispanic of any age."""
    women, women_weight = _census("dist.female.first")
    men, men_weight = _census("dist.male.first")
    fashion = {(True, i): text for i, text in enumerate((*FASHION_WOMEN, HISPANIC_WOMEN))}
    fashion |= {(False, i): text for i, text in enumerate((*FASHION_MEN, HISPANIC_MEN))}
    vocabulary = list(dict.fromkeys([*women, *men, *(n for text in fashion.values() for n in text.split())]))
    place = {name: i for i, name in enumerate(vocabulary)}
    weights = {}
    for (woman, cohort), text in fashion.items():
        census, weight = (women, women_weight) if woman else (men, men_weight)
        base = np.zeros(len(vocabulary))
        base[[place[n] for n in census]] = weight
        names = text.split()
        trend = np.zeros(len(vocabulary))
        trend[[place[n] for n in names]] = 1 / (np.arange(len(names)) + 4.0)
        # The twelve leading names of a cohort are a quarter to a third of it.
        weights[woman, cohort] = base / base.sum() * 0.72 + trend / trend.sum() * 0.28
    return vocabulary, weights


def draw_surnames(rng: np.random.Generator, group: np.ndarray, county: np.ndarray) -> np.ndarray:
    """One surname number a household or person; a quarter come from the few families that a county is full of."""
    _, weights = surnames()
    drawn = np.zeros(len(group), dtype=np.int32)
    for g in range(4):
        mask = group == g
        drawn[mask] = pick(rng, weights[g], int(mask.sum()))
    local = pick(rng, weights[GENERAL], 100 * 60).reshape(100, 60)
    old_family = (group == GENERAL) & (rng.random(len(group)) < 0.25)
    drawn[old_family] = local[county[old_family] % 100, rng.integers(0, 60, int(old_family.sum()))]
    return drawn


def draw_first_names(
    rng: np.random.Generator, woman: np.ndarray, birth_year: np.ndarray, group: np.ndarray
) -> np.ndarray:
    """One first name number a person, by sex, birth cohort and name group."""
    _, weights = first_names()
    cohort = np.searchsorted(COHORTS, birth_year, side="right")
    cohort = np.where((group == HISPANIC) & (rng.random(len(group)) < 0.6), 5, cohort)
    drawn = np.zeros(len(woman), dtype=np.int32)
    for (is_woman, c), weight in weights.items():
        mask = (woman == is_woman) & (cohort == c)
        drawn[mask] = pick(rng, weight, int(mask.sum()))
    return drawn
