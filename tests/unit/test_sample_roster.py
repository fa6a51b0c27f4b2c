"""The people of the sample's sources are the same in each of them, on each day, and as many as said."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from orchestration.sample.layouts.text import Sample
from orchestration.sample.life import build_state
from orchestration.sample.people import SAMPLE_AS_OF
from orchestration.sample.regions import REGIONS
from orchestration.sample.roster import WITH_EMAIL, WITH_PHONE, roster
from orchestration.sample.snapshot import address_residences, take_snapshot
from orchestration.sample.turnout import hold_elections

VOTERS = 4000


@pytest.fixture(scope="module")
def days() -> list[Sample]:
    """The same state today and some weeks before."""
    state = build_state(VOTERS, 7, REGIONS["NC"])
    votes, addresses = hold_elections(state), address_residences(state)
    return [Sample(state, votes, take_snapshot(state, day), addresses) for day in (SAMPLE_AS_OF, date(2026, 10, 1))]


@pytest.mark.parametrize(("share", "reached_by"), [(0.8, None), (0.15, "email"), (0.2, "phone")])
def test_shares_are_those_asked_for(days, share, reached_by):
    people = roster(days[0], "a shop", share, reached_by).filter("is_here")
    assert people["ncid"].count() / VOTERS == pytest.approx(share, rel=0.15)
    assert people["ncid"].null_count() / len(people) == pytest.approx(0.25, abs=0.04)
    assert people["person"].is_unique().all()
    if reached_by:
        assert (people[reached_by] != "").all()
    else:
        assert (people["email"] != "").mean() == pytest.approx(WITH_EMAIL, abs=0.03)
        assert (people["phone"] != "").mean() == pytest.approx(WITH_PHONE, abs=0.03)


def test_a_person_has_one_address_and_number_in_all_sources(days):
    one, other = (roster(days[0], source, 0.8) for source in ("a shop", "a paper"))
    both = one.join(other, on="person", suffix="_there")
    assert len(both) > len(one) / 2
    for column in ("email", "phone", "birth_date", "sex", "ncid"):
        assert both[column].equals(both[f"{column}_there"], null_equal=True), column
    for column in ("first_name", "last_name", "street"):
        assert 0 < (both[column] != both[f"{column}_there"]).mean() < 0.4, column


def test_rows_are_those_of_every_day(days):
    """What a source draws for each row is then the same in each snapshot; only who is there changes."""
    today, before = (roster(day, "a shop", 0.5) for day in days)
    stays = ["person", "ncid", "first_name", "birth_date", "email", "phone"]
    assert today.select(stays).equals(before.select(stays))
    assert not today["is_here"].equals(before["is_here"])


def test_some_share_the_address_of_their_household(days):
    people = roster(days[0], "a shop", 1.0).filter(pl.col("email") != "")
    owners = people.group_by("email").agg(pl.col("last_name").n_unique(), pl.len())
    assert 0 < (owners["len"] > 1).sum() < 0.05 * len(owners)
