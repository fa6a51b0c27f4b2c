"""Where things lie, what the campaign decided and what DuckDB may take of the machine: paths under the data directory,
`campaign.yaml` and the environment, typed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import yaml
from msgspec import Meta

ROOT = Path(__file__).resolve().parent.parent
GIB = 1 << 30
SMALLEST_MEMORY = GIB // 4  # with less a step ends in errors that do not say why
MEMORY_OF_A_THREAD = GIB // 8  # with less DuckDB runs out where it need not: each thread holds blocks of its own
_UNITS = {
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": GIB,
    "tib": 1 << 40,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
}


# Told by the names of their voter files' contracts: every command asks, and reading all contracts takes longer than some of them.
def contract_states() -> list[str]:
    """The states that there are contracts of."""
    contracts = ROOT / "orchestration" / "ingestion" / "contracts"
    return sorted(file.name[:2].upper() for file in contracts.glob("??_voters.yaml"))


class Mendable(Exception):
    """Something that whoever runs groundgame can put right; the message says what and how, and is all they see."""


class SettingsError(Mendable):
    """`campaign.yaml` or a variable of the environment cannot be used; the message names it, the line and the mend."""


class Keep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how many days what is no longer needed is kept."""

    runs_days: Annotated[int, Meta(ge=1)] = 90
    archive_days: Annotated[int, Meta(ge=1)] = 730
    exports_days: Annotated[int, Meta(ge=1)] = 30


class Campaign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decisions in `campaign.yaml`."""

    name: str
    states: Annotated[list[str], Meta(min_length=1)]
    election: date
    contest: str
    party: str
    schedule: str
    # Dollars that a person may give for one election: the federal limit of 2025 and 2026 unless the campaign's is another.
    contribution_limit: Annotated[int, Meta(ge=1)] = 3500
    holdout_percent: Annotated[float, Meta(ge=0, le=50)] = 1  # of residences; no list touches who lives there
    # Whether what bought files tell of religion, health, origin and the like is kept in private tables, to look into what was sold.
    audit_sensitive: bool = False
    keep: Keep = Keep()


def machine_memory() -> int:
    """The bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@dataclass(frozen=True)
class Limits:
    """What DuckDB may take of this machine. The campaign has no say in it, so the environment holds it."""

    # At most half, because dbt, Great Expectations and Dagster take memory of their own beside DuckDB, and DuckDB some beside its limit.
    # More than 3 GiB would be no faster: the marts of a million voters with 410 MiB, which is as 7.5 million with 3 GiB, write 0.03 GB
    # aside, and the largest of them take the same work with 410 MiB and with 3 GiB.
    memory: int = field(default_factory=lambda: min(machine_memory() // 2, 3 * GIB))
    threads: int | None = None  # None is one a processor, as many as the memory is enough for
    spill: int | None = None  # bytes on disk; None is a quarter to a half of what is free where the data lies

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """Read `GROUNDGAME_MEMORY`, `GROUNDGAME_THREADS` and `GROUNDGAME_SPILL`; what is not set has its default.

        Raises:
            SettingsError: one of them holds something else than a size or a number, or more than the machine has.
        """
        given: dict[str, int] = {}
        for name, read in (("memory", _size), ("threads", _count), ("spill", _size)):
            variable = f"GROUNDGAME_{name.upper()}"
            if environment.get(variable):
                given[name] = read(variable, environment[variable])
        memory = given.get("memory")
        if memory and not SMALLEST_MEMORY <= memory <= machine_memory():
            raise SettingsError(
                f"GROUNDGAME_MEMORY: {environment['GROUNDGAME_MEMORY']} is not between {SMALLEST_MEMORY >> 20}MiB and what "
                f"this machine has, {machine_memory() >> 20}MiB"
            )
        return cls(**given)


def _size(variable: str, text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]+)", text.strip().lower())
    if not found or found[2] not in _UNITS:
        raise SettingsError(f"{variable}: {text!r} is not a size; write one as 4GiB or 512MiB")
    size = int(float(found[1]) * _UNITS[found[2]])
    if size < 1 << 20:
        raise SettingsError(f"{variable}: {text!r} is less than 1MiB; write a size as 4GiB or 512MiB")
    return size


def _count(variable: str, text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", text.strip()):
        raise SettingsError(f"{variable}: {text!r} is not a number of threads; write one as 4")
    return int(text)


@dataclass(frozen=True)
class Settings:
    """One data directory, one campaign, one dbt project. Every path of a run hangs on these three."""

    data_dir: Path
    campaign: Campaign
    dbt_project_dir: Path = ROOT / "dbt_project"
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def load(cls) -> Settings:
        """Read `GROUNDGAME_DATA` and `GROUNDGAME_CAMPAIGN`, which default to this repository's own, and the limits.

        Raises:
            SettingsError: the campaign file is missing, or it or a limit holds something else than is expected.
        """
        campaign_file = Path(os.environ.get("GROUNDGAME_CAMPAIGN") or ROOT / "campaign.yaml")
        campaign = read_campaign(campaign_file)
        known = contract_states()
        strange = [state for state in campaign.states if state not in known]
        if strange:
            raise SettingsError(
                f"{campaign_file}: states: there is no contract for {', '.join(strange)}, only for {', '.join(known)}; "
                "take it out, or add its contract"
            )
        return cls(data_dir=data_dir(), campaign=campaign, limits=Limits.load())

    @property
    def inbox(self) -> Path:
        """Where files are dropped."""
        return self.data_dir / "inbox"

    @property
    def archive(self) -> Path:
        """Originals as they came, compressed, under their hash; for the owner only."""
        return self.data_dir / "archive"

    @property
    def warehouse(self) -> Path:
        """The pipeline's private database file."""
        return self.data_dir / "warehouse" / "groundgame.duckdb"

    @property
    def scratch(self) -> Path:
        """Files that live no longer than a run."""
        return self.data_dir / "warehouse" / "scratch"

    @property
    def published(self) -> Path:
        """The folder of published versions; analysts open `current.duckdb` in it."""
        return self.data_dir / "published"

    @property
    def current(self) -> Path:
        """The database that analysts open."""
        return self.published / "current.duckdb"

    @property
    def exports(self) -> Path:
        """Lists for people and tools outside, and their receipts; for the owner only."""
        return self.data_dir / "exports"

    @property
    def suppressions(self) -> Path:
        """The campaign's own lists of people not to be contacted."""
        return self.data_dir / "suppressions"

    @property
    def decisions(self) -> Path:
        """What people decided by hand, which outlives the warehouse."""
        return self.data_dir / "decisions"

    @property
    def erasures(self) -> Path:
        """Who was erased, as salted hashes, and the receipts of it."""
        return self.data_dir / "erasures"

    @property
    def dagster_home(self) -> Path:
        """Dagster's run and event storage."""
        return self.data_dir / "dagster"

    @property
    def logs(self) -> Path:
        """What runs said, as JSON lines."""
        return self.data_dir / "logs"

    def make_directories(self) -> None:
        """Create the data directory's folders; all but `published` are readable by the owner only."""
        private = (self.inbox, self.archive, self.warehouse.parent, self.scratch, self.exports, self.suppressions)
        for folder in (*private, self.decisions, self.erasures, self.dagster_home, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        self.published.mkdir(parents=True, exist_ok=True)


def data_dir() -> Path:
    """The data directory that `GROUNDGAME_DATA` names, or the repository's own."""
    return Path(os.environ.get("GROUNDGAME_DATA") or ROOT / "data").expanduser().resolve()


def without_root(error: msgspec.ValidationError) -> str:
    """What is wrong with a value of a YAML file, and its place as in `keep.runs_days`."""
    return str(error).replace("`$.", "`")


def read_campaign(file: Path) -> Campaign:
    """Read and check a campaign file."""
    try:
        text = file.read_text(encoding="utf-8")
        values = yaml.load(text, yaml.CSafeLoader)
        if not isinstance(values, dict):
            raise SettingsError(f"{file}: expected `key: value` lines, as in the repository's campaign.yaml")
        return msgspec.convert(values, Campaign)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror}); name another in GROUNDGAME_CAMPAIGN") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {min(mark.line, text.count(chr(10))) + 1}" if mark else ""  # libyaml's end lies below the last
        raise SettingsError(f"{file}{where}: not valid YAML; mend that line") from None
    except msgspec.ValidationError as error:
        raise SettingsError(f"{file}: {without_root(error)}") from None
