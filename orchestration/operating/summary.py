"""What a run prints at its end, for a manager to read: deliveries, gates, segments, where to look, how long it took."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

import duckdb

from orchestration.settings import Settings
from quality import STEPS, versions
from quality.gate import advice, waiver_of

QUERIES = (
    "select segment_id, name, size, round(100 * share, 1) as percent, purposes from segments order by size desc",
    "select election_id, election_type, ballots_cast from elections order by election_date desc",
    "select county_name, party_code, sum(people) as voters from analyst.registration group by all order by all",
)


@dataclass
class Summary:
    """The lines of a run's summary and whether it went well."""

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def exit_status(self) -> int:
        """0, or 1 where a gate, a file or a step was refused."""
        return 1 if self.problems else 0

    def text(self) -> str:
        """The whole summary."""
        problems = ["", *(f"NOT DONE: {p}" for p in self.problems)] if self.problems else []
        return "\n".join([*self.lines, *problems])


def summarise(
    settings: Settings, con: duckdb.DuckDBPyConnection, run_id: str, errors: list[str], seconds: float
) -> Summary:
    """Build the summary of the run `run_id`, which ended with `errors` after `seconds`."""
    summary = Summary()
    campaign = settings.campaign
    summary.lines += [
        "",
        f"{campaign.name}: {campaign.contest}, election on {campaign.election}, {', '.join(campaign.states)}",
        "",
    ]
    summary.lines += ["Deliveries", *_deliveries(con, run_id, summary)]
    gates, problems = gate_lines(settings, con)
    summary.lines += ["", "Gates", *gates]
    summary.problems += problems
    summary.problems += errors
    if not summary.problems:
        summary.lines += ["", people_line(con), "", "Segments", *_segments(con)]
    summary.lines += ["", *_published(settings), "", f"Took {seconds:.1f} s"]
    return summary


def table(rows: list[tuple], right: tuple[int, ...] = ()) -> list[str]:
    """Rows as lines of text with aligned columns; those in `right` to the right."""
    cells = [[f"{c:,}" if isinstance(c, int) else str(c if c is not None else "") for c in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  "
        + "  ".join(
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _deliveries(con: duckdb.DuckDBPyConnection, run_id: str, summary: Summary) -> list[str]:
    rows = con.execute(
        """
        select i.file_name, i.status, i.records_read, i.rows_loaded, i.rows_quarantined, coalesce(d.rows_suppressed, 0), i.reason
        from meta.intakes i left join meta.deliveries d using (delivery_id) where i.run_id = ? order by i.file_name
        """,
        [run_id],
    ).fetchall()
    summary.problems += [f"{name} was refused: {reason}" for name, status, *_, reason in rows if status == "refused"]
    summary.problems += [f"{name} waits: {reason}" for name, status, *_, reason in rows if status == "waiting"]
    if not rows:
        return ["  nothing new in the inbox"]
    head = ("file", "outcome", "read", "loaded", "quarantined", "suppressed")
    notes = [f"  {name}: {reason}" for name, status, *_, reason in rows if status in ("unchanged", "set_aside")]
    return [*table([head, *(row[:6] for row in rows)], right=(2, 3, 4, 5)), *notes]


def gate_lines(settings: Settings, con: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    """How each gate stands for the data that is there now, as lines, and those that failed, in words."""
    lines: list[tuple] = []
    problems = []
    for gate in STEPS:
        version = versions.data_version(settings, con, gate)
        rows = con.execute(
            "select table_name, status, check_count, failed_checks, warnings, checked_at < max(checked_at) over () "
            "from meta.gate_results where gate = ? and data_version = ? order by 1",
            [gate, version],
        ).fetchall()
        failed = [row for row in rows if row[1] == "failed"]
        waiver = waiver_of(con, gate, version) if any(row[1] == "waived" for row in rows) else None
        state = "not reached" if not rows else "FAILED" if failed else "waived" if waiver else "passed"
        checked = f"{sum(r[2] for r in rows)} checks" if rows else ""
        standing = sum(row[5] and row[2] > 0 for row in rows)
        checked += f", {waiver}" if waiver else ""
        checked += f", {standing} tables had passed and have not changed" if standing else ""
        lines.append((gate, state, checked))
        for judged, status, _, checks, warnings, _ in rows:
            lines += [("", "warning", f"{judged}: {w}") for w in warnings]
            lines += [("", status, f"{judged}: {c}") for c in checks]
        problems += [f"gate {gate} failed on {row[0]}: {'; '.join(row[3])}" for row in failed]
        problems += [advice(gate)] if failed else []
    return table(lines), problems


def people_line(con: duckdb.DuckDBPyConnection) -> str:
    """How many people there are of how many records, and how many pairs wait to be looked at."""
    if versions.built_version(con, "identity") is None:
        return "People: not reached"
    [(people, records, pairs)] = con.execute(
        "select count(*), coalesce(sum(record_count), 0), (select count(*) from identity.match_review) from identity.people"
    ).fetchall()
    return f"People: {people:,} of {records:,} records; {pairs:,} pairs to look at (match_review, groundgame match)"


def _segments(con: duckdb.DuckDBPyConnection) -> list[str]:
    if versions.built_version(con, "segments") is None:
        return ["  not reached"]
    rows = con.execute(
        "select segment_id, name, size, printf('%.1f %%', 100 * share) from segments.segments order by size desc, name"
    ).fetchall()
    empty = [segment for segment, _, size, _ in rows if size == 0]
    lines = table([row for row in rows if row[2]], right=(2, 3)) if len(empty) < len(rows) else []
    return lines + ([f"  nobody in {', '.join(empty)}"] if empty else []) or ["  none"]


def _published(settings: Settings) -> list[str]:
    if not settings.current.exists():
        return ["Published: nothing yet"]
    with duckdb.connect(str(settings.current), read_only=True) as con:
        [(version, at)] = con.execute("select data_version, published_at from publication").fetchall()
    lines = [f"Published: {settings.current}", f"  version {version}, made {at:%Y-%m-%d %H:%M} UTC. Try:"]
    opener = ".venv/bin/groundgame query {}"
    return lines + ["  " + opener.format(shlex.quote(query)) for query in QUERIES]
