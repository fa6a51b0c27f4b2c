"""What a generated state's campaign has of people beyond the voter file: the exports of its tools and what it bought, with their truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orchestration.sample.layouts import actblue, app, fec, l2, lists, meta, van, web
from orchestration.sample.layouts.text import Sample

STATES = ("NC",)
WRITERS = (actblue.write, fec.write, l2.write, meta.write, web.write, app.write, van.write, lists.write)


@dataclass(frozen=True)
class CampaignFiles:
    """The files, and what they do not say: tables of truth by name."""

    files: tuple[Path, ...]
    truth: dict[str, pl.DataFrame]


def write_campaign(out: Path, sample: Sample) -> CampaignFiles:
    """Write the files of every source. None of a state that they are not made for."""
    files: list[Path] = []
    truth: dict[str, pl.DataFrame] = {}
    for write in WRITERS if sample.state.region.code in STATES else ():
        written, known = write(out, sample)
        files += written
        truth |= known
    return CampaignFiles(tuple(files), truth)
