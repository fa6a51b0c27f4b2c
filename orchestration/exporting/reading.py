"""The published version, to be read beside tables of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.errors import in_words
from orchestration.exporting.law import Refused
from orchestration.settings import Settings
from orchestration.warehouse import CLOSE_OFF, limits, text_literal


@contextmanager
def published(settings: Settings, *folders: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published version as the read-only database `published`, whatever is swapped in meanwhile, beside room for tables of one's own. Files of
    the data directory can be read, and of these folders.

    Raises:
        Refused: nothing is published yet.
        RanOut, StepStopped: the disk is full or DuckDB refused something, in words.
    """
    if not settings.current.exists():
        raise Refused(f"nothing is published in {settings.published} yet; run: make run")
    con = duckdb.connect(config=limits(settings.limits, settings.exports / ".spill"))
    try:
        con.execute(f"attach {text_literal(settings.current)} as published (read_only)")
        allowed = ", ".join(text_literal(f"{folder.resolve()}/") for folder in (settings.data_dir, *folders))
        con.execute(f"set allowed_directories = [{allowed}]")
        con.execute("set preserve_insertion_order = true")
        for statement in CLOSE_OFF:
            con.execute(statement)
        yield con
    except (duckdb.Error, OSError) as error:
        raise in_words(error, settings.data_dir) from None
    finally:
        con.close()
