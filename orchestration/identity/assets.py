"""The step `identity` in Dagster: people out of the marts' records, in schema `identity`."""

import time
from collections.abc import Iterator

import dagster as dg

from orchestration import pictures, progress
from orchestration.groups import OWNER, group, is_of_all, tags
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
                tags=tags(
                    pii=not all(c.get("is_of_nobody") for c in tables.described()[key.path[-1]]["columns"].values())
                ),
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
            whole_job = is_of_all(context.run)
            stands = whole_job and versions.built_version(con, "identity") == wanted
            if not stands:
                code = versions.code_version("orchestration/identity")
                by_same_rules = versions.built_code(con, f"{tables.SCHEMA}.people") == code
                built = [f"{tables.SCHEMA}.{table}" for table in (*tables.described(), "made_anew")]
                followed = {table: build for table, build in versions.builds(con).items() if table in built}
                versions.start_build(con, "identity", built)
                with progress.told(context.log.info, progress.by_pace(con, "identity")):
                    found = people.refresh(con, wanted, decisions, by_same_rules)
                if found.touched == found.records:  # a part of the work teaches nothing on the pace of the whole
                    progress.keep_pace(con, "identity", time.monotonic() - started)
                # Each table as built by itself, so that its published copy is known to stand.
                made_of = dict.fromkeys(built, (wanted, code))
                versions.finish_build(settings, con, "identity", made_of, followed)
            plots = pictures.of_people(con)
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
                metadata={"dagster/row_count": rows, **_columns(table), **plots[table]},
                data_version=dg.DataVersion(wanted),
            )

    return identity


def _columns(table: str) -> dict[str, dg.TableSchema | dg.TableColumnLineage]:
    """What the columns of a table are and of which they are made."""
    columns = tables.described()[table]["columns"]
    made_of = {
        name: [dg.TableColumnDep(dg.AssetKey(place.split(".")[:2]), place.split(".")[2]) for place in column["made_of"]]
        for name, column in columns.items()
        if "made_of" in column
    }
    schema = [dg.TableColumn(name, column["type"], column["about"]) for name, column in columns.items()]
    return {"dagster/column_schema": dg.TableSchema(schema), "dagster/column_lineage": dg.TableColumnLineage(made_of)}
