"""What a vendor sells of the sample's people, as L2's consumer file has it: most voters, and people of the state who are in no voter
file. It has columns, too, that no campaign loads. Ids begin with ZZ.

Work hangs on schooling and income on work; what is not known is blank, as in the real file for about half of the people.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import pick, stream
from orchestration.sample.layouts.text import Manner, Sample, digits, texts, write_file
from orchestration.sample.roster import roster

SHARE = 0.80  # of the voters
WITH_STATE_ID = 0.97  # of those
KNOWN = 0.55  # of the people: whose work, schooling or home the vendor knows
SCHOOLING = ("HS Diploma - Likely", "Some College - Likely", "Bach Degree - Likely", "Grad Degree - Likely")
SCHOOLING_SHARES = (0.38, 0.28, 0.22, 0.12)
WORK = (  # group, occupation, employer; the more schooling, the further down
    ("Services", "Clerk", "FOOD MART"), ("Trades", "Electrician", "CITY POWER"), ("Transport", "Driver", "FREIGHT LINES"),
    ("Office", "Bookkeeper", "COUNTY OFFICES"), ("Education", "Teacher", "PUBLIC SCHOOLS"), ("Health Services", "Nurse", "REGIONAL HOSPITAL"),
    ("Technical", "Engineer", "WORKS AND SONS"), ("Management", "Manager", "FIRST BANK"), ("Legal", "Attorney", "LAW OFFICES"),
)  # fmt: skip
INCOMES = ("$1000-14999", "$15000-24999", "$25000-34999", "$35000-49999", "$50000-74999", "$75000-99999", "$100000-124999", "$150000-174999",
           "$250000+")  # fmt: skip
WORTHS = ("$1-4999", "$5000-9999", "$25000-49999", "$100000-249999", "$250000-499999", "$499999+")
HOMES = ("$50000-74999", "$100000-124999", "$175000-199999", "$225000-249999", "$300000-349999", "$500000-749999")
FLAGS = {  # columns that say Yes or nothing, and of how many people
    "ConsumerData_Business_Owner": 0.05, "ConsumerData_Reading_General": 0.31, "ConsumerData_Book_Reader": 0.24,
    "ConsumerData_Reading_Mags": 0.19, "ConsumerData_Current_Affairs_Politics": 0.12, "ConsumerData_News_Financial": 0.07,
    "ConsumerData_History_Military": 0.09, "ConsumerData_Science_Space": 0.06, "ConsumerData_Online_Buyer": 0.33,
    "ConsumerData_Mail_Order_Buyer": 0.21, "ConsumerData_Value_Hunter": 0.14, "ConsumerData_Book_Buyer": 0.13,
    "ConsumerData_Consumer_Electronics": 0.11, "ConsumerData_Home_Furnishings_Decor": 0.16, "ConsumerData_Gardening_Farming_Buyer": 0.1,
    "ConsumerData_Home_Improvement": 0.2,
}  # fmt: skip
NOT_LOADED = {
    "Ethnic_Description": "Undisclosed",
    "ConsumerData_Religion_Code": "X",
    "hf_news_source": "tv",
    "ConsumerData_Health_Medical": "Yes",
}


def write(out: Path, sample: Sample) -> tuple[list[Path], dict[str, pl.DataFrame]]:
    """Write the file of the snapshot's day.

    Truth `consumers`: for each person of the file the voter, null if it is nobody in the voter file.
    """
    drawn = roster(sample, "l2", SHARE)
    region = sample.state.region.code
    cells = _with_cells(sample, drawn).filter(pl.Series(drawn["is_here"]) & pl.Series(drawn["state_code"] == region))
    made = sample.snapshot.as_of
    header = [name for name in cells.columns if name not in ("ncid", "person_number")]
    file = write_file(
        out / f"VM2Uniform--{region}--{made}.tab",
        header,
        lambda start, end: cells[start:end].select(header),
        len(cells),
        made,
        Manner(quoted=False, encoding="utf-8"),
    )
    return [file], {"consumers": cells.select("ncid", "person_number", l2_id="LALVOTERID")}


def _with_cells(sample: Sample, people: pl.DataFrame) -> pl.DataFrame:
    """The columns of the file by their names; what is said of each person is drawn once for all snapshots."""
    size, rng = len(people), stream(sample.state.seed, "l2 consumer")
    schooling = pick(rng, np.array(SCHOOLING_SHARES), size)
    work = np.clip((schooling * 2 + rng.normal(1.2, 1.6, size)).round().astype(int), 0, len(WORK) - 1)
    income = np.clip((work * 0.8 + rng.normal(1.4, 1.3, size)).round().astype(int), 0, len(INCOMES) - 1)
    worth = np.clip((income * 0.6 + rng.normal(0.5, 0.8, size)).round().astype(int), 0, len(WORTHS) - 1)

    def known(cells: pl.Series) -> pl.Expr:
        return pl.when(pl.Series(rng.random(size) < KNOWN)).then(cells).otherwise(pl.lit(""))

    state_id = (
        pl.when(pl.Series(rng.random(size) < WITH_STATE_ID)).then(pl.col("ncid").fill_null("")).otherwise(pl.lit(""))
    )
    has_cell = pl.Series(rng.random(size) < 0.7)
    c = pl.col
    return people.select(
        ("ZZLAL" + sample.state.region.code + (c("person") + 10_000_000).cast(pl.String)).alias("LALVOTERID"),
        state_id.alias("Voters_StateVoterID"),
        c("first_name").str.to_titlecase().alias("Voters_FirstName"),
        c("middle_name").str.to_titlecase().alias("Voters_MiddleName"),
        c("last_name").str.to_titlecase().alias("Voters_LastName"),
        c("birth_date").dt.strftime("%m/%d/%Y").alias("Voters_BirthDate"),
        c("sex").alias("Voters_Gender"),
        c("street").alias("Residence_Addresses_AddressLine"),
        c("city").alias("Residence_Addresses_City"),
        c("state_code").alias("Residence_Addresses_State"),
        c("zip5").alias("Residence_Addresses_Zip"),
        c("zip5").replace_strict(_counties(sample), default="").alias("County"),
        pl.when(has_cell).then(pl.lit("")).otherwise("phone").alias("VoterTelephones_LandlineUnformatted"),
        pl.when(has_cell).then("phone").otherwise(pl.lit("")).alias("VoterTelephones_CellPhoneUnformatted"),
        known(texts(SCHOOLING, schooling)).alias("ConsumerData_Education_of_Person"),
        known(texts([group for group, *_ in WORK], work)).alias("ConsumerData_Occupation_Group"),
        known(texts([name for _, name, _ in WORK], work)).alias("ConsumerData_Occupation_of_Person"),
        known(texts([name for *_, name in WORK], work)).alias("ConsumerData_LikelyRecentEmployment_Company_Name"),
        known(texts(INCOMES, income)).alias("ConsumerData_Estimated_Income_Amount"),
        known(texts(WORTHS, worth)).alias("ConsumerData_Household_Net_Worth"),
        known(texts(HOMES, worth)).alias("ConsumerData_Home_Est_Current_Value_Code"),
        known(texts(("Home Owner", "Renter"), (rng.random(size) > 0.66).astype(int))).alias("ConsumerData_Homeowner_Probability_Model"),
        known(digits(rng.integers(1975, 2026, size))).alias("ConsumerData_Home_Purchase_Year"),
        known(digits(rng.integers(0, 31, size))).alias("ConsumerData_Length_Of_Residence_Code"),
        *(
            pl.when(pl.Series(rng.random(size) < share)).then(pl.lit("Yes")).otherwise(pl.lit("")).alias(name)
            for name, share in FLAGS.items()
        ),
        *(pl.lit(value).alias(name) for name, value in NOT_LOADED.items()),
        "ncid",
        "person_number",
    )  # fmt: skip


def _counties(sample: Sample) -> dict[str, str]:
    """By ZIP code the county, one of those that have it."""
    places = sample.state.places
    names = [places.county_names[county].upper() for county in places.precinct_county]
    return dict(zip(places.precincts["zip"], names, strict=True))
