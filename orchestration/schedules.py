"""The jobs and when they run by themselves."""

from typing import Any

import dagster as dg
from pydantic import Field

from orchestration.exporting.export import Request, export
from orchestration.operating.prune import prune
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse

# Dagster uses a logger of `Definitions` only where a run's config names it; a run of the catalog's own has no config.
LOGGED: dict[str, Any] = {"loggers": {"console": {}}}

REFRESH = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Everything, from the inbox to the published database, with every gate.",
    config=LOGGED,
)


def nightly(settings: Settings) -> dg.ScheduleDefinition:
    """`refresh` by the campaign's own clock."""
    return dg.ScheduleDefinition(
        name="nightly_refresh",
        job=REFRESH,
        cron_schedule=settings.campaign.schedule,
        description="Takes in what lies in the inbox, at the time that campaign.yaml says. Nothing new: nothing is rebuilt.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def prune_job(settings: Settings) -> dg.JobDefinition:
    """The job `prune`."""

    @dg.op(pool="warehouse", required_resource_keys={"warehouse"})
    def remove_what_is_old(context: dg.OpExecutionContext) -> None:
        warehouse: Warehouse = context.resources.warehouse
        with warehouse.open() as con:
            context.log.info(f"prune: {prune(settings, con, context.instance)}")

    @dg.job(
        name="prune",
        description="Removes old runs and old originals, by the keeping times of campaign.yaml.",
        config=LOGGED,
    )
    def job():
        remove_what_is_old()

    return job


class ListConfig(dg.Config):
    """Which list, as `groundgame export` takes it."""

    segment: str = Field(description="The segment, by its id.")
    channel: str = Field(description="mail, walk, phone, text, email, van, meta or google.")
    purpose: str = Field(description="What it is for, in the words of `purposes`.")
    asked_by: str = Field(description="Who asks for it.")
    recipient: str | None = Field(default=None, description="Who gets the file.")


def export_job(settings: Settings) -> dg.JobDefinition:
    """The job `export`. It reads the published version alone and so waits for no other run."""

    @dg.op
    def write_list(context: dg.OpExecutionContext, config: ListConfig) -> None:
        receipt = export(settings, Request(**config.model_dump()))
        context.log.info(
            f"export: {receipt['people']:,} people in {receipt['rows']:,} rows, {sum(receipt['suppressed'].values()):,} left out"
        )
        context.add_output_metadata(
            {
                "receipt": receipt["receipt_id"],
                "rows": receipt["rows"],
                "people": receipt["people"],
                "left out": receipt["suppressed"],
                "path": dg.MetadataValue.path(settings.exports / receipt["files"][0]["name"]),
            }
        )

    @dg.job(
        name="export",
        description="A list of a segment's people for a channel, with its receipt, into exports/. What for, and who asks, in the Launchpad.",
    )
    def job():
        write_list()

    return job


def weekly(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """`prune` on Sunday nights."""
    return dg.ScheduleDefinition(
        name="weekly_prune",
        job=job,
        cron_schedule="0 3 * * 0",
        description="Removes old runs and originals on Sunday nights, by the keeping times of campaign.yaml.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
