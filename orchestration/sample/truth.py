"""What the sample's files do not say: who is who, who belongs together, and how many voted. For tests and scores."""

import numpy as np
import polars as pl

from orchestration.sample.draw import day
from orchestration.sample.layouts.text import ids
from orchestration.sample.life import PARTIES, State
from orchestration.sample.people import CHILD, HEAD, KIND_NAMES, PARTNER
from orchestration.sample.snapshot import STATUS_CODES, Snapshot
from orchestration.sample.turnout import Votes


def truth_tables(state: State, votes: Votes, snapshot: Snapshot) -> dict[str, pl.DataFrame]:
    """The four truth tables of a snapshot, by name."""
    who, today = snapshot.who[: snapshot.rows], day(snapshot.as_of)
    at_home = (state.joined[who] <= today) & (today < state.left[who])
    first = state.people.original[who] == who
    return {
        "people": _people(state, votes, snapshot, who, at_home, first),
        "relations": _relations(state, who[at_home & first]),
        "duplicates": _duplicates(state, who[~first]),
        "turnout": _turnout(state, votes, snapshot, who),
    }


def _numbers(state: State, who: np.ndarray) -> pl.Series:
    return pl.Series(state.number[state.people.original[who]])


def _people(
    state: State, votes: Votes, snapshot: Snapshot, who: np.ndarray, at_home: np.ndarray, first: np.ndarray
) -> pl.DataFrame:
    """One row a person of the voter file.

    `household_id` is shared by those who live together as a household; a person who lives alone for now has one of
    his own. `residence` is the home's number. `registration_date` is the true first registration;
    `county_registration_date` the one that the file shows where it is not masked. `is_under_18` counts as the file
    can: by year of birth. `propensity` is the true chance to vote in the general election of 2026.
    """
    people = state.people
    rows = slice(0, snapshot.rows)
    kind = pl.Series(KIND_NAMES).gather(state.homes.kind[people.household[who]])
    return pl.DataFrame(
        {
            "person_number": _numbers(state, who),
            "ncid": ids(state, who),
            "household_id": np.where(at_home, people.household[who], len(state.homes.kind) + who),
            "household_kind": pl.select(
                pl.when(pl.Series(at_home)).then(kind).otherwise(pl.lit("single"))
            ).to_series(),
            "residence": snapshot.residence[rows],
            "birth_date": pl.Series(people.birth[who].astype(np.int32)).cast(pl.Date),
            "registration_date": pl.Series(state.registered[who].astype(np.int32)).cast(pl.Date),
            "county_registration_date": pl.Series(snapshot.county_since[rows].astype(np.int32)).cast(pl.Date),
            "status": pl.Series(STATUS_CODES).gather(snapshot.status[rows]),
            "is_confidential": snapshot.is_confidential[rows],
            "is_under_18": snapshot.as_of.year - snapshot.true_birth_year[rows] < 18,
            "propensity": votes.propensity[who],
        }
    ).filter(pl.Series(first)).join(
        _duplicates(state, who[~first]).select("ncid", "duplicate_ncid"), on="ncid", how="left", maintain_order="left"
    )  # fmt: skip


def _duplicates(state: State, second: np.ndarray) -> pl.DataFrame:
    """Pairs of ncids that are one person."""
    original = state.people.original[second]
    return pl.DataFrame(
        {
            "person_number": _numbers(state, second),
            "ncid": ids(state, original),
            "duplicate_ncid": ids(state, second),
        }
    )


def _relations(state: State, who: np.ndarray) -> pl.DataFrame:
    """Pairs of people of one household that are partners, parent (first) and child, or siblings."""
    members = pl.DataFrame(
        {
            "household_id": state.people.household[who],
            "role": state.people.role[who].astype(np.int64),
            "number": _numbers(state, who),
            "ncid": ids(state, who),
        }
    ).filter(pl.col("role").is_in([HEAD, PARTNER, CHILD]))
    pairs = members.join(members, on="household_id", suffix="_b", maintain_order="left_right")
    role, other = pl.col("role"), pl.col("role_b")
    relation = (
        pl.when((role == HEAD) & (other == PARTNER)).then(pl.lit("partner"))
        .when(role.is_in([HEAD, PARTNER]) & (other == CHILD)).then(pl.lit("parent_child"))
        .when((role == CHILD) & (other == CHILD) & (pl.col("number") < pl.col("number_b"))).then(pl.lit("sibling"))
    )  # fmt: skip
    return (
        pairs.with_columns(relation=relation)
        .filter(pl.col("relation").is_not_null())
        .select(
            "household_id",
            "relation",
            person_number_a="number",
            person_number_b="number_b",
            ncid_a="ncid",
            ncid_b="ncid_b",
        )
    )


def _turnout(state: State, votes: Votes, snapshot: Snapshot, who: np.ndarray) -> pl.DataFrame:
    """One row an election and party.

    `registered` and `ballots` count everybody registered then by the party of the time, also those who have left the
    file since; `ballots_in_file` those whose voter record is in the file; `ballots_of_party` the ballots that the
    history gives this party, which in a primary is not the registration's.
    """
    rows = []
    in_file = np.zeros(len(state.people), dtype=bool)
    in_file[who] = True
    for column, election in enumerate(state.region.elections):
        if election.held > snapshot.as_of:
            continue
        voted = votes.voted[:, column]
        for code, party in enumerate(PARTIES):
            of_party = votes.party[:, column] == code
            rows.append(
                {
                    "election_date": election.held,
                    "election": f"{election.label} {election.kind}",
                    "party": party,
                    "registered": int((votes.registered[:, column] & of_party).sum()),
                    "ballots": int((voted & of_party).sum()),
                    "ballots_in_file": int((voted & of_party & in_file).sum()),
                    "ballots_of_party": int((voted & (votes.ballot[:, column] == code)).sum()),
                }
            )
    columns = {"election_date": pl.Date, "election": pl.String, "party": pl.String}
    counts = ("registered", "ballots", "ballots_in_file", "ballots_of_party")
    return pl.DataFrame(rows, schema=columns | dict.fromkeys(counts, pl.Int64))
