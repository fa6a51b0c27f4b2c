"""What each run does first, for a process that runs are forked from: it alone imports this."""

import tempfile
from pathlib import Path

from orchestration import cli  # noqa: F401
from orchestration.definitions import build_definitions
from quality import gate
from tests import pipeline

gate.import_great_expectations()
with tempfile.TemporaryDirectory() as folder:
    build_definitions(pipeline.settings_for(Path(folder)))
