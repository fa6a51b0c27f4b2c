"""The jobs and when they run by themselves."""

import dagster as dg

from orchestration.operating.prune import prune
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse

REFRESH = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Everything, from the inbox to the published database, with every gate.",
)


def nightly(settings: Settings) -> dg.ScheduleDefinition:
    """`refresh` by the campaign's own clock."""
    return dg.ScheduleDefinition(
        name="nightly_refresh",
        job=REFRESH,
        cron_schedule=settings.campaign.schedule,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def prune_job(settings: Settings) -> dg.JobDefinition:
    """The job `prune`."""

    @dg.op(pool="warehouse", required_resource_keys={"warehouse"})
    def remove_what_is_old(context: dg.OpExecutionContext) -> None:
        warehouse: Warehouse = context.resources.warehouse
        with warehouse.open() as con:
            context.log.info(f"prune: {prune(settings, con, context.instance)}")

    @dg.job(name="prune", description="Removes old runs and old originals, by the keeping times of campaign.yaml.")
    def job():
        remove_what_is_old()

    return job


def weekly(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """`prune` on Sunday nights."""
    return dg.ScheduleDefinition(
        name="weekly_prune", job=job, cron_schedule="0 3 * * 0", default_status=dg.DefaultScheduleStatus.RUNNING
    )
