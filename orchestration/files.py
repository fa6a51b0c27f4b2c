"""Files for their owner only that are there whole, also if the power goes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def put(file: Path, text: str) -> None:
    """Put a text in the place of a file, whole or not at all."""
    part = file.with_name(f".{file.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, file)


def add_line(file: Path, record: dict[str, Any]) -> None:
    """Add a record to a file of JSON lines. One write of one line: two at once do not mix."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, (json.dumps(record, ensure_ascii=False) + "\n").encode())
        os.fsync(handle)
    finally:
        os.close(handle)
