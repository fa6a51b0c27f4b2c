"""Counts lines that may be JSON objects without parsing them, and reads the first ones to tell what a file holds."""

from __future__ import annotations

import codecs
import json
import re

from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.scan.found import KEPT_BYTES, LONGEST_RECORD, MOST_BROKEN, Broken, Scan, decodes, too_many

DEEPEST = 8  # dots in the name of a place in an object
_KEY = r"[A-Za-z_$][\w$ -]{0,60}"  # what a key looks like that is no person's
# No text has a NUL, also not in the way in which JSON may write one, and a BOM stands at the beginning only.
_NO_JSON = (b"\0", b"\\u0000", codecs.BOM_UTF8)


def parsed(line: str) -> object:
    """A line as JSON, or None."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def values_of(found: dict) -> dict[str, str]:
    """The values in an object as text, by where they stand."""
    values: dict[str, str] = {}
    rest = [("", found)]
    while rest:
        above, here = rest.pop()
        for key, value in here.items():
            place = above + key
            if not re.fullmatch(_KEY, key):
                continue
            if isinstance(value, dict) and place.count(".") < DEEPEST:
                rest.append((f"{place}.", value))
            else:
                values[place] = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return values


class Objects:
    """Tells lines that may be a JSON object, by how they begin and end and by bytes that none has, from those that are none. What
    lies between is judged by who reads them."""

    def __init__(self, scan: Scan):
        self.scan = scan

    def check(self, block: bytes) -> None:
        """Count a block of whole lines (the file's last may lack its end) and note the broken ones."""
        scan = self.scan
        if not scan.records and scan.has_bom:
            block = block.removeprefix(codecs.BOM_UTF8)
        count = block.count(b"\n")
        end = b"\r\n" if block.endswith(b"}\r\n") else b"\n"
        whole = (
            len(block) < LONGEST_RECORD
            and block.startswith(b"{")
            and block.endswith(b"}" + end)
            and block.count(b"}" + end + b"{") == count - 1
            and block.count(b"\r") == (count if end == b"\r\n" else 0)
            and not any(strange in block for strange in _NO_JSON)
            and decodes(block, "utf-8")
        )
        if whole:
            scan.records += count
            return
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for line in lines:
            scan.records += 1
            reason = _no_object(line.strip(b" \t\r"))
            if reason:
                raw = line.rstrip(b"\r")[:KEPT_BYTES].decode("utf-8", "backslashreplace")
                scan.broken.append(Broken(scan.records, scan.records, reason, raw))
                if len(scan.broken) > MOST_BROKEN:
                    raise Refused(too_many(scan.broken, scan.records))


def _no_object(line: bytes) -> str | None:
    """Why a line cannot be a JSON object, or None."""
    if len(line) > LONGEST_RECORD:
        return f"longer than {LONGEST_RECORD:,} bytes"
    if not line:
        return "blank line"
    if b"\0" in line or re.search(rb"(?<!\\)(\\\\)*\\u0000", line):
        return "NUL"
    if line.startswith(codecs.BOM_UTF8):
        return "BOM within the file"
    if not decodes(line, "utf-8"):
        return "bytes are no UTF-8 text"
    if b"\r" in line:
        return "line break inside a record"
    if line.startswith(b"["):
        return "an array where an object is due"
    if not line.startswith(b"{"):
        return "no JSON object"
    if not line.endswith(b"}"):
        return "JSON object that does not end"
    return None
