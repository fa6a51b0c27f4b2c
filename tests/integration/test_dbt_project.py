"""The dbt project without data: it parses, every layer builds from empty sources, its unit tests pass, and the states'
staging models are alike."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor, wait
from types import SimpleNamespace

import duckdb
import networkx as nx
import pytest
from dbt.graph.queue import GraphQueue

from orchestration import leaner_dbt
from orchestration.dbt import LAYERS, Dbt
from orchestration.exporting import waiting
from orchestration.exporting.law import Law
from orchestration.ingestion.contracts import all_contracts
from orchestration.ingestion.ingest import prepare
from orchestration.settings import contract_states
from orchestration.warehouse import Warehouse
from quality import policy, versions
from tests import pipeline

STATES = tuple(contract_states())


def build(folder, states: tuple[str, ...]) -> tuple[Dbt, Warehouse]:
    settings = pipeline.settings_for(folder, states=states)
    dbt, warehouse = Dbt(settings), Warehouse(settings)
    with warehouse.hold("a test"):
        with warehouse.open() as con:
            prepare(con)
        for layer in LAYERS:
            dbt.run(dbt.tables(layer))
    return dbt, warehouse


@pytest.fixture(scope="module")
def all_states(tmp_path_factory) -> tuple[Dbt, Warehouse]:
    """The project built for a campaign in every state that there is."""
    return build(tmp_path_factory.mktemp("states"), STATES)


@pytest.fixture(scope="module")
def one_state(tmp_path_factory) -> tuple[Dbt, Warehouse]:
    return build(tmp_path_factory.mktemp("state"), ("NC",))


def test_every_layer_builds_on_nothing_and_dbts_unit_tests_pass(one_state) -> None:
    dbt, warehouse = one_state
    with warehouse.hold("a test"):
        results = dbt.test("test_type:unit")
    assert len(results) >= 20
    assert [r.node.name for r in results if r.status != "pass"] == []


def test_a_kept_table_gets_the_columns_that_its_model_has_since_then(one_state) -> None:
    """It is never built from nothing, as others are whose models have changed. And what is asked for is built, nothing else."""
    dbt, warehouse = one_state
    tables = {name: table for name, table in dbt.tables("marts").items() if name in dbt.kept()}
    assert len(tables) > 1
    with warehouse.hold("a test"):
        with warehouse.open() as con:
            before = {table: con.execute(f"describe {table}").fetchall() for table in tables.values()}
            for table, columns in before.items():
                con.execute(f"alter table {table} drop column {columns[-1][0]}")
        assert dbt.run(tables).keys() == tables.keys()
        with warehouse.open() as con:
            assert {table: con.execute(f"describe {table}").fetchall() for table in tables.values()} == before


def test_every_column_keeps_to_the_policy(all_states, capsys) -> None:
    """What is wrong stops `make check` before it stops a run; and every source has its terms."""
    dbt, _ = all_states
    assert policy.of(dbt.settings).problems == []
    terms = Law.load().terms()
    assert [contract.name for contract in all_contracts() if policy.entry(terms, contract.name) is None] == []
    with pipeline.campaign_of(dbt.settings):
        assert pipeline.groundgame(dbt.settings, "policy") == 0
        assert pipeline.groundgame(dbt.settings, "policy", "--table", "donations", "--source", "actblue") == 0
        told = capsys.readouterr().out
        assert pipeline.groundgame(dbt.settings, "policy", "--table", "donors") == 1
    waiting = "nc, oh, fl, mi, ga, wa, co, pa"
    assert f"No list for fundraising is written of {waiting} until counsel writes `yes` into law.yaml.\n" in told
    assert re.search(r"^fec +analysis, compliance +.*52 U[.]S[.]C[.] 30111", told, re.MULTILINE)
    assert re.search(
        r"^marts[.]donations[.]donor_employer +actblue_contributions +pii +analysis, compliance$", told, re.MULTILINE
    )
    assert "marts.donations.voter_id" not in told


def test_a_file_changes_only_what_is_made_of_it(all_states) -> None:
    """A delivery of events leaves all that is made of voters alone, and one of a state's vote history the voters' records."""
    dbt, warehouse = all_states
    with warehouse.hold("a test"), warehouse.open() as con:

        def changed_by(contract: str) -> set[str]:
            before = versions.table_versions(dbt.settings, con, dbt.manifest_dict())
            con.execute("insert into raw.scopes values (?, '', 'a delivery', null, '2026-01-03', null)", [contract])
            after = versions.table_versions(dbt.settings, con, dbt.manifest_dict())
            con.execute("delete from raw.scopes where contract = ?", [contract])
            return {name.split(".")[-1] for name in after if after[name] != before[name]}

        donations = changed_by("actblue_contributions")
        assert donations >= {"donations", "recent_donors", "segment_members"}
        assert donations & {"voters", "vote_history", "residences", "site_readers", "stg_nc__scopes"} == set()
        history = changed_by("nc_vote_history")
        assert history >= {"voters", "vote_history", "precincts"}
        assert history & {"stg_nc__voters", "int_changed_records", "int_registrations", "stg_oh__voters"} == set()
        voters = changed_by("nc_voters")
        assert voters >= {"stg_nc__scopes", "int_changed_records", "voters"}
        # What nobody delivered has no rows for a newer voter to change.
        assert voters & {"donations", "friendships", "subscriptions", "precinct_crosswalk"} == set()
        con.execute(
            "insert into raw.scopes values ('actblue_contributions', '', 'a delivery', null, '2026-01-03', null)"
        )
        assert changed_by("nc_voters") & {"donations", "friendships", "subscriptions"} == {"donations", "subscriptions"}
        con.execute("delete from raw.scopes")


def test_the_model_on_which_most_waits_is_next_once_a_thread_is_free() -> None:
    """Of those that may be built by then, and not of those that could be when the others were begun."""
    with leaner_dbt.leaner():
        after = [("voters", "residences"), ("residences", "households")]
        graph = nx.DiGraph(after)
        graph.add_nodes_from(("elections", "precincts"))
        queue = GraphQueue(graph, SimpleNamespace(expect=lambda name: name), {*graph})
        assert [queue.get(), queue.get()] == ["voters", "elections"]
        with ThreadPoolExecutor() as pool:
            third = pool.submit(queue.get)
            assert not wait([third], timeout=0.2).done
            queue.mark_done("voters")
            assert third.result(timeout=10) == "residences"


FILLED = {"VARCHAR": "'1'", "BOOLEAN": "true", "DATE": "date '2026-01-03'", "TIMESTAMP": "timestamp '2026-01-03'"}


def test_whose_rows_are_of_others_has_none_without_these(all_states) -> None:
    """By that word (`rows_of`) a table is left as it stands where nothing of it was delivered, whatever else it reads."""
    dbt, warehouse = all_states
    said = {
        name: node.config.meta["rows_of"]
        for name, node in dbt.manifest.nodes.items()
        if node.config.meta.get("rows_of")
    }
    assert len(said) > 10
    with warehouse.hold("a test"), warehouse.open() as con:
        columns = con.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        ).fetchall()
    for name, of in said.items():
        node = dbt.manifest.nodes[name]
        parents = [dbt.manifest.nodes[parent] for parent in node.depends_on_nodes]
        assert {*of} <= {parent.name for parent in parents}, name
        with duckdb.connect() as con:
            con.execute(f"attach ':memory:' as {warehouse.path.stem}; use {warehouse.path.stem}")
            for parent in parents:
                one_row = ", ".join(
                    f'{FILLED.get(kind, "null" if kind.endswith(")") else 1)}::{kind} as "{column}"'
                    for table, column, kind in columns if table == f"{parent.schema}.{parent.name}"
                )  # fmt: skip
                con.execute(f"create schema if not exists {parent.schema}")
                con.execute(
                    f"create table {parent.schema}.{parent.name} as select {one_row} where {parent.name not in of}"
                )
            sql = (dbt.target / "compiled" / node.package_name / node.original_file_path).read_text(encoding="utf-8")
            assert con.execute(sql).fetchall() == [], name


def test_no_whole_vote_is_held_while_ballots_are_told_apart(all_states) -> None:
    """What a query names twice DuckDB holds, and of all columns of all votes that is more than its memory."""
    dbt, warehouse = all_states
    [file] = dbt.target.rglob("compiled/**/int_ballots.sql")
    with warehouse.hold("a test"), warehouse.open() as con:
        [(_, plan)] = con.execute(f"explain (format json) {file.read_text(encoding='utf-8')}").fetchall()
    held = set(re.findall(r'"CTE Name": "(\w+)"', plan))
    assert held == {"voting_methods", "more_than_once"}  # a seed, and keys alone


@pytest.mark.parametrize("state", [state.lower() for state in STATES])
def test_the_unit_tests_of_each_states_staging_pass(all_states, state: str) -> None:
    dbt, warehouse = all_states
    with warehouse.hold("a test"):
        results = dbt.test(f"staging.{state},test_type:unit")
    tested = {r.node.tested_node_unique_id.split(".")[-1] for r in results}
    assert tested >= {f"stg_{state}__{e}" for e in ("voters", "vote_history", "voters_suppressed")}
    assert [r.node.name for r in results if r.status != "pass"] == []


def test_opt_outs_are_waited_for_of_each_source_that_may_have_them(all_states) -> None:
    dbt, _ = all_states

    def sources_of(node: str) -> set[str]:
        if node.startswith("source."):
            return {node.rsplit(".", 1)[1]}
        parents = getattr(dbt.manifest.nodes[node].depends_on, "nodes", [])
        return set().union(*map(sources_of, parents))

    assert sources_of("model.groundgame.int_consents") == {*waiting.CONTRACTS}


@pytest.mark.parametrize("entities", ["voters", "voters_previous", "voters_suppressed", "vote_history", "scopes"])
def test_all_states_have_the_same_columns_in_staging(all_states, entities: str) -> None:
    """Their names, order and types; and each column says in its YAML what it is in that state."""
    dbt, warehouse = all_states
    shapes = {}
    with warehouse.hold("a test"), warehouse.open() as con:
        for state in STATES:
            name = f"stg_{state.lower()}__{entities}"
            shapes[state] = con.execute(f"select column_name, column_type from (describe staging.{name})").fetchall()
            documented = dbt.manifest.nodes[f"model.groundgame.{name}"].columns
            assert [*documented] == [column for column, _ in shapes[state]], name
            assert all(column.description for column in documented.values())
    assert len({tuple(shape) for shape in shapes.values()}) == 1, shapes


@pytest.mark.parametrize("contract", [c for c in all_contracts() if c.kind == "voters"], ids=lambda c: c.name)
def test_what_a_state_does_not_record_says_so(all_states, contract) -> None:
    dbt, _ = all_states
    columns = dbt.manifest.nodes[f"model.groundgame.stg_{contract.state.lower()}__voters"].columns
    always_null = {name for name, column in columns.items() if column.description.startswith("Always null")}
    assert always_null == {*contract.unrecorded}
