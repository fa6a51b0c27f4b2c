"""The gates as Dagster asset checks: one step a gate, one blocking check a table."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from orchestration.groups import is_of_all
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from quality import gate as gates


def gate_checks(
    settings: Settings, gate: str, keys: dict[str, dg.AssetKey], database: Path | None = None
) -> dg.AssetChecksDefinition:
    """A gate's step. `keys` says which asset each judged table belongs to; `database` is the file that holds them."""

    specs = [
        dg.AssetCheckSpec(
            name=f"{gate}_gate_{table.split('.')[-1]}" if len(set(keys.values())) < len(keys) else f"{gate}_gate",
            asset=key,
            blocking=True,
            description=f"Great Expectations suite `quality/suites/{gate}.py` on {table}. "
            "The result stands in meta.gate_results; a failure keeps every later step from running.",
        )
        for table, key in keys.items()
    ]
    names = dict(zip(keys, specs, strict=True))

    @dg.multi_asset_check(
        specs=specs,
        name=f"{gate}_gate",
        pool="warehouse",
        required_resource_keys={"warehouse"},
        can_subset=True,  # the gate always judges all its tables; a person may ask for the report on one
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        warehouse: Warehouse = context.resources.warehouse
        started, now = time.monotonic(), datetime.now(UTC).replace(tzinfo=None)
        results = gates.run(settings, warehouse, gate, database, not is_of_all(context.run), context.log.info)
        failed = [r for r in results if r.status == "failed"]
        waived = [r for r in results if r.status == "waived"]
        counted = sum(r.check_count for r in results)
        unchanged = sum(r.checked_at < now and r.check_count > 0 for r in results)
        standing = f", {unchanged} of which had passed and have not changed" if unchanged else ""
        context.log.info(
            f"gate {gate}: {'FAILED' if failed else 'waived' if waived else 'passed'}, {counted} checks on {len(results)} tables"
            f"{standing}, {time.monotonic() - started:.1f} s"
        )
        for result in results:
            if names[result.table].key not in context.selected_asset_check_keys:
                continue
            yield dg.AssetCheckResult(
                asset_key=names[result.table].asset_key,
                check_name=names[result.table].name,
                passed=not result.failed,
                # A failed check that was waived is shown, and blocks nothing.
                severity=dg.AssetCheckSeverity.WARN if result.waiver else dg.AssetCheckSeverity.ERROR,
                description=_in_words(result),
                metadata={
                    "status": result.status,
                    "checks": result.check_count,
                    "failed checks": len(result.failed),
                    "warnings": len(result.warnings),
                    "data version": result.data_version,
                    "judged": f"{result.checked_at:%Y-%m-%d %H:%M} UTC"
                    + ("; nothing has changed since of what the checks read" if result.checked_at < now else ""),
                    **({"what to do": gates.advice(gate)} if result.status == "failed" else {}),
                    **({"waiver": str(result.waiver)} if result.status == "waived" else {}),
                },
            )

    return check


def _in_words(result: gates.TableResult) -> str:
    """What was found, as a list in Markdown: the UI shows a check's description at once, a list in its metadata not."""
    found = [*(f"**{check}**" for check in result.failed), *(f"warning: {warning}" for warning in result.warnings)]
    return "\n".join(f"- {line}" for line in found) or f"All {result.check_count} checks hold."
