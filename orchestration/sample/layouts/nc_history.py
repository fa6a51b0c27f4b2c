"""The text of the sample's vote history file: one record for a ballot, and now and then two."""

import numpy as np
import polars as pl

from orchestration.sample.draw import day, stream, words
from orchestration.sample.layouts.text import digits, ids, texts
from orchestration.sample.life import PARTIES, State
from orchestration.sample.snapshot import Addresses, Snapshot
from orchestration.sample.turnout import EARLY, POLLS, Votes

HISTORY_COLUMNS = words(
    "county_id county_desc voter_reg_num election_lbl election_desc voting_method voted_party_cd voted_party_desc "
    "pct_label pct_description ncid voted_county_id voted_county_desc vtd_label vtd_description"
)
PARTY_NAMES = ("DEMOCRATIC", "REPUBLICAN", "UNAFFILIATED", "LIBERTARIAN", "GREEN")
# The ways of voting in the order of `turnout.METHODS`, then the two labels that replaced others from 2024 on.
METHOD_LABELS = (
    "ABSENTEE BY MAIL",
    "ABSENTEE ONESTOP",
    "IN-PERSON",
    "ABSENTEE CURBSIDE",
    "PROVISIONAL",
    "TRANSFER",
    "EARLY VOTING IN-PERSON",
    "ELECTION DAY IN-PERSON",
)
NEW_LABELS_FROM, NEW_EARLY, NEW_POLLS = 2024, 6, 7
TWO_LABELS = 0.0054  # of ballots stand in the file under the old and the new label


class HistoryRows:
    """Makes vote history records of a snapshot, slice by slice, in the order of the voter file."""

    def __init__(self, state: State, votes: Votes, snapshot: Snapshot, addresses: Addresses) -> None:
        self.state, self.votes, self.snapshot, self.addresses = state, votes, snapshot, addresses
        elections = state.region.elections
        held = [day(e.held) <= day(snapshot.as_of) for e in elections]
        voter, election = np.nonzero(votes.voted[snapshot.who] & np.array(held))
        who = snapshot.who[voter]
        method = votes.method[who, election]
        twice = np.isin(method, (EARLY, POLLS))
        twice &= stream(state.seed, "two labels").random(votes.voted.shape)[who, election] < TWO_LABELS
        copies = 1 + twice.astype(int)
        self._voter, self._election = np.repeat(voter, copies), np.repeat(election, copies)
        again = np.zeros(len(self._voter), dtype=bool)
        again[1:] = (self._voter[1:] == self._voter[:-1]) & (self._election[1:] == self._election[:-1])
        new = np.array([e.held.year >= NEW_LABELS_FROM for e in elections])[self._election] ^ again
        method = np.repeat(method, copies)
        self._label = np.where(new & (method == EARLY), NEW_EARLY, np.where(new & (method == POLLS), NEW_POLLS, method))
        self._ncid = ids(state, snapshot.who)
        self._reg_num = digits(snapshot.voter_reg_num, 12)

    def __len__(self) -> int:
        return len(self._voter)

    def make(self, start: int, end: int) -> pl.DataFrame:
        """The records from `start` to `end`."""
        snap, places, elections = self.snapshot, self.state.places, self.state.region.elections
        voter, election = self._voter[start:end], self._election[start:end]
        who = snap.who[voter]
        home = self.votes.residence[who, election]
        precinct = self.addresses.precinct[home]
        voted_county = self.state.residence_county[home]
        ballot = self.votes.ballot[who, election].astype(np.int64)
        counties = [str(i + 1) for i in range(len(places.county_names))]
        names = places.county_names
        precinct_text = {c: places.precincts[c].gather(precinct) for c in
                         ("precinct_abbrv", "precinct_desc", "vtd_abbrv", "vtd_desc")}  # fmt: skip
        columns = {
            "county_id": texts(counties, snap.county[voter]),
            "county_desc": texts(names, snap.county[voter]),
            "voter_reg_num": self._reg_num.gather(voter),
            "election_lbl": texts([e.label for e in elections], election),
            "election_desc": texts([f"{e.label} {e.kind}" for e in elections], election),
            "voting_method": texts(METHOD_LABELS, self._label[start:end]),
            "voted_party_cd": texts(PARTIES, ballot),
            "voted_party_desc": texts(PARTY_NAMES, ballot),
            "pct_label": precinct_text["precinct_abbrv"],
            "pct_description": precinct_text["precinct_desc"],
            "ncid": self._ncid.gather(voter),
            "voted_county_id": texts(counties, voted_county),
            "voted_county_desc": texts(names, voted_county),
            "vtd_label": precinct_text["vtd_abbrv"],
            "vtd_description": precinct_text["vtd_desc"],
        }
        return pl.DataFrame(columns)
