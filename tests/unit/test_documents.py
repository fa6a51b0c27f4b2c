"""The documents name only files and folders that are there."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from orchestration.settings import ROOT, Settings, read_campaign

DOCUMENTS = sorted(file.name for file in ROOT.glob("*.md"))
# The first part of a path in the data directory, which is no path of the repository.
_of_data = Settings(ROOT / "data", read_campaign(ROOT / "campaign.yaml"))
DATA_FOLDERS = {
    folder.name
    for folder in (
        _of_data.inbox,
        _of_data.archive,
        _of_data.warehouse.parent,
        _of_data.published,
        _of_data.dagster_home,
        _of_data.logs,
        _of_data.exports,
        _of_data.suppressions,
        _of_data.decisions,
        _of_data.erasures,
    )
}


def repository_paths() -> set[str]:
    """Every file and folder of the repository, but not what lies in the data directory."""
    paths = set()
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [f for f in folders if (f == ".ci" or f[0] not in "._") and here / f != Path("data")]
        paths |= {(here / name).as_posix() for name in [*folders, *files]}
    return paths | {"data", "data/README.md"}


PATHS = repository_paths()
SUFFIXES = {Path(path).suffix for path in PATHS} - {""}


def named_paths(text: str) -> list[str]:
    """What stands in backticks and is a path: it has a slash or ends as a file of the repository does.

    An absolute path belongs to the machine, and one that begins with a folder of the data directory to that.
    """
    words = re.findall(r"`([^`\n]+)`", text)
    paths = [w for w in words if re.fullmatch(r"[\w.<>{},*-]+(/[\w.<>{},*-]+)*/?", w)]
    return [p for p in paths if ("/" in p or Path(p).suffix in SUFFIXES) and p.split("/")[0] not in DATA_FOLDERS]


def is_there(path: str) -> bool:
    """Whether it is a path of the repository or the end of one. `<name>` stands for any name, `{a,b}` for both."""
    choice = re.search(r"\{(.*?)\}", path)
    if choice:
        return all(is_there(path.replace(choice[0], name, 1)) for name in choice[1].split(","))
    pattern = re.sub(r"<.*?>", "*", path.rstrip("/"))
    return any(fnmatch(known, pattern) or fnmatch(known, f"*/{pattern}") for known in PATHS)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_in_backticks_is_there(document: str):
    paths = named_paths((ROOT / document).read_text(encoding="utf-8"))
    assert paths
    assert [path for path in paths if not is_there(path)] == []


def test_a_path_that_is_gone_is_found_and_a_path_of_the_data_is_not_one():
    text = "`orchestration/gone.py` and `gone/`, `published/current.duckdb`, `make run`, `/etc/hosts`, `raw.nc_voters`"
    assert [path for path in named_paths(text) if not is_there(path)] == ["orchestration/gone.py", "gone/"]
