"""The states that a sample can be like: what each is called, its districts, and its elections with their turnout.

Counties lie in `counties/`; how a state writes its files belongs in `layouts/`. `turnout.py` calibrates each election to what
stands here.
"""

from dataclasses import dataclass
from datetime import date, datetime


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
    lists_removed: bool = True  # whether removed and denied registrations are in the voter file
    lists_confidential: bool = True  # whether people are whose address is confidential
    confidential: float = 0.001  # their share


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

# Turnout of general elections: Secretary of State's summaries, rounded; primaries and odd years are rougher. The files say
# nothing of mail or early voting, so the shares of both stand for all elections.
_OH_TURNOUT = """
PRIMARY-03/07/2000 .30  GENERAL-11/07/2000 .64  GENERAL-11/06/2001 .33  PRIMARY-05/07/2002 .20  GENERAL-11/05/2002 .47
GENERAL-11/04/2003 .36  PRIMARY-03/02/2004 .33  GENERAL-11/02/2004 .72  GENERAL-11/08/2005 .40  PRIMARY-05/02/2006 .22
GENERAL-11/07/2006 .56  GENERAL-11/06/2007 .31  PRIMARY-03/04/2008 .46  GENERAL-11/04/2008 .70  GENERAL-11/03/2009 .45
PRIMARY-05/04/2010 .22  GENERAL-11/02/2010 .49  GENERAL-11/08/2011 .46  PRIMARY-03/06/2012 .26  GENERAL-11/06/2012 .71
GENERAL-11/05/2013 .26  PRIMARY-05/06/2014 .17  GENERAL-11/04/2014 .41  GENERAL-11/03/2015 .43  PRIMARY-03/15/2016 .44
GENERAL-11/08/2016 .71  GENERAL-11/07/2017 .30  PRIMARY-05/08/2018 .21  GENERAL-11/06/2018 .56  GENERAL-11/05/2019 .23
PRIMARY-03/17/2020 .24  GENERAL-11/03/2020 .74  GENERAL-11/02/2021 .24  PRIMARY-05/03/2022 .21  GENERAL-11/08/2022 .523
SPECIAL-08/08/2023 .385 GENERAL-11/07/2023 .49  PRIMARY-03/19/2024 .23  GENERAL-11/05/2024 .717 GENERAL-11/04/2025 .25
PRIMARY-05/05/2026 .21  GENERAL-11/03/2026 .54
"""

# As above; who votes in which way follows EAVS 2022.
_FL_TURNOUT = """
PRIMARY-08/28/2018 .275 GENERAL-11/06/2018 .626 PRIMARY-03/17/2020 .29  PRIMARY-08/18/2020 .28  GENERAL-11/03/2020 .772
PRIMARY-08/23/2022 .26  GENERAL-11/08/2022 .536 PRIMARY-03/19/2024 .22  PRIMARY-08/20/2024 .23  GENERAL-11/05/2024 .789
PRIMARY-08/18/2026 .26  GENERAL-11/03/2026 .54
"""

# As above; the mail share is that of absentee ballots since 2018.
_MI_TURNOUT = """
PRIMARY-08/02/2016 .19  GENERAL-11/08/2016 .65  PRIMARY-08/07/2018 .29  GENERAL-11/06/2018 .58  PRIMARY-03/10/2020 .30
PRIMARY-08/04/2020 .33  GENERAL-11/03/2020 .69  PRIMARY-08/02/2022 .26  GENERAL-11/08/2022 .55  PRIMARY-02/27/2024 .25
PRIMARY-08/06/2024 .24  GENERAL-11/05/2024 .69  PRIMARY-08/04/2026 .26  GENERAL-11/03/2026 .54
"""

# As above. Georgia's run-offs of general elections decide who sits in the Senate.
_GA_TURNOUT = """
PRIMARY-05/22/2018 .19  GENERAL-11/06/2018 .61  PRIMARY-06/09/2020 .31  GENERAL-11/03/2020 .66  RUNOFF-01/05/2021 .58
PRIMARY-05/24/2022 .28  GENERAL-11/08/2022 .56  RUNOFF-12/06/2022 .50  PRIMARY-03/12/2024 .12  PRIMARY-05/21/2024 .17
GENERAL-11/05/2024 .72  PRIMARY-05/19/2026 .25  GENERAL-11/03/2026 .55
"""

# As above; all vote by mail.
_WA_TURNOUT = """
PRIMARY-08/07/2018 .41  GENERAL-11/06/2018 .72  GENERAL-11/05/2019 .45  PRIMARY-03/10/2020 .50  PRIMARY-08/04/2020 .55
GENERAL-11/03/2020 .84  GENERAL-11/02/2021 .39  PRIMARY-08/02/2022 .41  GENERAL-11/08/2022 .64  GENERAL-11/07/2023 .36
PRIMARY-03/12/2024 .38  PRIMARY-08/06/2024 .41  GENERAL-11/05/2024 .79  GENERAL-11/04/2025 .38  PRIMARY-08/04/2026 .38
GENERAL-11/03/2026 .62
"""

# As above; nearly all vote by mail. In odd years the counties hold coordinated elections.
_CO_TURNOUT = """
PRIMARY-06/26/2018 .32  GENERAL-11/06/2018 .63  PRIMARY-03/03/2020 .45  PRIMARY-06/30/2020 .41  GENERAL-11/03/2020 .80
COORDINATED-11/02/2021 .36  PRIMARY-06/28/2022 .28  GENERAL-11/08/2022 .57  COORDINATED-11/07/2023 .38
PRIMARY-03/05/2024 .31  PRIMARY-06/25/2024 .24  GENERAL-11/05/2024 .72  COORDINATED-11/04/2025 .36
PRIMARY-06/30/2026 .28  GENERAL-11/03/2026 .58
"""

# As above.
_PA_TURNOUT = """
PRIMARY-04/26/2016 .40  GENERAL-11/08/2016 .70  MUNICIPAL-11/07/2017 .24 PRIMARY-05/15/2018 .18 GENERAL-11/06/2018 .58
MUNICIPAL-11/05/2019 .28 PRIMARY-06/02/2020 .33 GENERAL-11/03/2020 .76  MUNICIPAL-11/02/2021 .31 PRIMARY-05/17/2022 .29
GENERAL-11/08/2022 .61  MUNICIPAL-11/07/2023 .33 PRIMARY-04/23/2024 .22 GENERAL-11/05/2024 .77  MUNICIPAL-11/04/2025 .39
PRIMARY-05/19/2026 .22  GENERAL-11/03/2026 .56
"""


def _elections(table: str, mail: float, early: float) -> tuple[Election, ...]:
    entries = table.split()
    return tuple(
        Election(datetime.strptime(name[-10:], "%m/%d/%Y").date(), name[:-11], float(turnout), mail, early)
        for name, turnout in zip(entries[::2], entries[1::2], strict=True)
    )


REGIONS = {
    region.code: region
    for region in (
        Region("NC", (14, 50, 120), 27006, 7, _NC),
        Region(
            "OH",
            (15, 33, 99),
            43001,
            11,
            _elections(_OH_TURNOUT, 0.2, 0.15),
            seed_shift=1_000_003,
            lists_removed=False,
            lists_confidential=False,
        ),
        Region(
            "FL",
            (28, 40, 120),
            32003,
            8,
            _elections(_FL_TURNOUT, 0.35, 0.31),
            seed_shift=2_000_003,
            lists_removed=False,
            confidential=0.0045,
        ),
        Region(
            "MI",
            (13, 38, 110),
            48001,
            11,
            _elections(_MI_TURNOUT, 0.45, 0.05),
            seed_shift=10_000_019,
            lists_removed=False,
            lists_confidential=False,
        ),
        Region(
            "GA",
            (14, 56, 180),
            30002,
            6,
            _elections(_GA_TURNOUT, 0.07, 0.55),
            seed_shift=3_000_017,
            lists_removed=False,
            lists_confidential=False,
        ),
        Region(
            "WA",
            (10, 49, 49),
            98001,
            8,
            _elections(_WA_TURNOUT, 0.99, 0.0),
            seed_shift=4_000_037,
            lists_removed=False,
            lists_confidential=False,
        ),
        Region(
            "CO",
            (8, 35, 65),
            80002,
            7,
            _elections(_CO_TURNOUT, 0.95, 0.02),
            seed_shift=5_000_011,
            lists_removed=False,
            lists_confidential=False,
        ),
        Region(
            "PA",
            (17, 50, 203),
            15001,
            10,
            _elections(_PA_TURNOUT, 0.25, 0.0),
            seed_shift=11_000_003,
            lists_removed=False,
            lists_confidential=False,
        ),
    )
}
