"""A generated state's official figures as their compilers write them: MEDSL's precinct results, and EAVS's counties. They are added up
from the people who vote in the sample. Whom each of them votes for is drawn and added up at once, so that no file and no
truth holds it. Candidates are invented; the state's name (in EAVS the county's) begins with ZZ, as no real one does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, sigmoid, stream
from orchestration.sample.layouts.text import Manner, Sample, as_text, whole_file
from orchestration.sample.life import DEM, REP
from orchestration.sample.turnout import EARLY, MAIL, PROVISIONAL

MANNER = Manner(separator=",", quoted=True, line_end="\n", encoding="utf-8")
MEDSL_COLUMNS = [
    "precinct",
    "office",
    "party_detailed",
    "party_simplified",
    "mode",
    "votes",
    "county_name",
    "county_fips",
    "jurisdiction_name",
    "jurisdiction_fips",
    "candidate",
    "district",
    "dataverse",
    "year",
    "stage",
    "state",
    "special",
    "writein",
    "state_po",
    "state_fips",
    "state_cen",
    "state_ic",
    "date",
    "magnitude",
]
CANDIDATES = (
    # office, dataverse, whose district, then candidate and party for each side
    ("US PRESIDENT", "PRESIDENT", None, (("ADA ZZALT", "DEMOCRAT"), ("OTTO ZZBERG", "REPUBLICAN"), ("IDA ZZCAMP", "LIBERTARIAN"))),
    ("GOVERNOR", "STATE", None, (("EVE ZZDALE", "DEMOCRAT"), ("MAX ZZEAST", "REPUBLICAN"), ("WRITE-IN", ""))),
    ("US HOUSE", "HOUSE", "cong_dist_abbrv", (("ANN ZZFORD", "DEMOCRAT"), ("LEO ZZGRAY", "REPUBLICAN"), ("WRITE-IN", ""))),
)  # fmt: skip
MODES = ("ELECTION DAY", "ONE STOP", "ABSENTEE BY MAIL", "PROVISIONAL")
HIDDEN_BELOW = 5
PUBLISHED_AFTER = 240  # days: the survey comes out in the summer after the election
EAVS_PARTS = [
    "total_part",
    "election_day_part",
    "absentee_uovaca_part",
    "mail_part",
    "in_person_early_part",
    "vbm_part",
    "other_part",
]
EAVS_HEAD = ["fips", "election_year", "state", "county", "state_abbr", "county_name"]
EAVS_REGISTRATION = [
    "total_reg",
    "total_active_reg",
    "total_inactive_reg",
    "total_sdr",
    "election_day_sdr",
    "prior_election_day_sdr",
    "total_reg_received",
    "total_valid_reg",
    "pre_reg",
    "invalid_reg",
    "mail_reg",
    "in_person_reg",
    "online_reg",
    "dmv_reg",
    "nvra_reg",
    "disability_reg",
    "armed_forces_reg",
    "non_nvra_reg",
    "new_mail_reg",
    "new_in_person_reg",
    "new_online_reg",
    "new_dmv_reg",
    "new_nvra_reg",
    "new_disability_reg",
    "new_armed_forces_reg",
    "new_non_nvra_reg",
    "confirmation_notices_sent",
    "confirmation_notices_received",
    "total_voters_removed",
    "voters_removed_moved",
    "voters_removed_death",
    "voters_removed_felony",
    "voters_removed_fail_response",
    "voters_removed_mentally_incompetent",
    "voters_removed_voter_request",
]
STATES = {"NC": ("NORTH CAROLINA", "37", "56", "47")}  # name, federal, census and ICPSR codes


def write_official(out: Path, sample: Sample) -> list[Path]:
    """The results of the last general election of a president, and the survey after the last two federal general elections, of
    those that were published before the snapshot. Nothing of a state that no figures are made for."""
    if sample.state.region.code not in STATES:
        return []
    generals = [
        (column, election.held)
        for column, election in enumerate(sample.state.region.elections)
        if election.kind == "GENERAL" and (sample.snapshot.as_of - election.held).days > PUBLISHED_AFTER
    ]
    presidents = [general for general in generals if general[1].year % 4 == 0]
    files = [_write(out / f"{held.year}-nc-precinct-general.csv", _results(sample, column, held), sample.snapshot.as_of)
             for column, held in presidents[-1:]]  # fmt: skip
    for column, held in generals[-2:]:
        for kind, table in _survey(sample, column, held).items():
            files.append(_write(out / f"eavs_county_{kind}_{held.year}.csv", table, sample.snapshot.as_of))
    return files


def _write(path: Path, table: pl.DataFrame, as_of: date) -> Path:
    with whole_file(path, as_of) as file:
        file.write((",".join(table.columns) + "\n").encode("ascii"))
        file.write(as_text(table, MANNER))
    return path


def _ballots(sample: Sample, column: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who voted, the precinct of each (by its row in the places), and the number of the way of voting in `MODES`."""
    who = np.flatnonzero(sample.votes.voted[:, column])
    precinct = sample.addresses.precinct[sample.votes.residence[who, column]]
    method = sample.votes.method[who, column]
    mode = np.select([method == EARLY, method == MAIL, method == PROVISIONAL], [1, 2, 3], 0)
    return who, precinct, mode


def _results(sample: Sample, column: int, held: date) -> pl.DataFrame:
    """MEDSL's rows, with what is wrong in the real files: by county totals beside the ways of voting, small cells hidden,
    over votes, ballots and registered voters among the contests, a sum as a precinct, pseudo-precincts, a correction below nought."""
    state = sample.state
    who, precinct, mode = _ballots(sample, column)
    rng = stream(state.seed, f"choices {held}")
    party = sample.votes.party[who, column]
    side = 1.2 * state.lean[who] + np.select([party == DEM, party == REP], [2.0, -2.0], 0.0)
    places = np.unique(precinct)
    tables = []
    for office, dataverse, district, candidates in CANDIDATES:
        u = rng.random(len(who))
        chosen = np.where(rng.random(len(who)) < sigmoid(side), 0, 1)
        chosen = np.where(u < 0.015, 2, np.where(u > 0.99, 3, chosen))  # the fourth leaves it blank
        counted = pl.DataFrame({"place": precinct, "m": mode, "c": chosen}).group_by("place", "m", "c").len("n")
        every = pl.DataFrame({"place": places}).join(pl.DataFrame({"m": range(4)}, schema={"m": pl.Int64}), how="cross")
        every = every.join(pl.DataFrame({"c": range(4)}, schema={"c": pl.Int64}), how="cross")
        table = every.join(counted, on=["place", "m", "c"], how="left").with_columns(
            pl.col("n").fill_null(0).cast(pl.Int64)
        )
        names = [name for name, _ in candidates] + ["UNDERVOTES"]
        table = table.with_columns(
            pl.lit(office).alias("office"),
            pl.lit(dataverse).alias("dataverse"),
            pl.col("c").replace_strict(dict(enumerate(names))).alias("candidate"),
            pl.col("c").replace_strict(dict(enumerate([p for _, p in candidates] + [""]))).alias("party_detailed"),
            (pl.lit("") if district is None else
             pl.Series(state.places.precincts[district]).gather(table["place"]).str.zfill(3)).alias("district"),
        )  # fmt: skip
        tables.append(table)
    rows = pl.concat(tables).with_columns(
        pl.Series(state.places.precinct_county).gather(pl.concat(tables)["place"]).alias("county"),
        pl.col("m").replace_strict(dict(enumerate(MODES))).alias("mode"),
    )
    rows = rows.with_columns(
        pl.Series(state.places.precincts["precinct_abbrv"]).gather(rows["place"]).alias("precinct"),
        pl.col("n").cast(pl.String).alias("votes"),
    )
    of_county = pl.col("county") % 10
    whole = rows.filter((of_county == 3) | (of_county == 1)).group_by(
        "place", "office", "dataverse", "candidate", "party_detailed", "district", "county", "precinct"
    ).agg(pl.col("n").sum(), (pl.lit("TOTAL")).first().alias("mode"))  # fmt: skip
    summed = rows.filter(of_county == 6).group_by("office", "dataverse", "candidate", "party_detailed", "district", "county", "mode").agg(
        pl.col("n").sum(), pl.lit("TOTALS").first().alias("precinct")
    )  # fmt: skip
    per_precinct = (
        rows.filter((of_county == 7) & (pl.col("office") == "GOVERNOR"))
        .group_by("county", "precinct")
        .agg(pl.col("n").sum())
    )
    cast = per_precinct.with_columns(pl.lit("BALLOTS CAST").alias("office"), pl.lit("").alias("mode"))
    kept = rows.filter((pl.col("candidate") != "UNDERVOTES") | (of_county == 5)).with_columns(
        pl.when((of_county == 1) & (pl.col("n") < HIDDEN_BELOW)).then(pl.lit("*")).otherwise("votes").alias("votes"),
        pl.when((of_county == 9) & (pl.col("mode") == "PROVISIONAL")).then(pl.lit("PROVISIONAL")).otherwise("precinct").alias("precinct"),
        pl.when((of_county == 2) & (pl.col("candidate") == "WRITE-IN")).then(pl.lit("COUNTY FLOATING")).otherwise("precinct").alias("floating"),
    )  # fmt: skip
    kept = kept.with_columns(pl.when(of_county == 2).then("floating").otherwise("precinct").alias("precinct"))
    merged = kept.group_by("county", "precinct", "office", "dataverse", "candidate", "party_detailed", "district", "mode").agg(
        pl.when((pl.col("votes") == "*").any()).then(pl.lit("*")).otherwise(pl.col("n").sum().cast(pl.String)).first().alias("votes")
    )  # fmt: skip
    more = [table.with_columns(pl.col("n").cast(pl.String).alias("votes")) for table in (whole, summed, cast)]
    every_row = pl.concat([merged, *more], how="diagonal").filter(pl.col("candidate").fill_null("") != "UNDERVOTES")
    every_row = pl.concat([every_row, kept.filter(pl.col("candidate") == "UNDERVOTES")], how="diagonal")
    every_row = every_row.sort("county", "office", "precinct", "candidate", "mode", "district", nulls_last=True)
    corrected = every_row.with_row_index().filter((pl.col("votes") == "0") & (pl.col("mode") == "ONE STOP"))["index"]
    if len(corrected):
        every_row = every_row.with_row_index().with_columns(
            pl.when(pl.col("index") == corrected[0]).then(pl.lit("-1")).otherwise("votes").alias("votes")
        )
    return _as_medsl(sample, every_row, held)


def _as_medsl(sample: Sample, rows: pl.DataFrame, held: date) -> pl.DataFrame:
    name, fips, census, icpsr = STATES[sample.state.region.code]
    county = pl.Series([c.upper() for c in sample.state.places.county_names]).gather(rows["county"])
    county_fips = fips + (rows["county"].cast(pl.Int64) * 2 + 1).cast(pl.String).str.zfill(3)
    party = pl.col("party_detailed")
    return rows.with_columns(
        county.alias("county_name"), county.alias("jurisdiction_name"), county_fips.alias("county_fips"),
        county_fips.alias("jurisdiction_fips"), party.alias("party_simplified"), pl.lit(str(held.year)).alias("year"),
        pl.lit("GEN").alias("stage"), pl.lit(f"ZZ {name}").alias("state"), pl.lit("FALSE").alias("special"),
        pl.when(pl.col("candidate") == "WRITE-IN").then(pl.lit("TRUE")).otherwise(pl.lit("FALSE")).alias("writein"),
        pl.lit(sample.state.region.code).alias("state_po"), pl.lit(fips).alias("state_fips"), pl.lit(census).alias("state_cen"),
        pl.lit(icpsr).alias("state_ic"), pl.lit(f"{held:%Y-%m-%d}").alias("date"), pl.lit("1").alias("magnitude"),
    ).select(pl.col(column).fill_null("") for column in MEDSL_COLUMNS)  # fmt: skip


def _survey(sample: Sample, column: int, held: date) -> dict[str, pl.DataFrame]:
    """EAVS's two files: what counties say of their ballots and of their voters. One county in thirty counts a tenth too many."""
    state, size = sample.state, len(sample.state.places.county_names)
    _, precinct, mode = _ballots(sample, column)
    county = state.places.precinct_county[precinct]
    numbers = np.arange(size)
    ballots = np.array([np.bincount(county[mode == m], minlength=size) for m in range(4)])
    ballots[0] += np.where(numbers % 30 == 17, ballots.sum(axis=0) // 10, 0)
    registered = np.flatnonzero(sample.votes.registered[:, column])
    lives = state.residence_county[state.residence(day(held), registered)]
    total = np.bincount(lives, minlength=size)
    inactive = np.bincount(lives[state.inactive[registered] <= day(held)], minlength=size)
    _, fips, *_ = STATES[state.region.code]
    head = {
        "fips": [f"{int(fips)}{2 * i + 1:03d}" for i in range(size)], "election_year": [str(held.year)] * size,
        "state": [fips] * size, "county": [str(2 * i + 1) for i in range(size)], "state_abbr": [state.region.code] * size,
        "county_name": [f"ZZ {c.upper()} COUNTY" for c in state.places.county_names],
    }  # fmt: skip
    parts = dict.fromkeys(EAVS_PARTS, np.zeros(size, dtype=np.int64)) | {
        "total_part": ballots.sum(axis=0), "election_day_part": ballots[0], "in_person_early_part": ballots[1],
        "mail_part": ballots[2], "other_part": ballots[3],
    }  # fmt: skip
    voters = dict.fromkeys(EAVS_REGISTRATION, np.zeros(size, dtype=np.int64)) | {
        "total_reg": total, "total_active_reg": total - inactive, "total_inactive_reg": inactive,
    }  # fmt: skip
    return {
        "part": pl.DataFrame(head | parts).with_columns(pl.all().cast(pl.String)),
        "reg": pl.DataFrame(head | voters).with_columns(pl.all().cast(pl.String)),
    }
