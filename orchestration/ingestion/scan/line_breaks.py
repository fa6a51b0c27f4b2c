"""Finds line breaks in fields between quotes, so that records still end where lines end."""

from __future__ import annotations

import re

LONGEST_FIELD = 1 << 16  # bytes of one with line breaks in it; a longer one is a quote that was left open
BREAK = b"\v"  # stands for a line break within a field, as in spreadsheets' own text


class LineBreaks:
    """Finds the line breaks in fields between quotes. A field begins and ends beside a delimiter or a line's end; what does not is
    left as it is, so an open quote spoils no more than its own record."""

    def __init__(self, delimiter: bytes, quote: bytes):
        self.quote, self.others = quote, bytes({*range(256)} - {*quote, *b"\n"})
        d, q = re.escape(delimiter), re.escape(quote)
        begin, end = b"(?<![^\\n%s])%s" % (d, q), b"%s(?=[\\r\\n%s]|\\Z)" % (q, d)
        text, line = (b"[^%s%s]*+(?:%s[^%s%s]*+)*+" % (more, q, q * 2, more, q) for more in (b"", b"\\r\\n"))
        broken = begin + line + b"[\\r\\n]" + text + end
        # What lies before such a field: no quotes, fields without line breaks, and quotes that begin no field.
        before = b"(?:[^%s]++|%s|(?!%s)%s)*+" % (q, begin + line + end, broken, q)
        self.broken = re.compile(b"(%s)(%s)?" % (before, broken))  # it matches always, so nothing is tried twice
        self.open = re.compile(begin + text + b"\\Z")

    def fold(self, block: bytes) -> tuple[bytes, int]:
        """A block that begins with a record, with a `BREAK` for each line break within a field that ends in it; and where the field begins
        that may go on behind the block's end, else the end."""
        # The line in which such a field begins has an odd number of quotes, and most blocks have none.
        if self.quote not in block.translate(None, self.others).replace(self.quote * 2, b""):
            return block, len(block)
        block = self.broken.sub(self._on_one_line, block)
        found = self.open.search(block, max(0, len(block) - LONGEST_FIELD))
        return block, found.start() if found else len(block)

    @staticmethod
    def _on_one_line(found: re.Match[bytes]) -> bytes:
        before, field = found.groups(b"")
        return before + (field if len(field) > LONGEST_FIELD else re.sub(b"\r\n|\r|\n", BREAK, field))
