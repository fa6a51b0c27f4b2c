"""The raw step in Dagster: one step takes in the whole inbox, one asset a contract."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg
import duckdb
from dagster._core.events import StepMaterializationData
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID

from orchestration import pictures
from orchestration.groups import OWNER, group, tags
from orchestration.ingestion.contracts import Contract, contracts_of
from orchestration.ingestion.ingest import Outcome, Reader, call_back, ingest_inbox, keep_outcomes
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from quality import gate, versions


class IngestConfig(dg.Config):
    """What the person who hands files in may say of them."""

    # The day that the inbox's files show, YYYY-MM-DD, instead of their own date; with `redeliver`, of that delivery only.
    as_of: str | None = None
    # The id of a delivery whose original is to be taken in again from the archive, on the same day unless `as_of` is given.
    redeliver: str | None = None


def delivered_assets(settings: Settings) -> list[dg.AssetSpec]:
    """What the sources hand out, one asset a contract: made elsewhere, renewed by each newer file, so that the UI says
    when the next one is due."""
    return [
        dg.AssetSpec(
            _delivered(contract),
            description=f"{contract.title}, as it is handed out: {_cadence(contract)}. Counts as "
            "renewed on the day that the newest loaded file shows. Put the next one into the inbox folder.",
            group_name=group("inbox"),
            owners=[OWNER],
            kinds={"json" if contract.is_json_lines else "csv"},
            tags=tags(pii=contract.pii, state=contract.state),
            freshness_policy=dg.FreshnessPolicy.time_window(
                fail_window=timedelta(days=3 * contract.cadence_days),
                warn_window=timedelta(days=contract.cadence_days + 2),
            )
            if contract.cadence_days
            else None,
        )
        for contract in contracts_of(settings.campaign.states)
    ]


def _cadence(contract: Contract) -> str:
    return f"a new file every {contract.cadence_days} days" if contract.cadence_days else "at no fixed times"


def _delivered(contract: Contract) -> dg.AssetKey:
    return dg.AssetKey(["inbox", contract.name])


def raw_assets(
    settings: Settings, begun: Reader | None = None, meanwhile: Callable[[], None] | None = None
) -> dg.AssetsDefinition:
    """The assets `raw/<contract>`. `begun` is what reads the inbox already, on the day that the run is told. Where something new was loaded, what
    `meanwhile` begins is done beside the steps that follow, which leave a processor without work for a while."""

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
                tags=tags(pii=contract.pii, state=contract.state),
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
        gate.import_ahead()

        def say(line: str, **about: object) -> None:
            context.log.info(line, extra=about)

        with warehouse.open() as con:
            versions.start_build(con, "raw")
            days = {}
            if config.redeliver:
                name, day = call_back(settings, con, config.redeliver)
                days, as_of = {name: as_of or day}, None
            outcomes = ingest_inbox(settings, con, as_of, say, days, begun)
            keep_outcomes(con, context.run_id, outcomes)
            version = versions.finish_build(settings, con, "raw")
            newest = _newest(con)
            made = [
                _materialized(con, contract, outcomes, version) for contract in contracts_of(settings.campaign.states)
            ]
        warehouse.let_go()  # for the words of the views
        if meanwhile and any(outcome.status == "loaded" for outcome in outcomes):
            meanwhile()
        if not outcomes:
            context.log.info("raw: nothing new in the inbox")
        for contract in contracts_of(settings.campaign.states):
            loaded = [o for o in outcomes if o.contract == contract.name and o.status == "loaded"]
            if loaded:
                _report_arrival(context.instance, contract, loaded, newest[contract.name])
        yield from made

    return raw


def _newest(con: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """By contract the latest day that a loaded file shows."""
    return dict(
        con.execute(
            "select contract, max(as_of) from meta.deliveries where status in ('loaded', 'superseded') group by 1"
        ).fetchall()
    )


def _report_arrival(instance: dg.DagsterInstance, contract: Contract, loaded: list[Outcome], newest: date) -> None:
    """Mark a source as renewed at noon of the day that its newest file shows, from which its freshness is counted.

    Dagster's own ways of reporting date an event at this moment, and an old file would make its source fresh.
    """
    renewed = dg.AssetMaterialization(
        _delivered(contract),
        metadata={
            "dagster/row_count": sum(outcome.rows_loaded for outcome in loaded),
            "deliveries": dg.MetadataValue.md("\n".join(f"- {outcome}" for outcome in loaded)),
            "newest file shows": newest.isoformat(),
        },
    )
    instance.report_dagster_event(
        dg.DagsterEvent(
            dg.DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name=RUNLESS_JOB_NAME,
            event_specific_data=StepMaterializationData(renewed),
        ),
        run_id=RUNLESS_RUN_ID,
        timestamp=datetime.combine(newest, time(12), UTC).timestamp(),
    )


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
            "dagster/column_schema": dg.TableSchema(
                [dg.TableColumn(c, kind.lower(), description=_describe(contract, c)) for c, kind, *_ in columns]
            ),
            "deliveries of this run": dg.MetadataValue.md("\n".join(f"- {o}" for o in mine) or "none"),
            **pictures.of_deliveries(con, contract),
        },
        data_version=dg.DataVersion(version),
    )


def _describe(contract: Contract, column: str) -> str:
    names = [column, *contract.columns.get(column, [])]
    return _OUR_COLUMNS.get(column) or f"As delivered: {' or '.join(names)}."


_OUR_COLUMNS = {
    "_delivery_id": "The delivery that the record came in.",
    "_record_number": "The record's position in the delivered file, from 1.",
    "_as_of": "The day that the delivered file shows.",
}
