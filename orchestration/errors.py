"""What errors of other libraries become before anybody reads them: that room ran out, in words with what to do; else
their kind and text without the values of records that they quote."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from orchestration.settings import Mendable

NO_ROOM = ("No space left on device", "Disk quota exceeded", "database or disk is full")  # the kernel's words, SQLite's
TOO_LONG = "File too large"  # the kernel's words where files may not grow further
UNCERTAIN = "disk I/O error"  # SQLite's word for a full disk too, where it can tell no more
NEARLY_NOTHING = 1 << 20  # bytes free on a disk that counts as full
STORAGE_PACKAGES = ("dagster_postgres", "dagster_mysql", "psycopg2", "sqlalchemy")  # what Dagster's storage raises
KEPT = "Nothing is half loaded: files that were not taken in lie in the inbox, and the published version stands"


class RanOut(Mendable):
    """The disk is full, or DuckDB came to a limit that it was given."""


class StorageLost(Mendable):
    """Dagster cannot reach where it keeps its runs and events."""


class StepStopped(Mendable):
    """A database refused what a step asked; the message is its own, without values."""


def ran_out(error: BaseException | str, data_dir: Path) -> RanOut | None:
    """What ran out, if that is what an error, or the text of one, or what it came from, tells of.

    An error that names no file is taken to be about the disk that holds `data_dir`.
    """
    for text, file in _told(error):
        where = Path(file) if file else data_dir
        if any(words in text for words in NO_ROOM) or (UNCERTAIN in text and _free(data_dir) < NEARLY_NOTHING):
            return RanOut(
                f"the disk is full ({_free(where) / 1e6:,.0f} MB free where {where} lies). {KEPT}. Make room "
                "(groundgame doctor says how much, groundgame prune removes old runs and originals) and run again: make run"
            )
        if TOO_LONG in text:
            return RanOut(
                f"the system lets no file grow further where {where} lies (`ulimit -f`, or the disk's own limit). {KEPT}. Raise the limit "
                "and run again: make run"
            )
        if "max_temp_directory_size" in text:
            return RanOut(
                f"DuckDB may not put more than {_limit(text)} aside on disk ({_free(where) / 1e6:,.0f} MB free where {where} "
                f"lies). {KEPT}. Make room or raise GROUNDGAME_SPILL, or give it more memory with GROUNDGAME_MEMORY; "
                "then run again: make run"
            )
        if "Out of Memory Error" in text:
            return RanOut(
                f"DuckDB's {_limit(text)} of memory are not enough for this step. {KEPT}. Raise GROUNDGAME_MEMORY, or "
                "lower GROUNDGAME_THREADS; then run again: make run"
            )
    return None


def storage_lost(error: BaseException, config: Path) -> Mendable | None:
    """What to do if an error tells that Dagster cannot reach its storage, or use its file of settings `config`."""
    causes = list(_causes(error))
    said = str(causes[-1]).strip().partition("\n")[0]
    if any(type(cause).__module__.partition(".")[0] in STORAGE_PACKAGES for cause in causes):
        return StorageLost(
            f"Dagster's storage cannot be reached: {said}. {config} says where it is. Start it, or mend that file (without "
            f"`storage:` it is SQLite beside it). {KEPT}"
        )
    for cause in causes:
        if "dagster.yaml" in str(cause) or said == "No module named 'dagster_postgres'":
            mark = getattr(cause, "problem_mark", None)  # of YAML
            wrong = [
                problem.message.partition(". Expected")[0] for problem in getattr(cause, "errors", [])
            ]  # of Dagster
            why = f"line {mark.line + 1} is not valid YAML" if mark else "; ".join(wrong) or said
            return StorageLost(f"Dagster cannot use {config}: {why}. OPERATING.md shows what goes into it")
    return None


def in_words(error: BaseException, data_dir: Path) -> Mendable:
    """An error of DuckDB or of the operating system as one that may be shown."""
    return ran_out(error, data_dir) or StepStopped(f"{type(error).__name__}: {without_values(str(error))}")


def without_values(text: str) -> str:
    """The first line of a text, with what stands in quotes and every longer number cut out."""
    first = text.strip().partition("\n")[0]
    return re.sub(r"'[^']*'?|\"[^\"]*\"?|\d{5,}", "...", first)[:300]


def _told(error: BaseException | str) -> Iterator[tuple[str, str | None]]:
    """The text and the file of an error and of those behind it."""
    if isinstance(error, str):
        named = re.search(r"file \"([^\"]+)\"|Errno \d+\] [^:]+: '([^']+)'", error)
        yield error, named and (named[1] or named[2])
        return
    for current in _causes(error):
        if isinstance(current, OSError) and current.errno in (errno.ENOSPC, errno.EDQUOT):
            yield NO_ROOM[0], current.filename
        if isinstance(current, OSError) and current.errno == errno.EFBIG:
            yield TOO_LONG, current.filename
        yield from _told(str(current))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and those behind it."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _free(path: Path) -> int:
    return shutil.disk_usage(next(p for p in (path, *path.parents) if p.exists())).free


def _limit(text: str) -> str:
    limit = re.search(r"/([\d.]+ \w+) used", text)
    return limit[1] if limit else "the limit"
