"""The step `identity` in Dagster: people out of the marts' records, in schema `identity`."""

import time
from collections.abc import Iterator

import dagster as dg

from orchestration.groups import OWNER, group, tags
from orchestration.identity import people, stewards, tables
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from quality import gate, versions


def identity_keys() -> list[dg.AssetKey]:
    """The assets of the step, a table each."""
    return [dg.AssetKey([tables.SCHEMA, table]) for table in tables.described()]


def identity_assets(settings: Settings, upstream: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The tables of people as one step, made from the tables `upstream`."""

    @dg.multi_asset(
        specs=[
            dg.AssetSpec(
                key,
                deps=upstream,
                description=tables.described()[key.path[-1]]["description"],
                group_name=group("identity"),
                owners=[OWNER],
                kinds={"duckdb"},
                tags=tags(pii=True),
            )
            for key in identity_keys()
        ],
        name="identity",
        pool="warehouse",
        required_resource_keys={"warehouse"},
    )
    def identity(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        warehouse: Warehouse = context.resources.warehouse
        started = time.monotonic()
        decisions = stewards.read(settings)
        with warehouse.open() as con:
            gate.require(settings, con, "identity")
            wanted = versions.data_version(settings, con, "identity")
            whole_job = not (context.run.asset_selection or context.run.resolved_op_selection)
            stands = whole_job and versions.built_version(con, "identity") == wanted
            if not stands:
                versions.start_build(con, "identity", [f"{tables.SCHEMA}.{table}" for table in tables.described()])
                found = people.refresh(con, wanted, decisions)
                # Each table as built by itself, so that its published copy is known to stand.
                versions.finish_build(
                    settings,
                    con,
                    "identity",
                    {f"{tables.SCHEMA}.{table}": (wanted, wanted) for table in tables.described()},
                )
            sizes = {
                table: con.execute(f"select count(*) from {tables.SCHEMA}.{table}").fetchall()[0][0]
                for table in tables.described()
            }
        context.log.info(
            "identity: nothing changed, people stand"
            if stands
            else f"identity: {found.people:,} people of {found.records:,} records, {found.touched:,} of them looked at, "
            f"{time.monotonic() - started:.1f} s"
        )
        for table, rows in sizes.items():
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey([tables.SCHEMA, table]),
                metadata={"dagster/row_count": rows},
                data_version=dg.DataVersion(wanted),
            )

    return identity
