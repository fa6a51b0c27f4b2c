"""What is worked out of the dbt project alone, whatever the data: kept in the project's `target/`, so that each data directory's
first run has it at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from orchestration.settings import Settings

KEPT = 12  # of each kind: a campaign's, and those of the test suite


def path(settings: Settings, kind: str, key: Iterable[object]) -> Path:
    """The file that holds, or will hold, what follows from all that `key` names."""
    name = hashlib.sha256(repr([*key]).encode()).hexdigest()[:16]
    return settings.dbt_project_dir / "target" / "groundgame" / f"{kind}-{name}"


def read(file: Path) -> bytes | None:
    """What is kept there; None if nothing is, or nothing that may be read."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    with suppress(OSError):
        os.utime(file)
    return content


def keep(file: Path, content: bytes) -> None:
    """Keep it, whole or not at all, and forget those of its kind that were not used for the longest. Where the project may not be
    written, nothing is kept."""
    whole = file.with_name(f".{file.name}.{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(content)
        whole.replace(file)
        kind = file.name.rpartition("-")[0]
        for old in sorted(file.parent.glob(f"{kind}-*"), key=lambda f: f.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
