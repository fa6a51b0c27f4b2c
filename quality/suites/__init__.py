"""One module a gate: `tables(settings)`, the tables that it judges, and `expectations(settings, con)`, its checks by table.

`con` reads the warehouse while the checks are written, for figures that they compare with. A check with
`severity="warning"` is reported and stops nothing. Great Expectations takes seconds to import, so the modules import it
only when the checks are asked for.
"""

from __future__ import annotations

from typing import Any


def no_rows(query: str, description: str, severity: str = "critical") -> Any:
    """A check that `query` finds nothing. `{batch}` in it stands for the judged table, which cannot be given an alias."""
    from quality.no_rows import ExpectNoRows

    if "{batch}" not in query:  # Great Expectations prints a warning for a query that never names its table
        query = f"select q.* from ({query}) q left join (select 1 as one from {{batch}} limit 0) on true"
    return ExpectNoRows(unexpected_rows_query=query, description=description, severity=severity)
