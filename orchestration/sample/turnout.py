"""Who votes in the sample state, in which way and in which county, in each of its elections (`regions.py`).

Each election is calibrated to its published turnout; the same people tend to vote each time and in the same way.
Nothing here says whom anybody votes for: a ballot has a party only in a primary, as in the public files.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from orchestration.sample.draw import day, shift_for, sigmoid, stream
from orchestration.sample.life import DEM, GRE, LIB, REP, UNA, State
from orchestration.sample.regions import Election

METHODS = ("BY MAIL", "ONE-STOP", "ELECTION DAY", "CURBSIDE", "PROVISIONAL", "TRANSFER")
MAIL, EARLY, POLLS, CURBSIDE, PROVISIONAL, TRANSFER = range(6)
REGISTRATION_ENDS = 3  # days before the election: the end of one-stop voting, where one can register and vote
BOOKS_CLOSE = 25  # days before the election: who registers later votes at one-stop


# Turnout by age rises to about 70 and falls after 80 (as in the 2006 Michigan control group), in logits.
BY_AGE = ([18, 22, 30, 40, 55, 70, 80, 90, 100], [-0.7, -0.9, -0.5, 0.0, 0.5, 0.9, 0.6, -0.3, -1.2])
OF_VOTERS = 1.9  # how strongly habit, a standard normal, moves the logit
RARE_METHODS = (0.006, 0.004, 0.002)  # curbside, provisional, transfer


@dataclass
class Votes:
    """All ballots of the window. The matrices have a row a registration and a column an election."""

    registered: np.ndarray
    voted: np.ndarray
    party: np.ndarray  # of registration at the time
    ballot: np.ndarray  # the party on the ballot's record: in a primary the party whose ballot was taken
    method: np.ndarray
    residence: np.ndarray
    propensity: np.ndarray  # true chance to vote in the general election of 2026, if registered and active


def hold_elections(state: State) -> Votes:
    """Every election of the window, whatever the day of the snapshot."""
    people, size = state.people, len(state.people)
    elections = state.region.elections
    shape = (size, len(elections))
    votes = Votes(
        registered=np.zeros(shape, dtype=bool),
        voted=np.zeros(shape, dtype=bool),
        party=np.zeros(shape, dtype=np.int8),
        ballot=np.zeros(shape, dtype=np.int8),
        method=np.zeros(shape, dtype=np.int8),
        residence=np.zeros(shape, dtype=np.int32),
        propensity=np.zeros(size),
    )
    way = stream(state.seed, "voting method").standard_normal(size)
    second = people.original != np.arange(size)  # a second registration is never used to vote
    for column, election in enumerate(elections):
        rng = stream(state.seed, f"election {election.held}")
        when = day(election.held)
        party = state.party.at(when)
        age = (when - people.birth) / 365.25
        registered = state.registered <= when - REGISTRATION_ENDS
        registered &= (when < state.removed) & ~state.denied & ~second & _is_of_age(people.birth, election.held)
        able = registered & (when < state.inactive)
        logit = OF_VOTERS * people.habit + np.interp(age, *BY_AGE) + _party_effect(election, party)
        logit += 0.4 * rng.standard_normal(size)
        chance = np.zeros(size)
        for group, turnout in _groups(election, party, age):
            target = turnout * (registered & group).sum() / max((able & group).sum(), 1)
            who = np.flatnonzero(able & group)
            shift = shift_for(logit[who], target)
            chance[who] = sigmoid(logit[who] + shift)
            if column == len(elections) - 1:
                votes.propensity = sigmoid(logit + shift)
        voted = able & (rng.random(size) < chance)
        who = np.flatnonzero(voted)
        votes.registered[:, column] = registered
        votes.voted[:, column] = voted
        votes.party[:, column] = party
        late = state.registered[who] > when - BOOKS_CLOSE
        votes.method[who, column] = _methods(election, way[who], party[who], late, rng)
        votes.ballot[who, column] = _ballots(election, party[who], state.lean[who], rng)
        votes.residence[who, column] = state.residence(when, who)
    return votes


def _is_of_age(birth: np.ndarray, held: date) -> np.ndarray:
    """At least 18 on election day."""
    return birth <= day(held.replace(year=held.year - 18))


def _party_effect(election: Election, party: np.ndarray) -> np.ndarray:
    """Republicans vote a little more, the unaffiliated less, and in primaries much less."""
    general = np.array([0.05, 0.25, -0.3, -0.2, -0.2])
    primary = np.array([0.3, 0.35, -0.7, -1.2, -1.2])
    return (primary if election.kind == "PRIMARY" else general)[party]


def _groups(election: Election, party: np.ndarray, age: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """The groups with a published turnout each: parties, two ages or everybody."""
    if election.by_party:
        dem, rep, other = election.by_party
        return [(party == DEM, dem), (party == REP, rep), (party >= UNA, other)]
    if election.by_age:
        younger, older = election.by_age
        return [(age < 40, younger), (age >= 40, older)]
    return [(np.ones(len(age), dtype=bool), election.turnout)]


def _methods(
    election: Election, way: np.ndarray, party: np.ndarray, late: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Ways of voting: each person has a bent, Republicans a little more to the polling place."""
    bent = 0.75 * way + 0.66 * rng.standard_normal(len(way))
    bent += np.array([-0.2, 0.2, 0, 0, 0])[party]
    if len(bent) == 0:
        return np.zeros(0, dtype=np.int8)
    mail, early = np.quantile(bent, [election.mail, election.mail + election.early])
    method = np.where(bent < mail, MAIL, np.where(bent < early, EARLY, POLLS))
    u, start = rng.random(len(way)), 0.0
    for rare, share in zip((CURBSIDE, PROVISIONAL, TRANSFER), RARE_METHODS, strict=True):
        method = np.where((u >= start) & (u < start + share), rare, method)
        start += share
    return np.where(late, EARLY, method).astype(np.int8)


def _ballots(election: Election, party: np.ndarray, lean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The party of the ballot's record: the registration's, but the unaffiliated choose a primary."""
    if election.kind != "PRIMARY":
        return party
    # The contested primary draws: the Democratic one in 2020, the Republican one in 2024.
    pull = {2020: 0.5, 2024: -0.6}.get(election.held.year, 0.0)
    chosen = np.where(rng.random(len(party)) < sigmoid(0.8 * lean + pull), DEM, REP)
    small = np.isin(party, (LIB, GRE)) & (rng.random(len(party)) < 0.9)
    return np.where((party == UNA), chosen, np.where(small, LIB, party)).astype(np.int8)
