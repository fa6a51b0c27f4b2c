"""What each command does first, for a process that commands are forked from (`forked.py`): it alone imports this."""

import tempfile
from dataclasses import replace
from pathlib import Path

from orchestration import cli  # noqa: F401
from orchestration.definitions import build_definitions
from orchestration.settings import Settings
from quality import gate

gate.import_great_expectations()
with tempfile.TemporaryDirectory() as folder:
    build_definitions(replace(Settings.load(), data_dir=Path(folder)))
