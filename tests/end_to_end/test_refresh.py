"""The main job from inbox to published database, on a small generated state, as `make run` does it."""

from __future__ import annotations

import os
import re
import shutil
from datetime import date, timedelta

import duckdb
import polars as pl

from orchestration import cli
from orchestration.operating import summary
from orchestration.sample import SAMPLE_AS_OF
from orchestration.warehouse import Warehouse
from tests import nc, pipeline, readme
from tests.end_to_end.conftest import Refreshed


def published(settings, query: str) -> list[tuple]:
    with duckdb.connect(str(settings.current), read_only=True) as con:
        return con.execute(query).fetchall()


def versions_of(settings) -> list[str]:
    return sorted(file.name for file in (settings.published / "versions").iterdir())


def test_a_first_run_ends_well_and_says_what_a_manager_wants_to_know(refreshed: Refreshed) -> None:
    assert refreshed.exit_status == 0, refreshed.output
    for gate in ("raw", "staging", "marts", "identity", "segments", "published"):
        assert re.search(rf"^  {gate} +passed +\d+ checks", refreshed.output, re.MULTILINE), gate
    assert re.search(r"ncvoter_Statewide.txt +loaded +2,000 +2,000 +0 +[1-9]", refreshed.output)
    for segment, name, size in published(refreshed.settings, "select segment_id, name, size from segments"):
        line = rf"^  {segment} +{re.escape(name)} +{size:,} " if size else rf"^  nobody in .*\b{segment}\b"
        assert re.search(line, refreshed.output, re.MULTILINE), segment
    [(people,)] = published(refreshed.settings, "select count(*) from people")
    assert f"People: {people:,} of {people:,} records" in refreshed.output
    assert str(refreshed.settings.current) in refreshed.output
    assert re.search(r"Took \d+\.\d s", refreshed.output)


def test_the_queries_of_the_summary_can_be_pasted(refreshed: Refreshed) -> None:
    for query in summary.QUERIES:
        assert published(refreshed.settings, query)
        assert query in refreshed.output


def test_rows_add_up_from_the_file_to_the_published_table(refreshed: Refreshed) -> None:
    """Counted here from the archived file itself, with another reader than the pipeline's."""
    settings = refreshed.settings
    (sha,) = published(settings, "select sha256 from deliveries where contract = 'nc_voters'")[0]
    import zstandard

    with (settings.archive / f"{sha}.txt.zst").open("rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file).read().decode("latin-1").encode()
    rows = pl.read_csv(text, separator="\t", infer_schema=False)
    year = SAMPLE_AS_OF.year
    may_be_there = (pl.col("confidential_ind") != "Y") & (
        (year - pl.col("birth_year").cast(pl.Int32, strict=False) >= 18) | (pl.col("birth_year").cast(pl.Int32) <= 1900)
    )
    staged = rows.filter(may_be_there)
    registered = staged.filter(pl.col("status_cd").is_in(["A", "I", "S"]))
    read, loaded, quarantined, suppressed = published(
        settings,
        "select records_read, rows_loaded, rows_quarantined, rows_suppressed from deliveries where contract = 'nc_voters'",
    )[0]
    assert (read, loaded + quarantined) == (rows.height, rows.height)
    assert suppressed == rows.height - staged.height > 0
    assert {v for (v,) in published(settings, "select state_voter_id from voters")} == set(registered["ncid"])


def test_who_is_kin_is_found_better_than_by_surname_and_age_alone(refreshed: Refreshed) -> None:
    """Against the sample's own families, which the voter file does not tell. Nothing was fitted to them."""
    truth = refreshed.settings.data_dir / "truth" / "relations.parquet"
    figures = published(
        refreshed.settings,
        f"""
        with at_home as (
            select a.voter_id, b.voter_id as other_id, a.last_name = b.last_name as is_of_one_name, b.birth_year - a.birth_year as gap
            from voters as a join voters as b on b.residence_id = a.residence_id and b.voter_id <> a.voter_id
        ),
        told as (
            select 'ours' as way, voter_id as one_id, relative_voter_id as other_id, relation from family_relations
            where lives_together and probability_estimate >= 0.5
            union all
            select 'baseline', voter_id, other_id, case when abs(gap) <= 15 then 'partner' when gap between 16 and 45 then 'child' end
            from at_home where is_of_one_name
        ),
        truth as (
            select 'NC-' || ncid_a as one_id, 'NC-' || ncid_b as other_id, replace(relation, 'parent_child', 'child') as relation
            from read_parquet('{truth}')
            union
            select 'NC-' || ncid_b, 'NC-' || ncid_a, relation from read_parquet('{truth}') where relation <> 'parent_child'
        ),
        known as (
            select truth.* from truth
            join at_home on at_home.voter_id = truth.one_id and at_home.other_id = truth.other_id
        )
        select told.relation, way, count(known.one_id) / count(*) as precision, count(known.one_id) / any_value(pairs) as recall
        from told left join known
            on known.one_id = told.one_id and known.other_id = told.other_id and known.relation = told.relation
        join (select relation, count(*) as pairs from known group by all) as counts on counts.relation = told.relation
        where told.relation in ('partner', 'child') group by all
        """,
    )
    found = {(relation, way): (precision, recall) for relation, way, precision, recall in figures}
    assert found.keys() == {(r, w) for r in ("partner", "child") for w in ("ours", "baseline")}
    for relation, precise, complete in (("partner", 0.93, 0.91), ("child", 0.97, 0.85)):
        precision, recall = found[relation, "ours"]
        assert precision >= precise, found
        assert recall >= complete, found
        of_names_precision, of_names_recall = found[relation, "baseline"]
        assert 2 / (1 / precision + 1 / recall) > 2 / (1 / of_names_precision + 1 / of_names_recall) + 0.05, found


def test_what_is_on_record_of_a_mother_is_asked_for_by_the_query_of_the_readme(refreshed: Refreshed) -> None:
    query = readme.queries()["her mother's registration, primaries and turnout"]
    [(mothers,)] = published(
        refreshed.settings,
        "select count(*) from family_relations join voters on voters.voter_id = relative_voter_id "
        "where relation = 'parent' and sex_code = 'F' and probability_estimate >= 0.9",
    )
    found = published(refreshed.settings, query)
    assert len(found) == mothers > 0
    assert any(row[-1] for row in found)


def test_history_is_of_published_voters_one_row_an_election(refreshed: Refreshed) -> None:
    assert published(refreshed.settings, "select count(*) from vote_history anti join voters using (voter_id)") == [
        (0,)
    ]
    (rows, ballots) = published(
        refreshed.settings, "select count(*), count(distinct (voter_id, election_id)) from vote_history"
    )[0]
    assert rows == ballots > 1_000


def test_every_published_table_and_column_is_described(refreshed: Refreshed) -> None:
    tables = published(refreshed.settings, "select table_name, comment from duckdb_tables() where not internal")
    columns = published(
        refreshed.settings,
        "select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal and comment is null",
    )
    assert {t for t, _ in tables} >= {
        "voters", "vote_history", "residences", "elections", "precincts", "voter_changes", "deliveries", "gate_results",
        "segments", "segment_members", "people", "person_records", "person_events", "match_review", "match_rates",
    }  # fmt: skip
    assert [t for t, comment in tables if not comment] == []
    assert columns == []


def test_nothing_private_is_published(refreshed: Refreshed) -> None:
    schemas = {
        s
        for (s,) in published(refreshed.settings, "select distinct schema_name from duckdb_tables() where not internal")
    }
    views = {
        s
        for (s,) in published(refreshed.settings, "select distinct schema_name from duckdb_views() where not internal")
    }
    assert schemas == {"main"}
    assert views == {"analyst"}
    for (view,) in published(refreshed.settings, "select view_name from duckdb_views() where schema_name = 'analyst'"):
        (smallest,) = published(refreshed.settings, f"select min(people) from analyst.{view}")[0]
        assert smallest is None or smallest >= 10


def test_what_holds_voters_is_readable_by_the_owner_only(refreshed: Refreshed) -> None:
    settings = refreshed.settings
    for path in (settings.inbox, settings.archive, settings.warehouse.parent, settings.dagster_home):
        assert path.stat().st_mode & 0o077 == 0, path
    for file in [settings.warehouse, *settings.archive.iterdir()]:
        assert file.stat().st_mode & 0o077 == 0, file
    assert settings.current.stat().st_mode & 0o007 == 0


def test_no_voter_is_in_dagsters_storage_or_the_output(refreshed: Refreshed) -> None:
    names = published(refreshed.settings, "select distinct state_voter_id from voters limit 200")
    streets = published(
        refreshed.settings,
        "select distinct residence_address from voters where residence_address is not null limit 200",
    )
    stored = (
        b"".join(f.read_bytes() for f in refreshed.settings.dagster_home.rglob("*") if f.is_file())
        + refreshed.output.encode()
    )
    assert len(stored) > 10_000
    assert [v for (v,) in names + streets if v.encode() in stored] == []


def test_the_same_files_again_change_nothing_and_are_said_to_be_here_already(state, capsys) -> None:
    before, content = versions_of(state), pipeline.published_content(state)
    pipeline.deliver_sample(state)
    assert pipeline.run(state) == 0
    output = capsys.readouterr().out
    assert "the same content came as ncvoter_Statewide.txt" in output
    assert "marts: nothing changed, the tables stand" in output
    assert versions_of(state) == before
    assert pipeline.published_content(state) == content
    assert pipeline.run(state, "--only", "raw") == 0
    assert "nothing new in the inbox" in capsys.readouterr().out


def test_two_directories_with_the_same_input_publish_the_same(refreshed: Refreshed, tmp_path) -> None:
    settings = pipeline.settings_for(tmp_path / "other")
    pipeline.deliver_sample(settings)
    assert pipeline.run(settings) == 0
    assert pipeline.published_content(settings) == pipeline.published_content(refreshed.settings)


def test_a_later_snapshot_yields_changes_and_a_new_version(state) -> None:
    assert published(state, "select count(*) from voter_changes") == [(0,)]
    pipeline.deliver_sample(state, as_of=SAMPLE_AS_OF + timedelta(days=180))
    assert pipeline.run(state) == 0
    changes = dict(published(state, "select change_type, count(*) from voter_changes group by 1"))
    assert set(changes) >= {"new", "removed", "moved"}
    assert len(versions_of(state)) == 2
    was = {
        v
        for (v,) in duckdb.connect(str(state.published / "versions" / versions_of(state)[0]), read_only=True)
        .execute("select voter_id from voters")
        .fetchall()
    }
    now = {v for (v,) in published(state, "select voter_id from voters")}
    new, removed = (
        {v for (v,) in published(state, f"select voter_id from voter_changes where change_type = '{kind}'")}
        for kind in ("new", "removed")
    )
    assert new == now - was
    assert removed == was - now


def test_half_of_last_weeks_rows_closes_the_raw_gate_and_the_published_version_stands(state, capsys) -> None:
    before = pipeline.published_content(state)
    whole = pipeline.settings_for(state.data_dir.parent / "next")
    pipeline.deliver_sample(whole, as_of=SAMPLE_AS_OF + timedelta(days=7))
    file = whole.inbox / "ncvoter_Statewide.txt"
    lines = file.read_bytes().split(b"\r\n")
    (state.inbox / file.name).write_bytes(b"\r\n".join([*lines[: len(lines) // 2], b""]))
    shutil.copystat(file, state.inbox / file.name)
    assert pipeline.run(state) == 1
    output = capsys.readouterr().out
    assert "gate raw failed on raw.nc_voters: rows are as many as in the delivery before" in output
    assert pipeline.published_content(state) == before
    # The whole file of the same day puts it right.
    shutil.copy2(file, state.inbox / file.name)
    assert pipeline.run(state) == 0
    assert published(state, "select count(*) from deliveries where status = 'superseded'")[0][0] >= 1


def test_history_without_a_voter_file_and_the_reverse_are_fine(tmp_path) -> None:
    for name, content in (
        ("ncvhis_Statewide.txt", nc.history_text([nc.vote(ncid=f"BN{n}") for n in range(30)])),
        ("ncvoter_Statewide.txt", nc.voters_text(nc.people(30))),
    ):
        settings = pipeline.settings_for(tmp_path / name)
        nc.deliver(settings.inbox, name, content)
        assert pipeline.run(settings) == 0
        assert published(settings, "select count(*) from vote_history") == [(0,)]
        assert published(settings, "select count(*) from voters") == [(30 if "ncvoter" in name else 0,)]


def test_refused_files_end_with_status_1_and_leave_the_rest_done(state, capsys) -> None:
    """One that is empty, and a real one in a sample directory."""
    (state.inbox / "ncvoter_Statewide.txt").write_bytes(b"")
    nc.deliver(
        state.inbox,
        "ncvoter_real.txt",
        nc.voters_text(nc.people(5)),
        "2027-01-01" if date.today().year > 2026 else "2026-11-22",
    )
    assert pipeline.run(state) == 1
    output = capsys.readouterr().out
    assert "ncvoter_Statewide.txt was refused: it is empty" in output
    assert "ncvoter_real.txt was refused: it is a real file" in output
    assert "GROUNDGAME_DATA=" in output


def test_a_new_directory_gets_the_sample_and_one_that_held_a_delivery_does_not(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(cli, "SAMPLE_VOTERS", 300)
    settings = pipeline.settings_for(tmp_path / "new")
    assert pipeline.run(settings) == 0
    assert (settings.data_dir / "KIND").read_text() == "sample\n"
    assert "writing a generated state of 300 voters" in capsys.readouterr().out
    assert pipeline.run(settings) == 0
    assert "writing a generated state" not in capsys.readouterr().out


def test_a_run_stopped_while_it_wrote_the_sample_writes_it_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cli, "SAMPLE_VOTERS", 300)
    whole, stopped = pipeline.settings_for(tmp_path / "whole"), pipeline.settings_for(tmp_path / "stopped")
    for settings in (whole, stopped):
        settings.make_directories()
    (stopped.data_dir / "KIND").write_text("sample\n")
    (stopped.inbox / "ncvoter_Statewide.txt").write_bytes(b"half of it")
    written = []
    for settings in (whole, stopped):
        cli._sample_if_new(settings)  # what a run does before its first step
        written.append({file.name: file.read_bytes() for file in settings.inbox.iterdir()})
    assert written[0] == written[1]
    assert len(written[0]["ncvoter_Statewide.txt"]) > 10_000


def test_a_real_directory_never_receives_sample_data(tmp_path) -> None:
    real = pipeline.settings_for(tmp_path / "real")
    nc.deliver(real.inbox, "ncvoter_Statewide.txt", nc.voters_text(nc.people(30)))
    assert pipeline.run(real, "--only", "raw") == 0
    assert (real.data_dir / "KIND").read_text() == "real\n"
    assert pipeline.run(real) == 0
    assert os.listdir(real.inbox) == []
    assert cli.main(["sample", "--out", str(real.inbox), "--voters", "10"]) == 1
    assert os.listdir(real.inbox) == []


def test_the_day_can_be_given_on_the_command_line(tmp_path) -> None:
    settings = pipeline.settings_for(tmp_path / "data")
    nc.deliver(settings.inbox, "ncvoter_Statewide.txt", nc.voters_text(nc.people(30)), "2026-03-01")
    assert pipeline.run(settings, "--as-of", "2026-02-01", "--only", "raw") == 0
    with Warehouse(settings).hold("a test") as warehouse, warehouse.open() as con:
        assert con.execute("select as_of from meta.deliveries").fetchall() == [(date(2026, 2, 1),)]
