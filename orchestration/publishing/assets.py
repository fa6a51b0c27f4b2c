"""The published database in Dagster: a candidate that the last gate judges, and the version that analysts open."""

import time
from typing import Any

import dagster as dg

from orchestration import pictures, progress
from orchestration.groups import OWNER, group, tags
from orchestration.ingestion import scopes
from orchestration.ingestion.contracts import contracts_of
from orchestration.publishing import publish
from orchestration.publishing.copying import Copying
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from quality import gate, versions

CANDIDATE = dg.AssetKey(["published", "candidate"])
CURRENT = dg.AssetKey(["published", "current"])


def published_assets(
    settings: Settings, upstream: list[dg.AssetKey], copying: Copying | None = None
) -> list[dg.AssetsDefinition]:
    """`published/candidate`, made from the tables `upstream`, and `published/current`. `copying` may have begun the copy that the candidate begins as."""
    shared: dict[str, Any] = {
        "group_name": group("published"),
        "owners": [OWNER],
        "kinds": {"duckdb"},
        "tags": tags(pii=True),
        "pool": "warehouse",
        "required_resource_keys": {"warehouse"},
    }

    @dg.asset(
        key=CANDIDATE,
        deps=upstream,
        description="The public tables in a file of their own, not yet to be seen: never raw, never staging.",
        **shared,
    )
    def candidate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        warehouse: Warehouse = context.resources.warehouse
        started = time.monotonic()
        with warehouse.open() as con:
            gate.require(settings, con, "published")
            versions.start_build(con, "published")
            with progress.told(context.log.info, progress.by_pace(con, "published")):
                rows = publish.write_candidate(settings, con, copying)
            progress.keep_pace(con, "published", time.monotonic() - started)
            version = versions.finish_build(settings, con, "published")
        context.log.info(f"published: {rows:,} rows written aside, {time.monotonic() - started:.1f} s")
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "path": dg.MetadataValue.path(publish.candidate_path(settings)),
            },
            data_version=dg.DataVersion(version),
        )

    @dg.asset(
        key=CURRENT,
        deps=[CANDIDATE],
        description="The database that analysts open, swapped in by rename after its gate passed.",
        **shared,
    )
    def current(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        warehouse: Warehouse = context.resources.warehouse
        with warehouse.open() as con:
            gate.require_passed(settings, con, "published", "nothing is published")
            changed = publish.swap(settings, con)
            version = versions.data_version(settings, con, "published")
            for contract in contracts_of(settings.campaign.states, "events"):
                forgotten = scopes.forget_unmatched(con, contract)
                if forgotten:
                    context.log.info(
                        f"raw: what {forgotten:,} records of {contract.name} say of people who are no voters is gone"
                    )
        sizes = publish.table_sizes(settings.current)
        context.log.info(
            f"published: {'a new version is current' if changed else 'nothing changed, the current version stands'}"
        )
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(rows for _, rows in sizes),
                "rows by table": pictures.bars(sizes),
                "path": dg.MetadataValue.path(settings.current),
                "changed": changed,
            },
            data_version=dg.DataVersion(version),
        )

    return [candidate, current]
