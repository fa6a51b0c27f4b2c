"""The raw step in Dagster: one step takes in the whole inbox, one asset a contract."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import duckdb

from orchestration import pictures
from orchestration.groups import OWNER, group
from orchestration.ingestion.contracts import Contract, contracts_of
from orchestration.ingestion.ingest import Outcome, call_back, ingest_inbox, keep_outcomes
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from quality import versions


class IngestConfig(dg.Config):
    """What the person who hands files in may say of them."""

    # The day that the inbox's files show, YYYY-MM-DD, instead of their own date; with `redeliver`, of that delivery only.
    as_of: str | None = None
    # The id of a delivery whose original is to be taken in again from the archive, on the same day unless `as_of` is given.
    redeliver: str | None = None


def delivered_assets(settings: Settings) -> list[dg.AssetSpec]:
    """What the sources hand out, one asset a contract: made elsewhere, marked as renewed whenever a file was loaded, so
    that the UI says when the next one is due."""
    return [
        dg.AssetSpec(
            _delivered(contract),
            description=f"{contract.title}, as it is handed out: a new file every {contract.cadence_days} days. "
            "Renewed when a file of it was loaded.",
            group_name=group("inbox"),
            owners=[OWNER],
            kinds={"csv"},
            tags={"state": contract.state},
            freshness_policy=dg.FreshnessPolicy.time_window(
                fail_window=timedelta(days=3 * contract.cadence_days),
                warn_window=timedelta(days=contract.cadence_days + 2),
            ),
        )
        for contract in contracts_of(settings.campaign.states)
    ]


def _delivered(contract: Contract) -> dg.AssetKey:
    return dg.AssetKey(["inbox", contract.name])


def raw_assets(settings: Settings) -> dg.AssetsDefinition:
    """The assets `raw/<contract>`."""

    @dg.multi_asset(
        name="raw",
        specs=[
            dg.AssetSpec(
                ["raw", contract.name],
                description=f"{contract.title}: the records of its current deliveries as text, each with its delivery and "
                "its position in the file. What cannot be read lies in raw.quarantine.",
                group_name=group("raw"),
                owners=[OWNER],
                kinds={"python", "duckdb"},
                tags={"state": contract.state},
                deps=[_delivered(contract)],
            )
            for contract in contracts_of(settings.campaign.states)
        ],
        pool="warehouse",
        required_resource_keys={"warehouse"},
    )
    def raw(context: dg.AssetExecutionContext, config: IngestConfig) -> Iterator[dg.MaterializeResult]:
        warehouse: Warehouse = context.resources.warehouse
        as_of = date.fromisoformat(config.as_of) if config.as_of else None

        def say(line: str, **about: object) -> None:
            context.log.info(line, extra=about)

        with warehouse.open() as con:
            versions.start_build(con, "raw")
            days = {}
            if config.redeliver:
                name, day = call_back(settings, con, config.redeliver)
                days, as_of = {name: as_of or day}, None
            outcomes = ingest_inbox(settings, con, as_of, say, days)
            keep_outcomes(con, context.run_id, outcomes)
            version = versions.finish_build(settings, con, "raw")
            made = [
                _materialized(con, contract, outcomes, version) for contract in contracts_of(settings.campaign.states)
            ]
        if not outcomes:
            context.log.info("raw: nothing new in the inbox")
        for contract in contracts_of(settings.campaign.states):
            for outcome in outcomes:
                if outcome.contract == contract.name and outcome.status == "loaded":
                    context.log_event(
                        dg.AssetMaterialization(
                            _delivered(contract),
                            metadata={"dagster/row_count": outcome.rows_loaded, "delivery": str(outcome)},
                        )
                    )
        yield from made

    return raw


def _materialized(
    con: duckdb.DuckDBPyConnection, contract: Contract, outcomes: list[Outcome], version: str
) -> dg.MaterializeResult:
    mine = [o for o in outcomes if o.contract == contract.name]
    [(rows,)] = con.execute(f"select count(*) from raw.{contract.name}").fetchall()
    columns = con.execute(f"describe raw.{contract.name}").fetchall()
    return dg.MaterializeResult(
        asset_key=["raw", contract.name],
        metadata={
            "dagster/row_count": rows,
            "dagster/column_schema": dg.TableSchema([dg.TableColumn(c, kind.lower()) for c, kind, *_ in columns]),
            "deliveries": [str(o) for o in mine],
            "quarantined": sum(o.rows_quarantined for o in mine),
            **pictures.of_deliveries(con, contract),
        },
        data_version=dg.DataVersion(version),
    )
