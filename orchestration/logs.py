"""What a run says while it works: lines for people on the console, and the same as JSON lines in `logs/groundgame.jsonl`.

Only what our own steps say, and that a step failed. Dagster's own records may quote an error's text, and so a voter.
"""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler

import dagster as dg

from orchestration.settings import Settings

FIELDS = ("delivery", "rows", "seconds")  # what a line may say of itself beside its words: log.info(..., extra={...})
LARGEST, KEPT = 10_000_000, 5  # bytes of the file, and how many of its forerunners stay


def progress_logger(settings: Settings) -> dg.LoggerDefinition:
    """The logger of every run."""

    @dg.logger(None, description="What the steps say: on the console, and as JSON lines in logs/groundgame.jsonl.")
    def progress(_context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("groundgame", level=logging.INFO)
        console = logging.StreamHandler(sys.stdout)
        console.addFilter(_is_ours)
        console.setFormatter(_Line())
        logger.addHandler(console)
        logger.addHandler(_file(settings))
        return logger

    return progress


def _file(settings: Settings) -> logging.Handler:
    settings.make_directories()
    path = settings.logs / "groundgame.jsonl"
    handler = RotatingFileHandler(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", delay=True)
    handler.addFilter(lambda record: _is_ours(record) or _failure(record) is not None)
    handler.setFormatter(_Json())
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    return handler


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a step said it, and not Dagster of a step (which the summary tells in other words)."""
    meta = getattr(record, "dagster_meta", {})
    return not meta.get("dagster_event") and not str(meta.get("orig_message")).startswith("Dependencies for step")


def _failure(record: logging.LogRecord) -> str | None:
    event = getattr(record, "dagster_meta", {}).get("dagster_event")
    failed = (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE)
    return event.event_type.name.lower().replace("_", " ") if event and event.event_type in failed else None


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", {})
        return f"  {self.formatTime(record, '%H:%M:%S')}  {meta.get('orig_message') or record.getMessage()}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", {})
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "run": meta.get("run_id"),
            "job": meta.get("job_name"),
            "step": meta.get("step_key"),
            **{field: getattr(record, field) for field in FIELDS if hasattr(record, field)},
            "message": _failure(record) or meta.get("orig_message"),
        }
        return json.dumps({key: value for key, value in line.items() if value is not None}, ensure_ascii=False)
