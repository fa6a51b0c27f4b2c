"""dbt, run in this process: one Dagster asset group a layer, so that a gate can stand between two layers.

In process because a dbt subprocess costs about 8 s a layer. Data quality is judged by the gates, so a layer runs models
and seeds only; the project's unit tests run in the test suite.
"""

import json
import os
import pickle
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import fields
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.version import __version__ as dbt_version

from orchestration import leaner_dbt, pictures, progress, project_cache
from orchestration.errors import ran_out, without_values
from orchestration.groups import OWNER, group, is_of_all, tags
from orchestration.lineage import ColumnLineage, Values
from orchestration.settings import Mendable, Settings, contract_states
from orchestration.warehouse import Warehouse, close_room, has_table, limits, settling
from quality import gate, policy, reconcile, versions

LAYERS = {
    "staging": ("resource_type:seed", "groundgame.staging"),
    "marts": ("groundgame.intermediate", "groundgame.marts"),
    "segments": ("groundgame.segments",),
}


# Settings of a connection that the profile takes from the environment: the machine's limits.
_BOUNDS = ("memory_limit", "block_allocator_memory", "threads", "temp_directory", "max_temp_directory_size")

_ASKED_FOR = "asked_for"  # what a run is to build

SCHEMAS = {"staging": ("staging",), "marts": ("intermediate", "marts"), "segments": ("segments",)}


class DbtFailed(Mendable):
    """dbt could not build; the message names the model and holds nothing of its rows."""


# What dbt made of a project, and the same as it writes it. Neither hangs on the data directory, and parsing takes seconds.
_parsed: dict[tuple[str, str], tuple[Manifest, dict]] = {}


class Dbt:
    """The dbt project of one data directory: parses it once and runs parts of it."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.target = settings.warehouse.parent / "dbt"
        self._manifest: tuple[Manifest, dict] | None = None

    @property
    def manifest(self) -> Manifest:
        """The parsed project."""
        return self._read()[0]

    def manifest_dict(self) -> dict:
        """The parsed project as dbt writes it, for Dagster."""
        return self._read()[1]

    def _read(self) -> tuple[Manifest, dict]:
        if self._manifest is None:
            key = (versions.project_version(self.settings), json.dumps(self.variables()))
            if key not in _parsed:
                file = project_cache.path(self.settings, "parsed", (*key, dbt_version, sys.version))
                kept = project_cache.read(file)
                _parsed[key] = _unpacked(kept) if kept else self._parse()
                if not kept:
                    project_cache.keep(file, _packed(*_parsed[key]))
            self._manifest = _parsed[key]
        return self._manifest

    def _parse(self) -> tuple[Manifest, dict]:
        manifest = self._invoke("parse").result
        return manifest, json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))

    def run(self, names: Iterable[str]) -> dict[str, float]:
        """Build models and seeds, named by their unique ids; return the seconds that each took.

        Raises:
            DbtFailed: a model failed.
        """
        kinds = ("--resource-type", "model", "--resource-type", "seed")
        # By a tag, since dbt looks through the whole project for each name that it is told.
        tags = {name: self.manifest.nodes[name].tags for name in names}
        try:
            for name, own in tags.items():
                self.manifest.nodes[name].tags = [*own, _ASKED_FOR]
            # Its JSON, which nobody reads, takes a second each time.
            result = self._invoke(
                "build", "--no-write-json", "--select", f"tag:{_ASKED_FOR}", *kinds, manifest=self.manifest
            )
        finally:
            for name, own in tags.items():
                self.manifest.nodes[name].tags = own
        return {r.node.unique_id: r.execution_time for r in result.result if r.node.resource_type != "operation"}

    def compiled(self, *layers: str) -> dict[str, str]:
        """The SQL of the models of some layers by unique id, as where no table stands yet: read against no warehouse, so that
        nobody is waited for."""
        select = [name for layer in layers for name in LAYERS[layer]]
        result = self._invoke(
            "compile", "--no-write-json", "--select", *select, manifest=self.manifest, warehouse=":memory:"
        )
        return {r.node.unique_id: r.node.compiled_code for r in result.result}

    def tables(self, layer: str) -> dict[str, str]:
        """The models and seeds of a layer, each behind those that it is made from: unique id to schema.table."""
        nodes = {k: n for k, n in self.manifest_dict()["nodes"].items() if n["resource_type"] in ("model", "seed")}
        order = TopologicalSorter({name: set(node["depends_on"].get("nodes", [])) for name, node in nodes.items()})
        return {
            name: f"{nodes[name]['schema']}.{nodes[name]['name']}"
            for name in order.static_order()
            if name in nodes and nodes[name]["schema"] in SCHEMAS[layer]
        }

    def materialized(self, kind: str) -> set[str]:
        """The models of one kind: `incremental` are those whose tables can be brought forward to newer deliveries."""
        nodes = self.manifest_dict()["nodes"]
        return {name for name, node in nodes.items() if node["config"].get("materialized") == kind}

    def kept(self) -> set[str]:
        """The models whose `meta` says `kept`: what their tables hold is known nowhere else, so they only grow."""
        return {name for name, node in self.manifest_dict()["nodes"].items() if node["config"]["meta"].get("kept")}

    def built_anew(self, stale: set[str], can_follow: set[str]) -> set[str]:
        """Which incremental tables have to be built from nothing where `stale` ones are to be built and of those `can_follow`
        could be brought forward: one that cannot, and one whose `meta` says `built_anew_with` a table that is not either. Never
        one that is `kept`."""
        nodes, incremental = self.manifest_dict()["nodes"], self.materialized("incremental") - self.kept()
        anew, seen = stale - (can_follow & incremental), None
        while seen != anew:
            seen = anew
            names = {name.split(".")[-1] for name in anew}
            anew = anew | {n for n in incremental if names & {*nodes[n]["config"]["meta"].get("built_anew_with", [])}}
        return anew & incremental

    def asset_keys(self) -> dict[str, dg.AssetKey]:
        """schema.table of every model, seed and source to its asset."""
        manifest, translator = self.manifest_dict(), Translator()
        nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
        return {
            f"{node['schema']}.{node['name']}": translator.get_asset_key(node)
            for node in nodes
            if node["resource_type"] in ("model", "seed", "source")
        }

    def test(self, select: str) -> list:
        """Run the selected tests and return dbt's results; for the test suite."""
        results = self._invoke("test", "--select", select, manifest=self.manifest, check=False).result
        return [r for r in results if r.node.resource_type != "operation"]  # hooks are told, too

    def variables(self) -> dict[str, object]:
        """What the project is told by the campaign, and the segments that stand in its folder."""
        folder = self.settings.dbt_project_dir / "models" / "segments" / "definitions"
        return {
            "election_date": self.settings.campaign.election.isoformat(),
            "states": self.settings.campaign.states,
            "segment_models": sorted(file.stem for file in folder.glob("*.sql")),
        }

    def _invoke(
        self, *arguments: str, manifest: Manifest | None = None, check: bool = True, warehouse: str | None = None
    ) -> dbtRunnerResult:
        project = str(self.settings.dbt_project_dir)
        bounds = limits(self.settings.limits, self.settings.scratch)
        os.environ |= {
            "GROUNDGAME_WAREHOUSE": warehouse or str(self.settings.warehouse),
            **{f"GROUNDGAME_DBT_{name.upper()}": str(bounds[name]) for name in _BOUNDS},
            "DO_NOT_TRACK": "1",
        }
        flags = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(self.target)]
        flags += [
            "--log-path",
            str(self.target),
            "--vars",
            json.dumps(self.variables()),
            "--quiet",
            "--log-level",
            "none",
            "--log-level-file",
            "none",
        ]
        try:
            with leaner_dbt.leaner() if manifest else nullcontext():
                result = dbtRunner(manifest=manifest).invoke([*arguments, *flags])
        finally:
            _close_connections()
        if result.exception and not isinstance(result.exception, Exception):
            raise result.exception  # the run was cancelled
        if check and not result.success:
            raise ran_out(_messages(result), self.settings.data_dir) or DbtFailed(_why(result))
        return result


def _packed(manifest: Manifest, as_written: dict) -> bytes:
    """Less what dbt looks things up in, which it makes again; its own way of pickling mixes these up."""
    held = {f.name: getattr(manifest, f.name) for f in fields(manifest) if not f.name.startswith("_")}
    return pickle.dumps((held, as_written))


def _unpacked(packed: bytes) -> tuple[Manifest, dict]:
    held, as_written = pickle.loads(packed)
    return Manifest(**held), as_written


def _close_connections() -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def _messages(result: dbtRunnerResult) -> str:
    """All that dbt says of what failed. It may quote a row, so nobody is shown it."""
    results = getattr(result.result, "results", None) or []
    return "\n".join([str(result.exception or ""), *(str(r.message) for r in results)])


def _why(result: dbtRunnerResult) -> str:
    """Which models failed and with what kind of error. A database error may quote a row, so values are cut out."""
    if result.exception is not None:
        return f"the dbt project cannot be used: {result.exception}"
    bad = [r for r in result.result if r.status in ("error", "fail")]
    lines = [f"{r.node.original_file_path}: {without_values(' '.join((r.message or 'failed').split()))}" for r in bad]
    return "dbt could not build " + "; ".join(lines)


class Translator(DagsterDbtTranslator):
    """Names dbt's nodes in Dagster: key [schema, table], grouped by layer."""

    def __init__(self):
        super().__init__(
            DagsterDbtTranslatorSettings(enable_asset_checks=False, enable_duplicate_source_asset_keys=True)
        )
        self._states = {*contract_states()}

    def get_asset_key(self, props: dict) -> dg.AssetKey:
        """[schema, table]; a source says in its YAML which asset of ingestion makes it."""
        if props["resource_type"] == "source":
            return super().get_asset_key(props)
        return dg.AssetKey([props["config"]["schema"], props["name"]])

    def get_asset_spec(self, manifest, unique_id, project):
        """Segments come after people, whose gate stands before them, though no segment has to read these."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        people = dg.AssetKey(["identity", "people"])
        if spec.key.path[0] != "segments" or people in {dep.asset_key for dep in spec.deps}:
            return spec
        return spec.replace_attributes(deps=[*spec.deps, people])

    def get_group_name(self, props: dict) -> str:
        """The step that builds it."""
        schema = props["config"].get("schema")
        return group(next((step for step, schemas in SCHEMAS.items() if schema in schemas), "raw"))

    def get_owners(self, props: dict) -> list[str]:
        """Who answers for it: by its YAML (`meta: {owner: ...}`, a team or an address), else the data team."""
        owner = str(props["config"].get("meta", {}).get("owner", OWNER))
        return [owner if "@" in owner or owner.startswith("team:") else f"team:{owner}"]

    def get_description(self, props: dict) -> str:
        """What its YAML says, and where its SQL lies; dagster-dbt would put the whole SQL here."""
        return f"{props['description']}\n\n`dbt_project/{props['original_file_path']}`"

    def get_tags(self, props: dict) -> dict[str, str]:
        """dbt's own, and ours: personal data by the `pii` of its columns, the state by its folder."""
        states = self._states & {part.upper() for part in props["fqn"]}
        pii = any(column["config"].get("meta", {}).get("pii") for column in props["columns"].values())
        return {**super().get_tags(props), **tags(pii=pii, state=min(states, default=None))}


def layer_assets(dbt: Dbt, layer: str) -> dg.AssetsDefinition:
    """The assets of one layer as one step, which asks the gate before it and says from what it was built."""

    @dbt_assets(
        manifest=dbt.manifest_dict(),
        select=" ".join(LAYERS[layer]),
        name=layer,
        dagster_dbt_translator=Translator(),
        pool="warehouse",
        required_resource_keys={"warehouse"},
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        warehouse: Warehouse = context.resources.warehouse
        settings = dbt.settings
        started = time.monotonic()
        policy.of(settings).require()
        with warehouse.open() as con:
            gate.require(settings, con, layer)
            wanted = versions.data_version(settings, con, layer)
            whole_job = is_of_all(context.run)
            tables = dbt.tables(layer)
            table_versions = versions.table_versions(settings, con, dbt.manifest_dict())
            told = _told(context, tables, table_versions)
            stands = whole_job and versions.built_version(con, layer) == wanted and told.keys() == tables.keys()
            if not stands:
                code_versions = versions.table_versions(settings, con, dbt.manifest_dict(), of_code=True)
                views = dbt.materialized("view")  # show the newest deliveries by themselves
                stale = {
                    name
                    for name, table in tables.items()
                    if not whole_job
                    or (
                        versions.built_code(con, table) != code_versions[name]
                        if name in views
                        else versions.built_version(con, table) != table_versions[name]
                    )
                }
                follow = whole_job and versions.changes_suffice(con)
                if follow and has_table(con, "voters", "marts"):
                    close_room(con, "marts.voters")
                can_follow = {n for n in stale if follow and versions.built_code(con, tables[n]) == code_versions[n]}
                anew = dbt.built_anew(stale, can_follow)
                stale |= anew
                # A part of the work teaches nothing on the pace of the whole.
                is_whole = stale == {*tables} and stale & dbt.materialized("incremental") - dbt.kept() <= anew
                brought = {tables[name] for name in can_follow & dbt.materialized("incremental") - anew}
                followed = {table: build for table, build in versions.builds(con).items() if table in brought}
                versions.start_build(con, layer, [tables[name] for name in stale])
                for name in anew:
                    con.execute(f"drop table if exists {tables[name]}")
                pace = progress.by_pace(con, layer)
        if stands:
            context.log.info(f"{layer}: nothing changed, the tables stand")
            yield from told.values()
            return
        seconds: dict[str, float] = {}
        if stale:
            try:
                with progress.told(context.log.info, pace):
                    seconds = dbt.run(stale)
            except BaseException:
                warehouse.let_go()
                warehouse.give_back()
                raise
            if stale & dbt.materialized("view"):
                warehouse.let_go()  # for their words
        with warehouse.open() as con:
            if layer == "staging":
                changed = {table for name, table in tables.items() if name in stale or name not in told}
                reconcile.record_suppressed(con, settings.campaign.states, changed)
            built_from = {tables[name]: (table_versions[name], code_versions[name]) for name in stale}
            versions.finish_build(settings, con, layer, built_from, followed)
            project = (versions.project_version(settings), dbt.variables())
            with settling(con):
                lineages = ColumnLineage(con, project_cache.path(settings, f"lineage_{layer}", project))
                keys = dbt.asset_keys()
                built = [
                    told[node]
                    if node in told and node not in stale
                    else _materialized(dbt, con, lineages, keys, node, seconds.get(node), table_versions[node])
                    for node in tables
                ]
            lineages.keep()
            if is_whole:
                progress.keep_pace(con, layer, time.monotonic() - started)
        rows = sum(_row_count(result) for result in built)
        standing = f", {len(tables) - len(stale)} of them stand" if len(stale) < len(tables) else ""
        context.log.info(
            f"{layer}: {len(tables)} tables and views{standing}, {rows:,} rows, {time.monotonic() - started:.1f} s"
        )
        # The layer is always built as a whole; a person may have asked for one table of it.
        yield from (result for result in built if result.asset_key in context.selected_asset_keys)

    return build


def _told(
    context: dg.AssetExecutionContext, tables: dict[str, str], table_versions: dict[str, str]
) -> dict[str, dg.MaterializeResult]:
    """What was said of the tables whose data is what it was then, by unique id; the UI shows only what the newest run says."""
    keys = {name: dg.AssetKey(table.split(".")) for name, table in tables.items()}
    events = context.instance.get_latest_materialization_events(keys.values())
    told: dict[str, dg.MaterializeResult] = {}
    for name, key in keys.items():
        event = events.get(key)
        said = event.asset_materialization if event else None
        if said and (said.tags or {}).get(DATA_VERSION_TAG) == table_versions[name]:
            version = dg.DataVersion(table_versions[name])
            told[name] = dg.MaterializeResult(asset_key=key, metadata=said.metadata, data_version=version)
    return told


def _row_count(result: dg.MaterializeResult) -> int:
    count: Any = (result.metadata or {})["dagster/row_count"]
    return int(getattr(count, "value", count))


def _materialized(
    dbt: Dbt, con, lineages: ColumnLineage, keys: dict, unique_id: str, seconds: float | None, version: str
):
    node = dbt.manifest.nodes[unique_id]
    name = f"{node.schema}.{node.name}"
    rows = reconcile.rows_of(con, name)
    columns = con.execute(f'describe "{node.schema}"."{node.name}"').fetchall()
    described = {column: info.description for column, info in node.columns.items()}
    parents = [dbt.manifest.nodes.get(p) or dbt.manifest.sources[p] for p in node.depends_on_nodes]
    # Reading one takes time, and most tables that stay empty are of files that a campaign does not have.
    made_of = rows and lineages.of(
        dbt.target / "compiled" / node.package_name / node.original_file_path,
        [f"{parent.schema}.{parent.name}" for parent in parents],
    )
    return dg.MaterializeResult(
        asset_key=dg.AssetKey([node.schema, node.name]),
        metadata={
            "dagster/row_count": rows,
            "dagster/column_schema": dg.TableSchema(
                [dg.TableColumn(c, kind.lower(), description=described.get(c)) for c, kind, *_ in columns]
            ),
            **({"dagster/column_lineage": _lineage(made_of, keys)} if made_of else {}),
            **pictures.of_table(con, name),
            **({} if seconds is None else {"seconds": round(seconds, 2)}),
        },
        data_version=dg.DataVersion(version),
    )


def _lineage(made_of: Values, keys: dict[str, dg.AssetKey]) -> dg.TableColumnLineage:
    """As Dagster shows it. Once for each asset: what is current and what was before are two tables of one."""
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(asset_key=key, column_name=name)
                for key, name in dict.fromkeys((keys[table], name) for table, name in found if table in keys)
            ]
            for column, found in made_of.items()
        }
    )
