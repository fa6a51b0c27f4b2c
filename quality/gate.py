"""The gates: run a suite of checks on a step's tables, keep the result in `meta.gate_results`, and refuse the next step
unless every table passed for the data that is there now.

`meta.gate_results` is the truth; a Dagster asset check only reports what it says. Results carry counts, never values.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb

from orchestration import progress
from orchestration.settings import Mendable, Settings
from orchestration.warehouse import CLOSE_OFF, Warehouse, limits
from quality import STEPS, reconcile, versions
from quality.inputs import Inputs

BEFORE = dict(zip(STEPS[1:], STEPS, strict=False))  # step -> the gate that it needs


class GateClosed(Mendable):
    """A step may not run; the message names the gate, why, and the command that runs it again."""


@dataclass(frozen=True)
class Waiver:
    """Somebody's word that one data version may pass a gate."""

    waived_by: str
    waived_at: datetime
    reason: str

    def __str__(self) -> str:
        return f"waived by {self.waived_by} on {self.waived_at:%Y-%m-%d %H:%M} UTC: {self.reason}"


@dataclass(frozen=True)
class TableResult:
    """What a gate found in one table, when, and on what that hangs (`Inputs.of`)."""

    gate: str
    table: str
    data_version: str
    failed: tuple[str, ...]
    warnings: tuple[str, ...]
    check_count: int
    checked_at: datetime
    inputs: str | None = None
    waiver: Waiver | None = None

    @property
    def status(self) -> str:
        """`passed`, `failed`, or `waived`: failed and let pass by somebody."""
        return "passed" if not self.failed else "waived" if self.waiver else "failed"


def suite(gate: str) -> ModuleType:
    """The module of a gate's checks: `tables(settings)` and `expectations(settings, con)`."""
    return importlib.import_module(f"quality.suites.{gate}")


def require(settings: Settings, con: duckdb.DuckDBPyConnection, step: str) -> None:
    """Let `step` run only if the gate before it passed for the tables and the data that are there now.

    Raises:
        GateClosed: the gate failed, was not run, or judged other data.
    """
    gate = BEFORE.get(step)
    if gate:
        require_passed(settings, con, gate, f"`{step}` may not run")


def require_passed(settings: Settings, con: duckdb.DuckDBPyConnection, gate: str, refusal: str) -> None:
    """As `require`, for a gate by name."""
    again = f"Run it again: make run (all steps), or materialise `{gate}` with its checks in the Dagster UI"
    wanted, built = versions.data_version(settings, con, gate), versions.built_version(con, gate)
    if built is None:
        raise GateClosed(f"{refusal}: the tables of `{gate}` are missing or half built. {again}")
    if built != wanted:
        raise GateClosed(f"{refusal}: the tables of `{gate}` are stale, built from other deliveries or models. {again}")
    results = con.execute(
        "select table_name, status, failed_checks from meta.gate_results where gate = ? and data_version = ? order by 1",
        [gate, wanted],
    ).fetchall()
    if {table for table, _, _ in results} != set(suite(gate).tables(settings)):
        raise GateClosed(f"{refusal}: gate `{gate}` has no result for this data. {again}")
    failed = [f"{table}: {'; '.join(checks)}" for table, status, checks in results if status == "failed"]
    if failed:
        raise GateClosed(f"{refusal}: gate `{gate}` failed ({' | '.join(failed)}). {advice(gate)}")


def advice(gate: str) -> str:
    """What to do about a gate that failed."""
    mend = (
        "Fetch the file again and put it into the inbox: it takes the place of the one that failed"
        if gate == "raw"
        else "Mend what the check names, in the model or in the file that was delivered"
    )
    return f"{mend}; then run it again: make run. If the data is right after all: groundgame waive {gate} --reason ..."


def waive(con: duckdb.DuckDBPyConnection, gate: str, waived_by: str, reason: str) -> list[str]:
    """Let the data version that failed a gate pass, and return the tables that this concerns.

    Raises:
        GateClosed: there is no failed result for the tables that are there now, so there is nothing to waive.
    """
    version = versions.built_version(con, gate)
    tables = con.execute(
        "select table_name from meta.gate_results where gate = ? and data_version = ? and status = 'failed' order by 1",
        [gate, version],
    ).fetchall()
    if not tables:
        raise GateClosed(f"gate `{gate}` has not failed for the data that is there now; there is nothing to waive")
    con.execute("begin transaction")
    con.execute(
        "insert or replace into meta.waivers values (?, ?, ?, ?, ?)",
        [gate, version, waived_by, datetime.now(UTC).replace(tzinfo=None), reason],
    )
    con.execute(
        "update meta.gate_results set status = 'waived' where gate = ? and data_version = ? and status = 'failed'",
        [gate, version],
    )
    if gate == "raw":
        reconcile.record_verdicts(con, {table.removeprefix("raw."): True for (table,) in tables})
    con.execute("commit")
    return [table for (table,) in tables]


def waiver_of(con: duckdb.DuckDBPyConnection, gate: str, version: str) -> Waiver | None:
    """The waiver that holds for a gate and data version, if there is one."""
    row = con.execute(
        "select waived_by, waived_at, reason from meta.waivers where gate = ? and data_version = ?", [gate, version]
    ).fetchone()
    return Waiver(*row) if row else None


def run(
    settings: Settings,
    warehouse: Warehouse,
    gate: str,
    database: Path | None = None,
    anew: bool = True,
    say: Callable[[str], None] = print,
) -> list[TableResult]:
    """Judge a step's tables and keep the results for the version that they were built from.

    `database` is the file that holds the tables, the warehouse unless said otherwise. Another file is opened read-only. Unless all is to be
    judged `anew`, a table of the warehouse that passed stays passed while nothing changes of what its checks read, which
    `checked_at` of its result tells. Where that takes long, `say` is told how far it has come.

    Raises:
        GateClosed: the tables were never built to the end, so there is nothing to judge.
    """
    started = time.monotonic()
    with ExitStack() as telling:
        with warehouse.open() as con:
            telling.enter_context(progress.told(say, progress.by_pace(con, f"gate {gate}")))
            version = versions.built_version(con, gate)
            if version is None:
                raise GateClosed(
                    f"gate `{gate}` has nothing to judge: its tables are missing or half built. Run: make run"
                )
            expectations = suite(gate).expectations(settings, con)
            waiver = waiver_of(con, gate, version)
            now = Inputs(con)
            inputs = {} if database else {table: now.of(table, checks) for table, checks in expectations.items()}
            standing = {} if anew else _standing(con, gate, version, inputs)
        to_judge = {table: checks for table, checks in expectations.items() if table not in standing}
        if database:
            warehouse.let_go()  # two files that are open would hold twice the memory
        with nullcontext() if database else warehouse.open():
            shared = None if database else warehouse.config
            judged = (
                _validate(settings, database or warehouse.path, gate, version, to_judge, shared) if to_judge else []
            )
    is_whole = not any(result.check_count for result in standing.values())
    standing |= {r.table: replace(r, waiver=waiver, inputs=inputs.get(r.table)) for r in judged}
    results = [standing[table] for table in expectations]
    with warehouse.open() as con:
        _keep(con, gate, version, results)
        if is_whole:  # a part of the work teaches nothing on the pace of the whole
            progress.keep_pace(con, f"gate {gate}", time.monotonic() - started)
        if gate == "raw":
            reconcile.record_verdicts(con, {r.table.removeprefix("raw."): r.status != "failed" for r in results})
    return results


def _standing(
    con: duckdb.DuckDBPyConnection, gate: str, version: str, inputs: dict[str, str | None]
) -> dict[str, TableResult]:
    """The results by which tables passed before and would pass again, by table."""
    found = con.execute(
        "select table_name, inputs, warnings, check_count, max(checked_at) from meta.gate_results "
        "where gate = ? and status = 'passed' and inputs is not null group by all",
        [gate],
    ).fetchall()
    return {
        table: TableResult(gate, table, version, (), tuple(warnings), count, checked_at, known)
        for table, known, warnings, count, checked_at in found
        if inputs.get(table) == known
    }


def _keep(con: duckdb.DuckDBPyConnection, gate: str, version: str, results: list[TableResult]) -> None:
    con.execute("begin transaction")
    con.execute("delete from meta.gate_results where gate = ? and data_version = ?", [gate, version])
    con.executemany(
        """
        insert into meta.gate_results
            (gate, table_name, data_version, status, failed_checks, warnings, check_count, checked_at, inputs)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (gate, r.table, version, r.status, list(r.failed), list(r.warnings), r.check_count, r.checked_at, r.inputs)
            for r in results
        ],
    )
    con.execute("commit")


def _validate(
    settings: Settings,
    database: Path,
    gate: str,
    version: str,
    expectations: dict[str, list],
    shared: dict | None = None,
) -> list[TableResult]:
    """Judge the tables, two at a time: while Great Expectations works in Python for one, DuckDB answers for the other. Of one without
    checks there is nothing to ask. `shared` is how the file was opened by whoever has it open meanwhile; else it is opened read-only."""
    now = datetime.now(UTC).replace(tzinfo=None)
    unasked = [_summarise(gate, name, version, 0, [], now) for name, checks in expectations.items() if not checks]
    waiting = [(name, checks) for name, checks in expectations.items() if checks]
    if not waiting:
        return unasked
    gx = import_great_expectations()
    config = shared or limits(settings.limits, settings.scratch)
    lanes_wanted = min(2, len(waiting), int(str(config["threads"])))
    sources = [_source(gx, database, f"{gate} {lane}", config, not shared) for lane in range(lanes_wanted)]
    taking = threading.Lock()  # also for what writes a source's tables down, which is one for the process

    def judge(source: Any) -> list[TableResult]:
        results: list[TableResult] = []
        while True:
            with taking:
                if not waiting:
                    return results
                name, checks = waiting.pop(0)
                schema, table = name.split(".")
                source.assets.clear()  # with each that is added all that are there are written down anew
                asset = source.add_table_asset(name=name, table_name=table, schema_name=schema)
                batch = asset.get_batch(asset.build_batch_request())
            judged = gx.ExpectationSuite(name=name, expectations=checks)
            broken = _broken(batch.validate(judged, result_format="BOOLEAN_ONLY"))
            if broken:  # only of these the counts are wanted, which take queries of their own
                words = {outcome.expectation_config.description for outcome in broken}
                again = [check for check in checks if check.description in words]
                broken = _broken(
                    batch.validate(gx.ExpectationSuite(name=name, expectations=again), result_format="SUMMARY")
                )
            results.append(_summarise(gate, name, version, len(checks), broken, now))

    try:
        with sources[0].get_execution_engine().engine.connect() as con:  # holds for the file, and so for all engines
            is_closed_off = con.exec_driver_sql("select current_setting('lock_configuration')").scalar()
            for statement in () if is_closed_off else CLOSE_OFF:
                con.exec_driver_sql(statement)
        with ThreadPoolExecutor(len(sources)) as lanes:
            try:
                return [*unasked, *(result for results in lanes.map(judge, sources) for result in results)]
            except BaseException:
                waiting.clear()  # a run that is stopped waits for the tables at hand alone
                raise
    finally:
        # Each source has two engines that hold the file; with one left open whoever opens it in another way fails.
        for source in sources:
            source.get_execution_engine().engine.dispose()
            source.get_engine().dispose()


def _source(gx: ModuleType, database: Path, name: str, config: dict, read_only: bool) -> Any:
    """A data source of Great Expectations, in a context of its own. What it keeps of the table at hand is for one thread. Opened in the same
    way as the warehouse is, it shares the file with whoever has that open."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    context._save_project_config = lambda: None  # else all of it is written down as text, for nobody, with every table
    return context.data_sources.add_sql(
        name=name,
        connection_string=f"duckdb:///{database}",
        kwargs={  # DuckDB rolls back what GX reads after the fact unless each statement stands alone
            "isolation_level": "AUTOCOMMIT",
            "skip_autocommit_rollback": True,
            "pool_reset_on_return": None,
            "connect_args": {"read_only": read_only, "config": config},
        },
        create_temp_table=False,
    )


def _broken(validation) -> list:
    return [outcome for outcome in validation.results if not outcome.success]


def _summarise(
    gate: str, table: str, version: str, check_count: int, broken: list, checked_at: datetime
) -> TableResult:
    failed: list[str] = []
    warnings: list[str] = []
    for outcome in broken:
        severity = getattr(outcome.expectation_config.severity, "value", outcome.expectation_config.severity)
        (warnings if severity == "warning" else failed).append(_in_words(outcome))
    return TableResult(gate, table, version, tuple(failed), tuple(warnings), check_count, checked_at)


def _in_words(outcome) -> str:
    """A failed check in words with its counts. Only fields known to be counts are read from the result."""
    config = outcome.expectation_config
    column = config.kwargs.get("column")
    words = config.description or f"{config.type.removeprefix('expect_').replace('_', ' ')}" + (
        f" ({column})" if column else ""
    )
    result = outcome.result
    if not result:  # Great Expectations gives none where the check itself failed
        return f"{words}: could not be checked"
    count, of = result.get("unexpected_count"), result.get("element_count")
    if count is None and config.type == "expect_no_rows":
        count = result.get("observed_value")
    if count is None and isinstance(result.get("observed_value"), int | float):
        return f"{words}: {result['observed_value']:,}"
    return words + (f": {count:,}" if isinstance(count, int) else "") + (f" of {of:,}" if isinstance(of, int) else "")


def import_great_expectations() -> ModuleType:
    """Import Great Expectations with its telemetry off. It takes some seconds, so only where a gate runs."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    _import_when_used("scipy", "stats")  # a third of it, for expectations on distributions, which no gate asks for
    import duckdb_sqlalchemy
    import great_expectations as gx

    duckdb_sqlalchemy.supports_user_agent = False  # its name is a setting, too: with it the file could not be shared
    return gx


def _import_when_used(package: str, name: str) -> None:
    """Let a module of a package be read when something of it is first asked for."""
    whole = f"{package}.{name}"
    spec = None if whole in sys.modules else importlib.util.find_spec(whole)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = sys.modules[whole] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    setattr(sys.modules[package], name, module)  # else the import of it would ask for it


def import_ahead() -> None:
    """Import it beside what is being done now, for the gate that comes next."""
    threading.Thread(target=import_great_expectations, daemon=True).start()
