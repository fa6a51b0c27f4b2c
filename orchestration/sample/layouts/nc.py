"""North Carolina's two files: one of voters, one of their history, each of the whole state."""

from pathlib import Path

from orchestration.sample.layouts.nc_history import HISTORY_COLUMNS, HistoryRows
from orchestration.sample.layouts.nc_voters import VOTER_COLUMNS, VoterRows
from orchestration.sample.layouts.text import Sample, write_file


def write(out: Path, sample: Sample) -> list[Path]:
    """Tab, every field quoted, CRLF, latin-1."""
    voters = VoterRows(sample.state, sample.snapshot, sample.addresses)
    history = HistoryRows(sample.state, sample.votes, sample.snapshot, sample.addresses)
    day = sample.snapshot.as_of
    return [
        write_file(out / "ncvoter_Statewide.txt", VOTER_COLUMNS, voters.make, sample.snapshot.rows, day),
        write_file(out / "ncvhis_Statewide.txt", HISTORY_COLUMNS, history.make, len(history), day),
    ]
