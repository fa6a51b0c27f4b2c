"""What people do beside the nightly job: re-run a part, take a delivery in again, waive a gate, ask how things stand."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import duckdb
import pytest

from orchestration import cli, progress, sensors
from orchestration.definitions import build_definitions
from orchestration.operating import doctor, prune
from orchestration.sample import SAMPLE_AS_OF
from orchestration.warehouse import Warehouse
from tests import nc, pipeline


def published(settings, query: str) -> list[tuple]:
    with duckdb.connect(str(settings.current), read_only=True) as con:
        return con.execute(query).fetchall()


def private(settings, query: str) -> list[tuple]:
    with Warehouse(settings).hold("a test") as warehouse, warehouse.open() as con:
        return con.execute(query).fetchall()


# Re-running


def test_a_failed_gate_can_be_waived_for_its_data_alone(tmp_path, capsys) -> None:
    settings = pipeline.settings_for(tmp_path / "data")
    nobody_born = nc.voters_text(nc.people(50, birth_year="1900"))
    nc.deliver(settings.inbox, "ncvoter_Statewide.txt", nobody_born, "2026-01-03")
    assert pipeline.run(settings) == 1
    assert "If the data is right after all: groundgame waive staging --reason ..." in capsys.readouterr().out
    assert not settings.current.exists()

    assert pipeline.groundgame(settings, "waive", "staging", "--reason", "a lost column", "--by", "Ada") == 0
    assert "Go on with: groundgame run --from staging_gate" in capsys.readouterr().out
    assert pipeline.run(settings, "--from", "staging_gate") == 0
    output = capsys.readouterr().out
    assert re.search(r"staging +waived +\d+ checks, waived by Ada on .* UTC: a lost column", output)
    assert re.search(r"waived +staging.stg_nc__voters: birth_year is known for 95.0%: 50 of 50", output)
    assert published(settings, "select gate, waived_by, reason from waivers") == [("staging", "Ada", "a lost column")]
    assert ("staging", "waived") in published(settings, "select distinct gate, status from gate_results")
    key = dg.AssetCheckKey(dg.AssetKey(["staging", "stg_nc__voters"]), "staging_gate")
    with dg.DagsterInstance.get() as instance:  # what the UI shows
        shown = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key].evaluation
    assert (shown.passed, shown.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert shown.metadata["waiver"].value.startswith("waived by Ada on ")
    assert pipeline.run(settings) == 0

    nc.deliver(settings.inbox, "ncvoter_Statewide.txt", nc.voters_text(nc.people(51, birth_year="1900")), "2026-01-10")
    assert pipeline.run(settings) == 1


def test_a_waived_delivery_is_what_the_next_one_is_compared_with(state) -> None:
    pipeline.deliver_sample(state, voters=1_200, as_of=SAMPLE_AS_OF + timedelta(days=7))
    assert pipeline.run(state) == 1
    assert private(state, "select count(*) from raw.verdicts where not has_passed") != [(0,)]
    assert pipeline.groundgame(state, "waive", "raw", "--reason", "a purge") == 0
    assert private(state, "select count(*) from raw.verdicts where not has_passed") == [(0,)]


def test_there_is_nothing_to_waive_at_a_gate_that_passed(state, capsys) -> None:
    assert pipeline.groundgame(state, "waive", "marts", "--reason", "just so") == 1
    assert "gate `marts` has not failed for the data that is there now" in capsys.readouterr().err


def test_one_step_or_all_from_one_on(state, capsys) -> None:
    before = pipeline.published_content(state)
    built = "select count(*), min(built_at) from meta.builds where starts_with(step, 'marts.')"
    [(tables, _)] = private(state, built)
    began = datetime.now(UTC).replace(tzinfo=None)
    assert pipeline.run(state, "--only", "marts") == 0
    output = capsys.readouterr().out
    assert steps_of(output) == ["marts"]
    assert "stand" not in output.partition("\n\n")[0]
    [(tables_again, oldest)] = private(state, built)
    assert tables_again == tables > 0
    assert oldest > began  # also of what nothing had changed of
    assert pipeline.run(state, "--from", "marts_gate") == 0  # the rest of the job, not a part by itself
    output = capsys.readouterr().out
    assert "segments: nothing changed, the tables stand" in output
    assert steps_of(output) == [
        "gate marts",
        "identity",
        "gate identity",
        "segments",
        "gate segments",
        "published",
        "gate published",
        "published",
    ]
    assert pipeline.published_content(state) == before


def steps_of(output: str) -> list[str]:
    return re.findall(r"^  \d\d:\d\d:\d\d  ([a-z ]+): (?!at work)", output, re.MULTILINE)


def test_steps_that_take_long_say_how_long_they_still_will(state, capsys, monkeypatch) -> None:
    pipeline.deliver_sample(state, as_of=SAMPLE_AS_OF + timedelta(days=7))
    monkeypatch.setattr(progress, "EVERY", 0.02)
    assert pipeline.run(state) == 0
    output = capsys.readouterr().out
    for step in ("marts", "gate marts", "identity", "segments", "published"):  # staging's views stand
        assert re.search(rf"  {step}: at work on what came of [\d,]+ rows, \d+ s so far.* the last time", output), (
            output
        )


def test_the_guard_holds_for_a_part_of_the_job_too(state, capsys) -> None:
    private(state, "delete from meta.gate_results where gate = 'identity'")
    assert pipeline.run(state, "--from", "segments") == 1
    assert "`segments` may not run: gate `identity` has no result for this data" in capsys.readouterr().out


def test_a_delivery_is_taken_in_again_from_the_archive(state, capsys) -> None:
    before = pipeline.published_content(state)
    (delivery, as_of) = published(state, "select delivery_id, as_of from deliveries where contract = 'nc_voters'")[0]
    assert pipeline.groundgame(state, "redeliver", delivery[:8]) == 0
    assert "ncvoter_Statewide.txt: 2,000 records read, 2,000 loaded" in capsys.readouterr().out
    assert pipeline.published_content(state) == before
    earlier = as_of - timedelta(days=3)
    assert pipeline.groundgame(state, "redeliver", delivery, "--as-of", str(earlier)) == 0
    assert published(state, "select as_of from deliveries where contract = 'nc_voters'") == [(earlier,)]


def test_a_delivery_that_is_not_there_cannot_be_taken_in_again(state, capsys) -> None:
    assert pipeline.groundgame(state, "redeliver", "no such") == 1
    assert "no deliveries with a content begin with 'no such'" in capsys.readouterr().out
    (delivery, sha256) = published(state, "select delivery_id, sha256 from deliveries limit 1")[0]
    next(state.archive.glob(f"{sha256}.*")).unlink()
    assert pipeline.groundgame(state, "redeliver", delivery) == 1
    assert "fetch the file again" in capsys.readouterr().out
    assert private(state, "select count(*) from raw.nc_voters") == [(2_000,)]


# How things stand


def test_status_tells_sources_gates_the_last_run_and_what_is_published(state, capsys) -> None:
    assert pipeline.groundgame(state, "status") == 0
    output = capsys.readouterr().out
    assert re.search(rf"nc_voters +{SAMPLE_AS_OF} +2,000 +0 +the first +(due in|\d+ days overdue)", output)
    assert len(re.findall(r"^  \w+ +passed +\d+ checks", output, re.MULTILINE)) == 6
    assert re.search(r"Last run: refresh \w{8}: success, began .* UTC, took \d+\.\d s", output)
    assert re.search(r"Published: version \w{16} since .* UTC", output)
    with Warehouse(state).hold("another run"):
        assert pipeline.groundgame(state, "status") == 0
    assert "The warehouse is held by another run, process" in capsys.readouterr().out


def test_doctor_finds_nothing_to_mend_after_a_good_run(state, capsys) -> None:
    state.archive.chmod(0o700)  # a copied folder has the modes of the test's own
    assert pipeline.groundgame(state, "doctor") == 0
    assert "MEND" not in capsys.readouterr().out


def test_doctor_names_what_is_wrong_and_the_command_that_mends_it(state, capsys) -> None:
    state.warehouse.chmod(0o644)
    (state.scratch / "clean-1").write_bytes(b"of a stopped run")
    (state.inbox / "ncvoter.txt.part").write_bytes(b"half")
    state.current.unlink()
    state.current.write_bytes(b"no database")
    cli.prepare_dagster(state)
    with dg.DagsterInstance.get() as instance:
        instance.create_run_for_job(
            build_definitions(state).resolve_job_def("refresh"),
            status=dg.DagsterRunStatus.STARTED,
            tags={doctor.PID_TAG: "999999999"},
        )
    assert pipeline.groundgame(state, "doctor") == 1
    output = capsys.readouterr().out
    for what, mend in {
        "can be read by others than its owner": f"chmod go= '{state.warehouse}'",
        "1 files of stopped runs": "make run",
        "half-written .part files": "finish the copy",
        "current.duckdb does not open": "ln -f ",
        "counts as running, its process is gone": "groundgame prune",
    }.items():
        assert re.search(rf"MEND.*{re.escape(what)}.*\n +-> .*{re.escape(mend)}", output), what
    assert pipeline.groundgame(state, "prune") == 0
    state.warehouse.chmod(0o600)
    capsys.readouterr()
    pipeline.groundgame(state, "doctor")
    assert "counts as running" not in capsys.readouterr().out


def test_prune_removes_old_runs_and_replaced_originals_and_no_others(state) -> None:
    for weeks in (1, 2):
        pipeline.deliver_sample(state, as_of=SAMPLE_AS_OF + timedelta(weeks=weeks))
        assert pipeline.run(state) == 0
    cli.prepare_dagster(state)
    with dg.DagsterInstance.get() as instance, Warehouse(state).hold("a test") as warehouse, warehouse.open() as con:
        runs = instance.get_runs_count()
        assert (
            str(prune.prune(state, con, instance)) == "0 runs, 0 originals and 0 files of lists removed, 0.0 MB freed"
        )
        kept = con.execute("select count(*) from meta.deliveries where status <> 'superseded'").fetchone()[0]
        later = datetime.now(UTC) + timedelta(days=800)
        gone = prune.prune(state, con, instance, later)
        assert gone.runs == runs
        assert gone.originals == 2  # the first voter file and the first history: the second ones are those before
        assert instance.get_runs_count() == 0
    assert len(list(state.archive.iterdir())) == kept + 2
    with dg.DagsterInstance.get() as instance:  # as the schedule does
        assert build_definitions(state).resolve_job_def("prune").execute_in_process(instance=instance).success
    log = (state.logs / "groundgame.jsonl").read_text(encoding="utf-8")
    assert '"prune: 0 runs, 0 originals and 0 files of lists removed, 0.0 MB freed"' in log


# What starts by itself


def test_the_inbox_sensor_asks_for_one_run_for_a_settled_new_file(tmp_path) -> None:
    settings = pipeline.settings_for(tmp_path)
    settings.make_directories()
    watch = sensors.inbox_sensor(settings)
    cursor = None

    def tick() -> list[str]:
        nonlocal cursor
        context = dg.build_sensor_context(cursor=cursor)
        found = watch.evaluate_tick(context)
        cursor = found.cursor
        return [request.run_key for request in found.run_requests]

    assert tick() == []
    file = nc.deliver(settings.inbox, "ncvoter.txt", b"half of")
    assert tick() == []
    file.write_bytes(b"half of it, and more")
    assert tick() == []  # still growing
    (key,) = tick()
    assert key == hashlib.sha256(b"half of it, and more").hexdigest()
    assert tick() == []
    nc.deliver(settings.inbox, "the same.txt", b"half of it, and more")
    assert tick() == tick() == []
    nc.deliver(settings.inbox, "other.txt", b"other")
    assert (tick(), len(tick())) == ([], 1)
    (settings.inbox / "link.txt").symlink_to("/etc/hostname")
    assert tick() == tick() == []


@pytest.fixture
def webhook(monkeypatch):
    heard: list[dict] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(sensors.WEBHOOK, f"http://127.0.0.1:{server.server_port}/")
    yield heard
    server.shutdown()


def test_the_failure_sensor_tells_why_to_the_webhook_and_only_if_there_is_one(tmp_path, webhook, monkeypatch) -> None:
    settings = pipeline.settings_for(tmp_path)
    cli.prepare_dagster(settings)
    job = build_definitions(settings).resolve_job_def("refresh")
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False, op_selection=["marts"])
        failed = next(e for e in result.all_events if e.event_type == dg.DagsterEventType.RUN_FAILURE)

        def tell() -> None:
            sensors.failure_sensor(
                dg.build_run_status_sensor_context(
                    "failure", failed, instance, instance.get_run_by_id(result.run_id)
                ).for_run_failure()
            )

        tell()
        (message,) = webhook
        assert message["text"].startswith(f"groundgame: refresh failed (run {result.run_id[:8]}): ")
        assert "`marts` may not run: the tables of `staging` are missing" in message["text"]
        monkeypatch.delenv(sensors.WEBHOOK)
        tell()
    assert len(webhook) == 1
