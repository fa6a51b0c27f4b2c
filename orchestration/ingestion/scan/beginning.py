"""The first bytes of a file, read in one way of writing or another, and in which encoding it is."""

from __future__ import annotations

import codecs
import contextlib
import csv
import re
from collections.abc import Sequence
from pathlib import Path

from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.scan.delimited import cut, fields_of
from orchestration.ingestion.scan.found import CHUNK, Scan, decodes
from orchestration.ingestion.scan.json_lines import parsed, values_of

SEPARATORS = {",": "commas", "|": "pipes", ";": "semicolons", "\t": "tabs"}
FIRST_RECORDS = 100  # looked at to tell what a file without a header holds
ENOUGH_RUNS = 1_000  # of letters beyond ASCII, to tell an encoding
_BEYOND_ASCII = bytes(b if b >= 0x80 else ord(" ") for b in range(256))  # leaves runs of these alone between blanks
WORKBOOKS = (b"\xd0\xcf\x11\xe0", b"PK\x03\x04")  # how .xls and .xlsx begin


class Unreadable(Refused):
    """A first line that has the delimiter and cannot be split by it."""


class Beginning:
    """The first bytes of a file, read once, and what they are in one way of writing or another."""

    def __init__(self, path: Path):
        """Raises `Refused`: the file is empty, holds no line, or its first bytes are no text."""
        with path.open("rb") as file:
            start = file.read(CHUNK)
        if not start:
            raise Refused("it is empty; fetch it again")
        line, newline, _ = start.partition(b"\n")
        if start.startswith(WORKBOOKS):
            raise Refused("it is an Excel workbook, whatever its name; open it and save it as CSV UTF-8")
        if b"\0" in line[:200]:
            raise Refused(
                "it is UTF-16 text without the two bytes at its beginning that say so; convert it first: iconv -f UTF-16LE -t UTF-8 OLD > NEW"
            )
        if not newline and len(start) == CHUNK:
            raise Refused("its first line does not end; it is no text file with a header")
        self.encoding = "utf-8" if start.startswith(codecs.BOM_UTF8) else "latin-1"
        self.line_end = b"\r\n" if line.endswith(b"\r") else b"\n"
        start = start.removeprefix(codecs.BOM_UTF8)
        # Where it goes on, what is behind the last line end is no whole record.
        lines = start.split(self.line_end, FIRST_RECORDS)[: FIRST_RECORDS if len(start) < CHUNK else -1]
        self.lines = [line.decode(self.encoding, "replace") for line in lines]
        self.first_line = start.partition(b"\n")[0].rstrip(b"\r").decode(self.encoding, "replace")
        self._records: dict[tuple, list[list[str]]] = {}

    def is_json(self) -> bool:
        """Whether it begins as JSON does, or most of its first lines do."""
        lines = [line.lstrip() for line in self.lines if line.strip()]
        begun = sum(line.startswith("{") for line in lines)
        return bool(re.match(r"\s*(\{|\[\s*\{)", "".join(lines[:2]))) or 2 * begun > len(lines)

    def objects(self) -> tuple[Scan, list[list[str]]]:
        """As JSON lines: in `header` where values stand in the first objects (`properties.topic`), and of each object its values
        there as text. A place whose name may be a person's, such as an address, is left out.

        Raises:
            Refused: it is JSON of another kind.
        """
        lines = [line for line in self.lines if line.strip()]
        objects = [found for line in lines if isinstance(found := parsed(line), dict)]
        if 2 * len(objects) < len(lines):
            way = "jq -c '.[]' OLD > NEW" if self.first_line.lstrip().startswith("[") else "jq -c . OLD > NEW"
            raise Refused(
                f"it is JSON of another kind, or not whole: {len(objects)} of its first {len(lines)} lines are objects. JSON lines "
                f"have an object on each line: {way}"
            )
        values = [values_of(found) for found in objects]
        header = [*dict.fromkeys(place for found in values for place in found)]
        scan = Scan(encoding="utf-8", line_end=b"\n", quote="", has_header=False, json_lines=True, header=header)
        scan.has_bom = self.encoding == "utf-8"
        return scan, [[found.get(place, "") for place in header] for found in values]

    def scan(self, quote: str, **about) -> Scan:
        """A scan of the file that is still to be made."""
        return Scan(encoding=self.encoding, line_end=self.line_end, quote=quote, **about)

    def header(self, delimiter: str, quote: str = '"') -> Scan:
        """With the column names in the first line.

        Raises:
            Refused: it is not delimited so.
        """
        if delimiter not in self.first_line:
            raise Refused(not_separated(self.first_line, delimiter))
        try:
            return self.scan(quote, header=fields_of(self.first_line, delimiter, quote))
        except csv.Error:
            fault = (
                "has carriage returns without line feeds"
                if "\r" in self.first_line
                else "has a quote that is never closed"
            )
            raise Unreadable(f"its header {fault}; export it again as the state ships it") from None

    def records(self, delimiter: str, quote: str, widths: Sequence[int] = ()) -> list[list[str]]:
        """The first lines that can be read as fields: separated, or of such widths (a record of another length is then one
        field)."""
        way = (delimiter, quote, tuple(widths))
        if way not in self._records:
            records = []
            for line in self.lines:
                with contextlib.suppress(csv.Error):
                    records.append(cut(line, widths) if widths else fields_of(line, delimiter, quote))
            self._records[way] = [record for record in records if record]
        return self._records[way]


def not_separated(text: str, delimiter: str) -> str:
    """What to say of a header that has another delimiter than its contract's."""
    found = {name: text.count(d) for d, name in SEPARATORS.items()}
    most = max(found, key=found.__getitem__)
    return (
        f"its header is not separated by {SEPARATORS.get(delimiter, repr(delimiter))}; "
        + (f"it has {found[most]} {most}" if found[most] else "it has no separator at all")
        + ". Export it again as the state ships it"
    )


def told_encoding(path: Path, most: int | None = None) -> str:
    """`utf-8` or `latin-1`, by what most letters beyond ASCII are, in the whole file or its first bytes: in latin-1 they
    hardly ever look like UTF-8."""
    good = bad = 0
    with path.open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            return "utf-8"
        file.seek(0)
        while (most is None or file.tell() < most) and (block := file.read(CHUNK)) and good + bad < ENOUGH_RUNS:
            if not block.isascii():
                for run in block.translate(_BEYOND_ASCII).split():
                    good, bad = (good + 1, bad) if decodes(run, "utf-8") else (good, bad + 1)
    return "utf-8" if good > bad else "latin-1"
