"""The one pass over a delivery's bytes before any reader parses it: hash, a record count of its own, and every record whose structure is
broken; and beside it the compressed copy for the archive.

`beginning.py` a file's first bytes, `whole_file.py` the pass, `delimited.py` and `json_lines.py` what a whole record is, `line_breaks.py`
those within quotes, `archive.py` the copy, `found.py` what was found.
"""

from orchestration.ingestion.scan.archive import Archiving
from orchestration.ingestion.scan.beginning import SEPARATORS, Beginning, Unreadable, not_separated, told_encoding
from orchestration.ingestion.scan.found import CHUNK, KEPT_BYTES, Broken, Scan, refuse_too_many
from orchestration.ingestion.scan.whole_file import records_at, scan_file, write_without

__all__ = [
    "CHUNK",
    "KEPT_BYTES",
    "SEPARATORS",
    "Archiving",
    "Beginning",
    "Broken",
    "Scan",
    "Unreadable",
    "not_separated",
    "records_at",
    "refuse_too_many",
    "scan_file",
    "told_encoding",
    "write_without",
]
