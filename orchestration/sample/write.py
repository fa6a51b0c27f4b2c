"""The sample's files: the state's text in the exact form of the public files, and the truth beside them."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.sample.layouts import co, fl, ga, mi, nc, oh, pa, wa
from orchestration.sample.layouts.campaign import write_campaign
from orchestration.sample.layouts.official import write_official
from orchestration.sample.layouts.text import Sample
from orchestration.sample.life import build_state
from orchestration.sample.people import SAMPLE_AS_OF, WINDOW
from orchestration.sample.regions import REGIONS
from orchestration.sample.snapshot import address_residences, take_snapshot
from orchestration.sample.truth import truth_tables
from orchestration.sample.turnout import hold_elections
from orchestration.settings import Mendable

FEWEST_VOTERS = 100
LAYOUTS = {
    "NC": nc.write,
    "OH": oh.write,
    "FL": fl.write,
    "MI": mi.write,
    "GA": ga.write,
    "WA": wa.write,
    "CO": co.write,
    "PA": pa.write,
}


@dataclass(frozen=True)
class SamplePaths:
    """Where a sample was written."""

    files: tuple[Path, ...]  # the voter file or files first
    truth_dir: Path
    official_files: tuple[Path, ...] = ()  # precinct results and turnout
    campaign_files: tuple[Path, ...] = ()  # what people give the campaign

    @property
    def voters_file(self) -> Path:
        """The first of the files that hold voters."""
        return self.files[0]

    @property
    def history_file(self) -> Path:
        """The last of the files, which holds the vote history."""
        return self.files[-1]


def write_sample(
    out: Path,
    voters: int,
    seed: int,
    as_of: date = SAMPLE_AS_OF,
    state: str = "NC",
    official: bool = False,
    campaign: bool = False,
) -> SamplePaths:
    """Write a state's voter file, its vote history, and the truth in a folder `truth/<state>` beside `out` (North Carolina's
    in `truth` itself).

    `voters` is the number of voter records on SAMPLE_AS_OF, those included that some states do not list (removed,
    denied, confidential); another `as_of` gives the same state on another day. The truth is never in `out`, where a
    scanner of deliveries would take it for one, and is for its owner only. With `official` the figures that counties would report are
    written, with `campaign` the exports of the campaign's own tools, where they are made for the state.

    Raises:
        Mendable: so few voters make no state, its life on that day is not known, or there is no layout of the state.
    """
    if voters < FEWEST_VOTERS:
        raise Mendable(f"a sample state has at least {FEWEST_VOTERS} voters, not {voters}")
    if not WINDOW[0] <= as_of <= WINDOW[1]:
        raise Mendable(f"the sample state's life is known from {WINDOW[0]} to {WINDOW[1]}, not on {as_of}")
    if state not in LAYOUTS:
        raise Mendable(f"there is no sample state {state}, only {', '.join(LAYOUTS)}")
    out = Path(out)
    truth = out.absolute().parent / "truth"
    truth_dir = truth / ("" if state == "NC" else state.lower())
    made = build_state(voters, seed, REGIONS[state])
    votes = hold_elections(made)
    snapshot = take_snapshot(made, as_of)
    addresses = address_residences(made)
    out.mkdir(parents=True, exist_ok=True)
    truth_dir.mkdir(parents=True, exist_ok=True)
    truth.chmod(0o700)  # as the folders of deliveries: `truth` of a state looks like personal data
    for name, table in truth_tables(made, votes, snapshot).items():
        table.write_parquet(truth_dir / f"{name}.parquet")
    sample = Sample(made, votes, snapshot, addresses)
    files = LAYOUTS[state](out, sample)
    official_files = write_official(out, sample) if official else []
    campaign_files: tuple[Path, ...] = ()
    if campaign:
        written = write_campaign(out, sample)
        campaign_files = written.files
        for name, table in written.truth.items():
            table.write_parquet(truth_dir / f"{name}.parquet")
    return SamplePaths(tuple(files), truth_dir, tuple(official_files), campaign_files)
