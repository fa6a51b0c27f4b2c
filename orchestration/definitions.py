"""The only `Definitions`: every asset, gate, job and schedule of one data directory."""

from collections.abc import Callable, Iterator

import dagster as dg

from orchestration.checks import gate_checks
from orchestration.dbt import LAYERS, Dbt, layer_assets
from orchestration.identity.assets import identity_assets, identity_keys
from orchestration.ingestion.assets import delivered_assets, raw_assets
from orchestration.ingestion.ingest import Reader
from orchestration.logs import progress_logger
from orchestration.publishing.assets import CANDIDATE, published_assets
from orchestration.publishing.copying import Copying
from orchestration.publishing.publish import candidate_path
from orchestration.schedules import REFRESH, export_job, nightly, prune_job, weekly
from orchestration.sensors import failure_sensor, inbox_sensor
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from quality import gate


def build_definitions(
    settings: Settings, held: Warehouse | None = None, begun: Reader | None = None, copying: Copying | None = None
) -> dg.Definitions:
    """The definitions for a data directory, campaign and dbt project.

    Each run waits for the warehouse and holds it; whoever starts a run may do so instead, with `held`, and then also have `begun` to read
    the inbox, and have the version that is current copied beside the steps that follow ingestion, by `copying`.
    """
    dbt = Dbt(settings)
    layers = {layer: layer_assets(dbt, layer) for layer in LAYERS}
    segments = [key for key in layers["segments"].keys if key.path[-1] in ("segments", "segment_members")]
    marts = [key for key in layers["marts"].keys if key.path[0] == "marts"]
    assets: list[dg.AssetSpec | dg.AssetsDefinition] = [
        *delivered_assets(settings),
        raw_assets(settings, begun, copying.begin if copying else None),
        *layers.values(),
        identity_assets(settings, marts),
        *published_assets(settings, [*marts, *identity_keys(), *segments], copying),
    ]
    checks = [
        gate_checks(
            settings, name, {table: dg.AssetKey(table.split(".")) for table in gate.suite(name).tables(settings)}
        )
        for name in ("raw", *LAYERS, "identity")
    ]
    checks.append(
        gate_checks(
            settings,
            "published",
            dict.fromkeys(gate.suite("published").tables(settings), CANDIDATE),
            candidate_path(settings),
        )
    )
    pruning = prune_job(settings)
    return dg.Definitions(
        assets=assets,
        asset_checks=checks,
        jobs=[REFRESH, export_job(settings), pruning],
        schedules=[nightly(settings), weekly(pruning)],
        sensors=[inbox_sensor(settings), failure_sensor],
        resources={"warehouse": _held_warehouse(settings, held)},
        # In process: DuckDB has one writer, and steps in processes of their own took ten times as long.
        executor=dg.in_process_executor,
        loggers={"console": progress_logger(settings)},
    )


def _held_warehouse(settings: Settings, held_by_caller: Warehouse | None) -> dg.ResourceDefinition:
    @dg.resource(description="The warehouse, held for the whole run so that runs take turns.")
    def warehouse(context: dg.InitResourceContext) -> Iterator[Warehouse]:
        if held_by_caller:
            own, held_by_caller.go_on = held_by_caller.go_on, _go_on(context)
            try:
                yield held_by_caller
            finally:
                held_by_caller.go_on = own
            return
        run, say = context.run, context.log.info if context.log else print
        who = f"run {run.run_id[:8]}" if run else "a run"
        with Warehouse(settings, _go_on(context)).hold(who, say=say, stays_open=True) as held:
            yield held

    return warehouse


def _go_on(context: dg.InitResourceContext) -> Callable[[], None]:
    """Stops a run that was cancelled. Dagster interrupts it too, but not while it waits for the warehouse, and libraries
    swallow an interrupt now and then; a run that went on would publish."""

    def ask() -> None:
        run = context.instance.get_run_by_id(context.run.run_id) if context.instance and context.run else None
        if run and (run.is_finished or run.status == dg.DagsterRunStatus.CANCELING):
            raise dg.DagsterExecutionInterruptedError

    return ask


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` and the daemon load."""
    return build_definitions(Settings.load())
