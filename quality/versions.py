"""Which data a step's tables were made from: a hash over the accepted deliveries and the code that made them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb

from orchestration.ingestion.contracts import all_contracts, campaign_contracts, contracts_of
from orchestration.settings import ROOT, Settings
from quality import STEPS

_FOLDERS = {
    "staging": ("seeds", "models/staging"),
    "marts": ("models/intermediate", "models/marts"),
    "segments": ("models/segments",),
}


def data_version(settings: Settings, con: duckdb.DuckDBPyConnection, step: str) -> str:
    """The version that `step` would be built from now: 16 hex characters.

    It changes with the deliveries that are current or were before and the days that they show, with the models and macros up to the step, and
    with what `campaign.yaml` passes to them.
    """
    version = hashlib.sha256(repr(_deliveries(con)).encode())
    for earlier in STEPS[1 : STEPS.index(step) + 1]:
        for folder in _FOLDERS.get(earlier, ()):
            _add_files(version, settings.dbt_project_dir, folder)
    if STEPS.index(step) >= STEPS.index("identity"):
        _add_files(version, ROOT, "orchestration/identity")
        _add_files(version, settings.data_dir, settings.decisions.name)
    if step == "published":
        _add_files(version, ROOT, "orchestration/publishing")
    if step != "raw":
        _add_files(version, settings.dbt_project_dir, "macros")
        version.update(_decisions(settings))
    return version.hexdigest()[:16]


def code_version(folder: str) -> str:
    """The version of the code in a folder of the repository: 16 hex characters."""
    version = hashlib.sha256()
    _add_files(version, ROOT, folder)
    return version.hexdigest()[:16]


def table_versions(
    settings: Settings, con: duckdb.DuckDBPyConnection, manifest: dict, of_code: bool = False
) -> dict[str, str]:
    """For each model and seed of dbt's manifest the version that its table would be built from now, or that `of_code`: of its models and
    seeds alone.

    It changes with the deliveries, models and seeds that lie before it, so that a new voter file leaves what is made of the
    vote history alone as it stands. The staged scopes are those of a state's voter files. A model whose `meta` says of which others its
    rows are (`rows_of`) has none where nothing was delivered of what these are made of, whatever else it reads: only its code counts then.
    Where such a one is brought forward that is to newer voters: of its code's version are the campaign's own deliveries, too.
    """
    base = hashlib.sha256(_decisions(settings))
    _add_files(base, settings.dbt_project_dir, "macros")
    delivered = _deliveries(con)
    own = {contract.name for contract in campaign_contracts()}
    counted = {"data": delivered, "campaign": [row for row in delivered if row[0] in own], "code": []}

    def of_source(node: dict, deliveries: list[tuple]) -> list[tuple]:
        voters = {c.name for c in contracts_of([node["source_name"].upper()], "voters")}
        is_scopes = node["name"] == "scopes"
        return [row for row in deliveries if (row[0] in voters if is_scopes else node["name"].startswith(row[0]))]

    def rows_of(unique_id: str) -> list[str]:
        named = manifest["nodes"][unique_id]["config"]["meta"].get("rows_of", [])
        return [parent for parent in _parents(manifest, unique_id) if parent.split(".")[-1] in named]

    @cache
    def brings_rows(unique_id: str) -> bool:
        if unique_id in manifest["sources"]:
            return bool(of_source(manifest["sources"][unique_id], delivered))
        return any(brings_rows(parent) for parent in rows_of(unique_id) or _parents(manifest, unique_id))

    @cache
    def version_of(unique_id: str, of: str) -> str:
        version = base.copy()
        node = manifest["sources"].get(unique_id)
        if node:
            version.update(repr(of_source(node, counted[of])).encode())
        else:
            node = manifest["nodes"][unique_id]
            files = [node["original_file_path"], (node["patch_path"] or "").partition("://")[2]]
            for file in filter(None, files):
                version.update((settings.dbt_project_dir / file).read_bytes())
            if rows_of(unique_id) and not brings_rows(unique_id):
                of = "code"
            for parent in sorted(_parents(manifest, unique_id)):
                version.update(version_of(parent, of).encode())
        return version.hexdigest()[:16]

    def is_linked_anew(node: dict) -> bool:
        return bool(node["config"]["meta"].get("rows_of")) and node["config"]["materialized"] == "incremental"

    return {
        name: version_of(name, "data" if not of_code else "campaign" if is_linked_anew(node) else "code")
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
    }


def _parents(manifest: dict, unique_id: str) -> list[str]:
    return [*manifest["nodes"][unique_id]["depends_on"].get("nodes", [])]


def project_version(settings: Settings) -> str:
    """A hash of where the dbt project lies and of all its files but those that dbt writes."""
    project = settings.dbt_project_dir
    version = hashlib.sha256(str(project).encode())
    for folder in ("macros", "models", "seeds", "tests"):
        _add_files(version, project, folder)
    for file in sorted(project.glob("*.yml")):
        version.update(file.read_bytes())
    return version.hexdigest()


def start_build(con: duckdb.DuckDBPyConnection, step: str, tables: Iterable[str] = ()) -> None:
    """Say that a step's tables are in the making: until `finish_build` no gate holds for them, and those in `tables`
    (schema.table) stand for nothing."""
    con.execute("delete from meta.builds where step in (select unnest(?))", [[step, *tables]])


def finish_build(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    step: str,
    tables: Mapping[str, tuple[str, str]] | None = None,
    followed: Mapping[str, str] | None = None,
) -> str:
    """Say that a step's tables are whole, and return the version they were built from. `tables` gives for each table
    (schema.table) that was built by itself its version, and that of its models alone; `followed` which of its builds (`builds`) was
    brought forward, if one was."""
    version = data_version(settings, con, step)
    now = datetime.now(UTC).replace(tzinfo=None)
    con.execute("begin transaction")
    con.executemany(
        "insert or replace into meta.builds values (?, ?, ?, ?, ?)",
        [
            *((t, built_from, now, code, (followed or {}).get(t)) for t, (built_from, code) in (tables or {}).items()),
            (step, version, now, None, None),
        ],
    )
    if step == "marts":
        con.execute("delete from meta.built_scopes")
        con.execute(
            "insert into meta.built_scopes select contract, county_code, delivery_id from raw.scopes where contract in (select unnest(?))",
            [_contracts("voters", "lookup")],
        )
    con.execute("commit")
    return version


def changes_suffice(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the marts were last built from those voter files that are now current or that were so right before, in every
    county, and from the lookups that are current: then the voters who changed between the two are all who differ from what
    was built."""
    [(others,)] = con.execute(
        """
        select count(*) from (select * from raw.scopes where contract in (select unnest($contracts))) now
        full join meta.built_scopes built using (contract, county_code)
        where built.delivery_id is null or now.delivery_id is null or built.delivery_id <> now.delivery_id and (
            contract in (select unnest($lookups)) or built.delivery_id is distinct from now.previous_delivery_id)
        """,
        {"contracts": _contracts("voters", "lookup"), "lookups": _contracts("lookup")},
    ).fetchall()
    return not others


def built_code(con: duckdb.DuckDBPyConnection, table: str) -> str | None:
    """The version of the models alone from which a table was last built to the end; None if never or half."""
    row = con.execute("select code_version from meta.builds where step = ?", [table]).fetchone()
    return row[0] if row else None


def built_version(con: duckdb.DuckDBPyConnection, step: str) -> str | None:
    """The version that a step, or one table (schema.table), was last built from to the end; None if never or half."""
    row = con.execute("select data_version from meta.builds where step = ?", [step]).fetchone()
    return row[0] if row else None


def builds(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What tells the last build of each step and table (schema.table) that was built to the end from any other of it."""
    return dict(con.execute("select step, data_version || ' ' || built_at from meta.builds").fetchall())


def _deliveries(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    """Contract, county, delivery and the one before, the days that they show, and how many of their records were erased."""
    return con.execute(
        """
        select scopes.*, coalesce(now.rows_erased, 0), coalesce(before.rows_erased, 0) from raw.scopes
        left join meta.deliveries now on now.delivery_id = scopes.delivery_id
        left join meta.deliveries before on before.delivery_id = scopes.previous_delivery_id
        order by all
        """
    ).fetchall()


def _contracts(*kinds: str) -> list[str]:
    return [contract.name for contract in all_contracts() if contract.kind in kinds]


def _decisions(settings: Settings) -> bytes:
    """What `campaign.yaml` passes to the models."""
    return repr((settings.campaign.election, settings.campaign.states)).encode()


def _add_files(version: hashlib._Hash, project: Path, folder: str) -> None:
    for file in sorted((project / folder).rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            version.update(file.relative_to(project).as_posix().encode())
            version.update(file.read_bytes())
