"""What starts a run by itself, or speaks when one fails: the inbox is watched, a failure is told."""

import hashlib
import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration.ingestion import inbox
from orchestration.operating.failures import reasons
from orchestration.schedules import REFRESH
from orchestration.settings import Settings

TICK_SECONDS = 60
WEBHOOK = "GROUNDGAME_WEBHOOK"  # an address that takes {"text": ...}, as chat services do


def inbox_sensor(settings: Settings) -> dg.SensorDefinition:
    """Runs `refresh` when a new file lies settled in the inbox.

    A file is settled when its size and time are those of the tick before. Only then is it hashed, once. The run key is
    the hash of what is new, so the same content never starts a second run.
    """

    @dg.sensor(
        name="inbox",
        job=REFRESH,
        minimum_interval_seconds=TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Runs refresh for a settled new file in the inbox; the run key is the hash of its content.",
    )
    def watch(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        before: dict[str, list] = json.loads(context.cursor or "{}")
        now = {
            inbox.shown_name(entry): _look(entry, before.get(inbox.shown_name(entry)))
            for entry in (inbox.entries(settings.inbox) if settings.inbox.exists() else [])
            if entry.is_file() and not entry.is_symlink()
        }
        known = {seen[2] for seen in before.values()}
        new = sorted({seen[2] for seen in now.values() if seen[2] and seen[2] not in known})
        context.update_cursor(json.dumps(now))
        if new:
            key = new[0] if len(new) == 1 else hashlib.sha256("".join(new).encode()).hexdigest()
            yield dg.RunRequest(run_key=key, tags={"groundgame/files": str(len(new))})
        else:
            growing = sum(seen[2] is None for seen in now.values())
            yield dg.SkipReason(f"{len(now)} files in the inbox, none of them new; {growing} not settled yet")

    return watch


def _look(entry: Path, before: list | None) -> list:
    """[size, time, hash]; the hash is None until the file is as it was at the tick before."""
    try:
        info = entry.stat()
        if not before or before[:2] != [info.st_size, info.st_mtime_ns]:
            return [info.st_size, info.st_mtime_ns, None]
        if before[2]:
            return before
        with entry.open("rb") as file:
            return [*before[:2], hashlib.file_digest(file, "sha256").hexdigest()]
    except OSError:  # it went away, or may not be read: the run says so
        return [0, 0, None]


@dg.run_failure_sensor(
    name="failure",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=f"Says why a run failed in the daemon's log, and to the address in {WEBHOOK} if there is one.",
)
def failure_sensor(context: dg.RunFailureSensorContext) -> None:
    """Tell of a failed run: always a log line, and a message where a webhook is set."""
    failed = context.get_step_failure_events()
    gates = [f"{event.step_key} failed; its checks in the UI say why and what to do" for event in failed]
    why = reasons(failed, Settings.load().data_dir) or gates
    text = f"groundgame: {context.dagster_run.job_name} failed (run {context.dagster_run.run_id[:8]}): {'; '.join(why)}"
    context.log.error(text)
    address = os.environ.get(WEBHOOK)
    if address:
        request = urllib.request.Request(
            address, json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=10):
            pass
