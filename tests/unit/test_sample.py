"""The sample state: exact file layout, published rates, truth that the files obey, and snapshots of one life."""

import re
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.settings import Mendable

VOTERS = 50_000
LATER, EARLIER = date(2027, 11, 21), date(2022, 12, 1)
VOTER_HEADER = (
    "county_id county_desc voter_reg_num ncid last_name first_name middle_name name_suffix_lbl status_cd "
    "voter_status_desc reason_cd voter_status_reason_desc res_street_address res_city_desc state_cd zip_code "
    "mail_addr1 mail_addr2 mail_addr3 mail_addr4 mail_city mail_state mail_zipcode full_phone_number "
    "confidential_ind registr_dt race_code ethnic_code party_cd gender_code birth_year age_at_year_end birth_state "
    "drivers_lic precinct_abbrv precinct_desc municipality_abbrv municipality_desc ward_abbrv ward_desc "
    "cong_dist_abbrv super_court_abbrv judic_dist_abbrv nc_senate_abbrv nc_house_abbrv county_commiss_abbrv "
    "county_commiss_desc township_abbrv township_desc school_dist_abbrv school_dist_desc fire_dist_abbrv "
    "fire_dist_desc water_dist_abbrv water_dist_desc sewer_dist_abbrv sewer_dist_desc sanit_dist_abbrv "
    "sanit_dist_desc rescue_dist_abbrv rescue_dist_desc munic_dist_abbrv munic_dist_desc dist_1_abbrv dist_1_desc "
    "vtd_abbrv vtd_desc"
)
HISTORY_HEADER = (
    "county_id county_desc voter_reg_num election_lbl election_desc voting_method voted_party_cd voted_party_desc "
    "pct_label pct_description ncid voted_county_id voted_county_desc vtd_label vtd_description"
)


class Sample:
    """A written sample, read back."""

    def __init__(self, folder, as_of=SAMPLE_AS_OF, voters=VOTERS, seed=7):
        self.folder, self.as_of = folder, as_of
        self.paths = write_sample(folder / "inbox", voters, seed, as_of)
        self.voters, self.history = _read(self.paths.voters_file), _read(self.paths.history_file)
        self.people, self.relations, self.duplicates, self.turnout = (
            pl.read_parquet(self.paths.truth_dir / f"{name}.parquet")
            for name in ("people", "relations", "duplicates", "turnout")
        )


def _read(path):
    text = path.read_bytes().decode("latin-1").encode("utf-8")
    return pl.read_csv(text, separator="\t", infer_schema=False).fill_null("")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return Sample(tmp_path_factory.mktemp("now"))


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    return Sample(tmp_path_factory.mktemp("later"), LATER)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    return Sample(tmp_path_factory.mktemp("earlier"), EARLIER)


def _share(frame, condition):
    return frame.select(condition.mean()).item()


def _ballots(sample):
    """History once a voter and election, with the truth of the voter."""
    return (
        sample.history.unique(["ncid", "election_lbl"], maintain_order=True)
        .join(sample.people, on="ncid")
        .with_columns(held=pl.col("election_lbl").str.to_date("%m/%d/%Y"))
    )


# Bytes and layout


def test_same_seed_same_bytes_and_another_seed_other_bytes(tmp_path):
    def files(name, seed):
        paths = write_sample(tmp_path / name / "inbox", 2_000, seed)
        written = [paths.voters_file, paths.history_file, *sorted(paths.truth_dir.iterdir())]
        return {path.name: path.read_bytes() for path in written}

    first, again, other = files("a", 1), files("b", 1), files("c", 2)
    assert first == again
    assert all(first[name] != other[name] for name in first if name != "duplicates.parquet")


@pytest.mark.parametrize(("name", "header"), [("voters_file", VOTER_HEADER), ("history_file", HISTORY_HEADER)])
def test_layout_is_exact(sample, name, header):
    path = getattr(sample.paths, name)
    data = path.read_bytes()
    columns = header.split()
    assert len(columns) in (67, 15)
    lines = data.split(b"\r\n")
    assert lines.pop() == b""
    assert lines[0] == b"\t".join(b'"%s"' % column.encode() for column in columns)
    assert data.count(b"\n") == data.count(b"\r") == len(lines)
    record = re.compile(rb'"[^"\t]*"(?:\t"[^"\t]*"){%d}' % (len(columns) - 1))
    assert all(record.fullmatch(line) for line in lines)
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", data)
    assert datetime.fromtimestamp(path.stat().st_mtime, UTC) == datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_text_is_upper_case_latin_1_with_the_names_that_trip_readers(sample):
    data = sample.paths.voters_file.read_bytes().split(b"\r\n", 1)[1]
    assert not re.search(rb"[a-z]", data)
    assert {0xD1, 0xC9} <= set(data)  # Ñ and É
    names = sample.voters["last_name"]
    for form in ("'", "-", "DE LA CRUZ"):
        assert names.str.contains(form, literal=True).any(), form
    assert names.str.ends_with(" ").any()


def test_truth_lies_beside_the_folder_and_nothing_else_is_in_it(sample):
    assert sample.paths.truth_dir == sample.folder / "truth"
    assert sorted(p.name for p in (sample.folder / "inbox").iterdir()) == [
        "ncvhis_Statewide.txt",
        "ncvoter_Statewide.txt",
    ]


@pytest.mark.parametrize("voters", [100, 137, 1_000])
def test_small_states_work_and_have_as_many_rows_as_asked(tmp_path, voters):
    paths = write_sample(tmp_path / "inbox", voters, 3)
    assert _read(paths.voters_file).height == voters


def test_refuses_a_day_or_size_that_it_cannot_make(tmp_path):
    for voters, as_of in ((99, SAMPLE_AS_OF), (1_000, date(2015, 12, 31)), (1_000, date(2029, 1, 1))):
        with pytest.raises(Mendable, match="sample state"):
            write_sample(tmp_path / "inbox", voters, 1, as_of)
    assert not (tmp_path / "inbox").exists()


# What the state looks like


def test_ids_are_unique_and_marked_as_sample(sample):
    ncid = sample.voters["ncid"]
    assert ncid.len() == ncid.n_unique() == VOTERS
    assert ncid.str.contains(r"^ZZ\d{7}$").all()
    assert sample.voters.select("county_id", "voter_reg_num").is_unique().all()
    assert sample.voters["voter_reg_num"].n_unique() < VOTERS  # unique within a county only


def test_rates_of_the_voter_file(sample):
    published = [
        ((pl.col("status_cd") == "A"), 0.82),
        ((pl.col("status_cd") == "I"), 0.085),
        ((pl.col("status_cd") == "R"), 0.091),
        ((pl.col("party_cd") == "DEM"), 0.313),
        ((pl.col("party_cd") == "REP"), 0.299),
        ((pl.col("party_cd") == "UNA"), 0.379),
        ((pl.col("full_phone_number") == ""), 0.584),
        ((pl.col("res_street_address") == "REMOVED"), 0.091),
        ((pl.col("res_city_desc") == ""), 0.0913),
        ((pl.col("precinct_abbrv") == ""), 0.108),
        ((pl.col("middle_name") == ""), 0.072),
        ((pl.col("name_suffix_lbl") == ""), 0.95),
        ((pl.col("birth_state") == ""), 0.195),
    ]
    for condition, share in published:
        assert _share(sample.voters, condition) == pytest.approx(share, abs=0.01), str(condition)
    assert _share(sample.voters, pl.col("gender_code") == "U") == pytest.approx(0.055, abs=0.015)


def test_rare_dirt_is_there(sample):
    masked = pl.col("registr_dt") == "##/##/####"
    rare = [
        (masked, 0.003),
        (masked & (pl.col("county_id") == "26"), 0.0015),
        ((pl.col("registr_dt") == "01/01/1900"), 0.0012),
        ((pl.col("confidential_ind") == "Y"), 0.001),
        ((pl.col("age_at_year_end").cast(int) < 18), 0.001),
        ((pl.col("birth_year") == "1900"), 0.0003),
        ((pl.col("status_cd") == "S"), 0.0006),
    ]
    for condition, share in rare:
        # Five standard errors of a count, and room for rounding.
        assert _share(sample.voters, condition) == pytest.approx(share, abs=5 * (share / VOTERS) ** 0.5 + 1e-4)
    assert sample.voters["full_phone_number"].str.contains(")", literal=True).any()


def test_household_sizes_by_person(sample):
    seen = sample.voters.filter(~pl.col("res_street_address").is_in(["", "REMOVED"]))
    size = pl.len().over("county_id", "zip_code", "res_street_address")
    shares = seen.with_columns(size=size)["size"].value_counts(normalize=True)
    shares = dict(shares.iter_rows())
    for people, share in ((1, 0.139), (2, 0.622), (3, 0.167), (4, 0.061)):
        assert shares[people] == pytest.approx(share, abs=0.015)
    assert max(shares) > 10


def test_party_goes_with_age_race_county_and_household(sample):
    voters = sample.voters.with_columns(age=pl.col("age_at_year_end").cast(int))

    def una(low, high):
        return _share(voters.filter(pl.col("age").is_between(low, high)), pl.col("party_cd") == "UNA")

    assert una(18, 34) > una(35, 44) > una(55, 74) > una(75, 110)
    dem = pl.col("party_cd") == "DEM"
    assert _share(voters.filter(pl.col("race_code") == "B"), dem) > 2 * _share(
        voters.filter(pl.col("race_code") == "W"), dem
    )
    durham, yadkin = (voters.filter(pl.col("county_desc") == name) for name in ("DURHAM", "YADKIN"))
    assert _share(durham, dem) > 2 * _share(yadkin, dem)
    party = sample.voters.select("ncid", "party_cd")
    partners = (
        sample.relations.filter(pl.col("relation") == "partner")
        .join(party, left_on="ncid_a", right_on="ncid")
        .join(party, left_on="ncid_b", right_on="ncid", suffix="_b")
    )
    assert _share(partners, pl.col("party_cd") == pl.col("party_cd_b")) > 0.45  # chance alone: 0.33


def test_removed_and_confidential_voters_have_no_place(sample):
    removed = sample.voters.filter(pl.col("status_cd") == "R")
    assert (removed["res_street_address"] == "REMOVED").all()
    for column in ("res_city_desc", "zip_code", "mail_addr1", "precinct_abbrv", "nc_house_abbrv", "municipality_desc"):
        assert (removed[column] == "").all()
    hidden = sample.voters.filter((pl.col("confidential_ind") == "Y") & (pl.col("status_cd") != "R"))
    assert hidden.height
    for column in ("res_street_address", "zip_code", "mail_addr1", "full_phone_number"):
        assert (hidden[column] == "").all()


# The truth


def test_truth_tells_who_is_who(sample):
    people, voters = sample.people, sample.voters
    assert people["person_number"].is_unique().all()
    ids = pl.concat([people["ncid"], people["duplicate_ncid"].drop_nulls()])
    assert sorted(ids) == sorted(voters["ncid"])
    pairs = sample.duplicates.join(voters, on="ncid").join(
        voters, left_on="duplicate_ncid", right_on="ncid", suffix="_b"
    )
    assert pairs.height == sample.duplicates.height == 1
    for column in ("last_name", "first_name", "middle_name", "birth_year", "res_street_address", "gender_code"):
        assert (pairs[column] == pairs[column + "_b"]).all()
    joined = voters.join(people, on="ncid")
    assert (joined["status_cd"] == joined["status"]).all()
    assert ((joined["confidential_ind"] == "Y") == joined["is_confidential"]).all()
    assert ((joined["age_at_year_end"].cast(int) < 18) == joined["is_under_18"]).all()
    known = joined.filter(~pl.col("registr_dt").is_in(["##/##/####", "01/01/1900"]))
    assert (known["registr_dt"] == known["county_registration_date"].dt.strftime("%m/%d/%Y")).all()
    assert (joined["county_registration_date"] >= joined["registration_date"]).all()


def test_families_make_sense(sample):
    births = sample.people.select("ncid", "birth_date", "residence", "status")
    pairs = (
        sample.relations.join(births, left_on="ncid_a", right_on="ncid")
        .join(births, left_on="ncid_b", right_on="ncid", suffix="_b")
        .with_columns(years=(pl.col("birth_date_b") - pl.col("birth_date")).dt.total_days() / 365.25)
    )
    gap = dict(pairs.group_by("relation").agg(pl.col("years").min()).iter_rows())
    assert gap["parent_child"] > 12
    assert set(gap) == {"partner", "parent_child", "sibling"}
    twins = pairs.filter((pl.col("relation") == "sibling") & (pl.col("years") == 0))
    assert twins.height
    alive = pairs.filter((pl.col("status") != "R") & (pl.col("status_b") != "R"))
    assert (alive["residence"] == alive["residence_b"]).all()
    names = sample.voters.select("ncid", "first_name", "middle_name", "last_name", "name_suffix_lbl")
    parents = (
        pairs.filter(pl.col("relation") == "parent_child")
        .join(names, left_on="ncid_a", right_on="ncid")
        .join(names, left_on="ncid_b", right_on="ncid", suffix="_b")
    )
    same = parents.filter(
        (pl.col("first_name") == pl.col("first_name_b")) & (pl.col("last_name") == pl.col("last_name_b"))
    )
    assert (same["name_suffix_lbl_b"] == "JR").sum() > 20


def test_turnout_is_as_published(sample):
    by_election = sample.turnout.group_by("election").agg(pl.col("registered", "ballots").sum())
    turnout = {e: b / r for e, r, b in by_election.iter_rows()}
    published = {
        "05/08/2018 PRIMARY": 0.14,
        "11/06/2018 GENERAL": 0.53,
        "03/03/2020 PRIMARY": 0.31,
        "11/03/2020 GENERAL": 0.754,
        "05/17/2022 PRIMARY": 0.20,
        "11/08/2022 GENERAL": 0.51,
        "03/05/2024 PRIMARY": 0.24,
        "11/05/2024 GENERAL": 0.737,
        "03/03/2026 PRIMARY": 0.20,
        "11/03/2026 GENERAL": 0.53,
    }
    assert turnout == pytest.approx(published, abs=0.012)
    parties = sample.turnout.filter(pl.col("election") == "11/05/2024 GENERAL").with_columns(
        turnout=pl.col("ballots") / pl.col("registered")
    )
    parties = dict(parties.select("party", "turnout").iter_rows())
    assert {p: parties[p] for p in ("REP", "DEM", "UNA")} == pytest.approx(
        {"REP": 0.798, "DEM": 0.731, "UNA": 0.669}, abs=0.02
    )


def test_history_is_the_truth_in_numbers(sample):
    ballots = _ballots(sample)
    counted = dict(ballots.group_by("election_desc").len().iter_rows())
    truth = dict(sample.turnout.group_by("election").agg(pl.col("ballots_in_file").sum()).iter_rows())
    assert counted == truth


def test_nobody_votes_before_registration_or_under_18(sample):
    ballots = _ballots(sample)
    assert ballots.height > 3 * VOTERS
    assert (ballots["held"] > ballots["registration_date"]).all()
    assert (ballots["held"] >= ballots["birth_date"].dt.offset_by("18y")).all()


def test_voting_is_a_habit(sample):
    ballots = _ballots(sample)
    votes = ballots.group_by("ncid").len()["len"]
    assert (votes == 10).sum() > 0.01 * VOTERS
    assert votes.is_between(3, 6).sum() > 0.25 * VOTERS
    today = ballots.filter(pl.col("election_lbl") == "11/03/2026").select("ncid", voted=pl.lit(True))
    active = sample.people.filter(pl.col("status") == "A").join(today, on="ncid", how="left")
    fifths = active.with_columns(fifth=pl.col("propensity").qcut(5, labels=list("abcde")))
    rates = fifths.group_by("fifth").agg(
        pl.col("voted").fill_null(False).mean(), pl.col("propensity").mean()
    ).sort("fifth")  # fmt: skip
    assert rates["voted"].to_list() == pytest.approx(rates["propensity"].to_list(), abs=0.04)
    assert rates["voted"][4] - rates["voted"][0] > 0.6


def test_voting_methods_and_their_labels(sample):
    history = sample.history
    share = dict(
        history.filter(pl.col("election_lbl") == "11/03/2020")["voting_method"].value_counts(normalize=True).iter_rows()
    )
    assert share["ABSENTEE BY MAIL"] == pytest.approx(0.176, abs=0.012)
    assert share["ABSENTEE ONESTOP"] == pytest.approx(0.624, abs=0.012)
    doubled = history.height - history.unique(["ncid", "election_lbl"]).height
    assert doubled / history.height == pytest.approx(0.005, abs=0.001)
    pair = {
        frozenset(("ABSENTEE ONESTOP", "EARLY VOTING IN-PERSON")),
        frozenset(("IN-PERSON", "ELECTION DAY IN-PERSON")),
    }
    twice = history.group_by("ncid", "election_lbl").agg("voting_method").filter(pl.col("voting_method").list.len() > 1)
    assert {frozenset(methods) for methods in twice["voting_method"]} == pair
    single = history.join(twice, on=["ncid", "election_lbl"], how="anti")
    old = single.filter(pl.col("election_lbl").str.slice(6) <= "2022")["voting_method"].unique()
    new = single.filter(pl.col("election_lbl").str.slice(6) >= "2024")["voting_method"].unique()
    assert not {"EARLY VOTING IN-PERSON", "ELECTION DAY IN-PERSON"} & set(old)
    assert not {"ABSENTEE ONESTOP", "IN-PERSON"} & set(new)


def test_history_of_movers_strangers_and_primaries(sample):
    history = sample.history
    assert 0.03 < _share(history, pl.col("county_id") != pl.col("voted_county_id")) < 0.12
    strangers = history.join(sample.voters, on="ncid", how="anti").height / history.height
    assert 0 < strangers < 0.001
    assert (history.join(sample.voters, on="ncid")["status_cd"] == "R").any()
    primary = history.filter(pl.col("election_desc").str.ends_with("PRIMARY"))
    assert "UNA" not in primary["voted_party_cd"]


# One life, several snapshots


def test_a_later_snapshot_changes_in_proportion(sample, later):
    both = sample.voters.join(later.voters, on="ncid", suffix="_b")
    years = (LATER - SAMPLE_AS_OF).days / 365.25
    live = both.filter((pl.col("status_cd") != "R") & (pl.col("status_cd_b") != "R"))
    homes = sample.people.join(later.people, on="ncid", suffix="_b").join(live.select("ncid"), on="ncid", how="semi")
    assert 0.06 < _share(homes, pl.col("residence") != pl.col("residence_b")) / years < 0.10
    assert 0.010 < _share(live, pl.col("party_cd") != pl.col("party_cd_b")) / years < 0.020
    assert 0.003 < _share(live, pl.col("last_name") != pl.col("last_name_b")) / years < 0.009
    assert 0.01 < _share(live, (pl.col("status_cd") == "A") & (pl.col("status_cd_b") == "I")) / years < 0.04
    was_live = sample.voters.filter(pl.col("status_cd") != "R")
    still = later.voters.filter(pl.col("status_cd") != "R")
    assert 0.025 < was_live.join(still, on="ncid", how="anti").height / was_live.height / years < 0.055
    new = later.voters.join(sample.voters, on="ncid", how="anti").height
    assert 0.035 < new / VOTERS / years < 0.065
    dropped = sample.voters.join(later.voters, on="ncid", how="anti")
    assert 0.02 < dropped.height / VOTERS / years < 0.07
    assert _share(dropped, pl.col("status_cd") == "R") > 0.9


def test_the_unchanged_are_unchanged_byte_for_byte(sample, later):
    # Age moves with the year, status and its reason with time; all else stays unless something happened.
    moving = {"age_at_year_end", "status_cd", "voter_status_desc", "reason_cd", "voter_status_reason_desc"}
    columns = [c for c in sample.voters.columns if c not in moving]
    both = sample.voters.join(later.voters, on="ncid", suffix="_b")
    for column in ("first_name", "birth_year", "birth_state", "race_code", "ethnic_code", "gender_code"):
        assert (both[column] == both[column + "_b"]).all()
    homes = sample.people.join(later.people, on="ncid", suffix="_b")
    settled = homes.filter((pl.col("residence") == pl.col("residence_b")) & (pl.col("status_b") != "R"))
    at_home = both.join(settled, on="ncid", how="semi").filter(
        (pl.col("last_name") == pl.col("last_name_b")) & (pl.col("party_cd") == pl.col("party_cd_b"))
    )
    at_home = at_home.filter(pl.col("middle_name") == pl.col("middle_name_b"))
    assert at_home.height > 0.75 * VOTERS
    for column in columns:
        if column != "ncid":
            assert (at_home[column] == at_home[column + "_b"]).all(), column
    old_votes = later.history.join(sample.voters.select("ncid"), on="ncid", how="semi")
    keys = ["ncid", "election_lbl", "voting_method", "voted_county_id", "pct_label", "voted_party_cd"]
    assert old_votes.join(sample.history, on=keys, how="anti").height == 0


def test_moves_to_another_county_make_a_new_registration(sample, later):
    both = sample.voters.join(later.voters, on="ncid", suffix="_b")
    away = both.filter(pl.col("county_id") != pl.col("county_id_b"))
    dated = away.filter(~pl.col("registr_dt_b").is_in(["##/##/####", "01/01/1900"]))
    assert dated.height > 200
    assert (away["voter_reg_num"] != away["voter_reg_num_b"]).all()
    since = dated["registr_dt_b"].str.to_date("%m/%d/%Y")
    assert since.min() > SAMPLE_AS_OF
    assert since.max() <= LATER


def test_an_earlier_snapshot_knows_nothing_of_what_comes(sample, earlier):
    held = earlier.history["election_lbl"].str.to_date("%m/%d/%Y")
    assert held.max() == date(2022, 11, 8)
    assert earlier.turnout["election_date"].max() == date(2022, 11, 8)
    assert earlier.people["registration_date"].max() <= EARLIER
    both = sample.people.join(earlier.people, on="ncid", suffix="_b")
    assert both.height > 0.7 * VOTERS
    assert (both["birth_date"] == both["birth_date_b"]).all()
    assert not ((both["status_b"] == "R") & (both["status"] != "R")).any()
    counts = earlier.voters["status_cd"].value_counts(normalize=True)
    assert np.isclose(dict(counts.iter_rows())["R"], 0.095, atol=0.02)
