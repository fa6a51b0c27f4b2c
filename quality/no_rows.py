"""The check that a query finds nothing, as an expectation of our own for Great Expectations.

Its own `UnexpectedRowsExpectation` runs a query twice, once for the number of rows and once for the rows, which nobody may
see here. Importing this module imports Great Expectations, which takes seconds.
"""

from __future__ import annotations

from typing import ClassVar

from quality import gate

gate.import_great_expectations()  # less what no gate asks for
from great_expectations.expectations import UnexpectedRowsExpectation  # noqa: E402


class ExpectNoRows(UnexpectedRowsExpectation):
    """Holds where the query finds no row; its result is how many it found."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics, runtime_configuration=None, execution_engine=None):
        found = metrics["unexpected_rows_query.row_count"]
        return {"success": found == 0, "result": {"observed_value": found}}
