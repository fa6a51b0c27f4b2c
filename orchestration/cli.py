"""The command `groundgame`: the shell's way to what Dagster runs, and a few things beside it."""

from __future__ import annotations

import argparse
import gc
import getpass
import os
import shutil
import signal
import sys
import time
import uuid
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration import cli_lists
from orchestration.errors import ran_out, storage_lost
from orchestration.settings import ROOT, Mendable, Settings, data_dir
from quality import STEPS as GATES

SAMPLE_VOTERS = 50_000
SAMPLE_SEED = 2012
# The steps of the job by the names that Dagster gives them, in order.
STEPS = [
    name
    for step in GATES
    for name in (
        (f"{step}__candidate", f"{step}_gate", f"{step}__current") if step == "published" else (step, f"{step}_gate")
    )
]

HELP = """from an idea to a list:
  groundgame query "select segment_id, name, size, purposes from segments"  what segments there are
  groundgame count "party_code = 'UNA' and age_years < 30"                  how many, and whom each channel may contact
  groundgame export lapsed --channel mail --purpose turnout                 the list and its receipt
  groundgame verify FILE                                                    what a file is, and whether it was changed

groundgame COMMAND --help says more of each."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status: 0, or 1 with the reason printed, 2 for a wrong call, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    # A private umask: what the pipeline writes holds voters.
    os.umask(0o027)
    # What the libraries make lives to the end: to look through it for garbage at their pace takes a tenth of a run's work.
    gc.set_threshold(50_000, 50, 100)
    try:
        return options.command(options)
    except Mendable as error:
        print(f"groundgame: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("groundgame: stopped; what was whole stands, and the next run goes on from there", file=sys.stderr)
        return 130
    except Exception as error:
        # Dagster's own storage meets a full disk too, in errors of many kinds, or is lost itself.
        told: Mendable | None = ran_out(error, data_dir()) or storage_lost(
            error, data_dir() / "dagster" / "dagster.yaml"
        )
        if told is None and isinstance(error, OSError):  # a folder that may not be written
            told = Mendable(f"{error.strerror}: {error.filename}" if error.filename else str(error))
        if told is None:
            raise
        print(f"groundgame: {told}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="groundgame",
        description="The data operation of a campaign.",
        epilog=HELP,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=16, width=110),
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    day: dict[str, Any] = {"type": date.fromisoformat, "metavar": "DATE"}

    run = commands.add_parser("run", help="do everything: from the inbox to the published database")
    run.add_argument("--as-of", **day, help="the day that the inbox's files show")
    part = run.add_mutually_exclusive_group()
    part.add_argument(
        "--from", dest="first", choices=STEPS, metavar="STEP", help="begin with this step or gate, and go on to the end"
    )
    part.add_argument(
        "--only", choices=STEPS, metavar="STEP", help=f"run this step or gate alone; steps are {', '.join(STEPS)}"
    )
    run.set_defaults(command=_run, redeliver=None)

    redeliver = commands.add_parser("redeliver", help="take one delivery in again from the archive, then do everything")
    redeliver.add_argument("redeliver", metavar="DELIVERY", help="its id, or the beginning of it")
    redeliver.add_argument("--as-of", **day, help="the day that it shows, if not the one that it was taken in with")
    redeliver.set_defaults(command=_run, first=None, only=None)

    waive = commands.add_parser("waive", help="let the data that failed a gate pass; it holds for that data only")
    waive.add_argument("gate", choices=GATES, metavar="GATE", help=", ".join(GATES))
    waive.add_argument(
        "--reason", required=True, metavar="TEXT", help="why the data is right after all; it is published"
    )
    waive.add_argument("--by", default=getpass.getuser(), metavar="NAME", help="who answers for it (default: the user)")
    waive.set_defaults(command=_waive)

    status = commands.add_parser("status", help="sources, gates, the last run, what is published")
    status.set_defaults(command=_status)
    doctor = commands.add_parser("doctor", help="what keeps runs from working, and the command that mends it")
    doctor.set_defaults(command=_doctor)
    prune = commands.add_parser("prune", help="remove old runs and originals by campaign.yaml's keeping times")
    prune.set_defaults(command=_prune)

    sample = commands.add_parser("sample", help="write the files of a generated state")
    sample.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the files go; truth/ lies beside it"
    )
    sample.add_argument("--state", default="NC", type=str.upper, help="whose files to write (default: NC)")
    sample.add_argument(
        "--voters", type=int, default=SAMPLE_VOTERS, metavar="N", help=f"how many (default: {SAMPLE_VOTERS:,})"
    )
    sample.add_argument("--seed", type=int, default=SAMPLE_SEED, metavar="N", help="another one gives another state")
    sample.add_argument("--as-of", **day, help="the day that the files show")
    sample.set_defaults(command=_sample)

    query = commands.add_parser("query", help="ask the published database")
    query.add_argument("sql", metavar="SQL", help="one question in DuckDB's SQL; at most 100 rows are shown")
    query.set_defaults(command=_query)

    cli_lists.add_to(commands, run=main)

    gameday = commands.add_parser(
        "gameday", help="rehearse what goes wrong in the last week, with generated voters in a scratch directory"
    )
    gameday.add_argument("--voters", type=int, metavar="N", help="how many generated voters (default: 5,000)")
    gameday.add_argument("--keep", action="store_true", help="leave the scratch directory, to look into")
    gameday.set_defaults(command=_gameday)

    dev = commands.add_parser("dev", help="the Dagster UI and daemon on 127.0.0.1")
    dev.add_argument("--port", type=int, default=3000, metavar="N", help="(default: 3000)")
    dev.set_defaults(command=_dev)
    return parser


def _run(options: argparse.Namespace) -> int:
    started = time.monotonic()
    settings = Settings.load()
    prepare_dagster(settings)
    if not (options.first or options.only or options.redeliver):
        _sample_if_new(settings)

    from orchestration.ingestion.ingest import Reader
    from orchestration.warehouse import Warehouse

    steps = STEPS[STEPS.index(options.first) :] if options.first else [options.only] if options.only else STEPS
    run_id = str(uuid.uuid4())
    warehouse = Warehouse(settings)
    with ExitStack() as stack:
        # Held until the summary is made, which would else wait for whoever is next.
        stack.enter_context(warehouse.hold(f"run {run_id[:8]}", stays_open=True))
        # What follows takes seconds of one processor before the first step begins; the other one reads and loads the first file meanwhile.
        reads = "raw" in steps and not options.redeliver
        begun = stack.enter_context(Reader(settings, options.as_of)) if reads else None
        if begun:
            begun.load_ahead(warehouse)

        gc.disable()  # what is imported lives to the end, and is looked through for garbage neither now nor later
        from mashumaro.config import BaseConfig

        # dbt has code made for each of its classes when it is imported, most of which a project that was parsed never runs.
        BaseConfig.lazy_compilation = True

        import dagster as dg

        from orchestration.definitions import build_definitions
        from orchestration.groups import ALONE_TAG
        from orchestration.operating import failures
        from orchestration.operating.doctor import PID_TAG
        from orchestration.operating.summary import summarise
        from orchestration.publishing.copying import Copying
        from orchestration.schedules import LOGGED

        gc.freeze()
        gc.enable()

        config: dict = {**LOGGED}  # our progress lines instead of Dagster's own
        if "raw" in steps:
            handed_in = {"as_of": options.as_of and options.as_of.isoformat(), "redeliver": options.redeliver}
            config["ops"] = {"raw": {"config": handed_in}}
        instance = stack.enter_context(dg.DagsterInstance.get())
        copying = stack.enter_context(Copying(settings)) if "published__candidate" in steps else None
        job = build_definitions(settings, warehouse, begun, copying).resolve_job_def("refresh")
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            run_config=config,
            raise_on_error=False,
            op_selection=None if steps == STEPS else list(steps),
            tags={PID_TAG: str(os.getpid())} | ({ALONE_TAG: options.only} if options.only else {}),
        )
        errors = failures.reasons(result.get_step_failure_events(), settings.data_dir)
        if not result.success and not result.get_step_failure_events():
            errors.append("the run failed before its first step; see the Dagster UI (make dev)")
        with warehouse.open() as con:
            summary = summarise(settings, con, run_id, errors, time.monotonic() - started)
    print(summary.text())
    return summary.exit_status


def _waive(options: argparse.Namespace) -> int:
    from orchestration.warehouse import Warehouse
    from quality import gate

    settings = Settings.load()
    with Warehouse(settings).hold("groundgame waive") as warehouse, warehouse.open() as con:
        tables = gate.waive(con, options.gate, options.by, options.reason)
    following = STEPS[STEPS.index(f"{options.gate}_gate") :]
    print(f"gate {options.gate} is waived for {', '.join(tables)}. Go on with: groundgame run --from {following[0]}")
    return 0


def _status(_options: argparse.Namespace) -> int:
    import dagster as dg

    from orchestration.operating import status
    from orchestration.warehouse import Warehouse

    settings = Settings.load()
    prepare_dagster(settings)
    warehouse = Warehouse(settings)
    with dg.DagsterInstance.get() as instance:
        holder = warehouse.holder()
        if holder:
            print(f"The warehouse is held by {holder}; ask again when it is done.")
            print(f"Published: {status.published(settings)}")
            return 0
        with warehouse.hold("groundgame status"), warehouse.open() as con:
            print("\n".join(status.report(settings, con, instance, datetime.now(UTC).date())))
    return 0


def _doctor(_options: argparse.Namespace) -> int:
    import dagster as dg

    from orchestration.operating.doctor import examine

    settings = Settings.load()
    prepare_dagster(settings)
    with dg.DagsterInstance.get() as instance:
        findings = examine(settings, instance)
    print("\n".join(map(str, findings)))
    return 1 if any(finding.mend for finding in findings) else 0


def _prune(_options: argparse.Namespace) -> int:
    import dagster as dg

    from orchestration.operating.prune import prune
    from orchestration.warehouse import Warehouse

    settings = Settings.load()
    prepare_dagster(settings)
    with (
        dg.DagsterInstance.get() as instance,
        Warehouse(settings).hold("groundgame prune") as warehouse,
        warehouse.open() as con,
    ):
        print(prune(settings, con, instance))
    return 0


def prepare_dagster(settings: Settings) -> None:
    """Make the data directory's folders and Dagster's home in it. A `dagster.yaml` that is there stands."""
    import logging

    settings.make_directories()
    instance = settings.dagster_home / "dagster.yaml"
    if not instance.exists():
        whole = (
            settings.dagster_home / "dagster.yaml.new"
        )  # renamed, so that a stopped run leaves no half of it to stand
        shutil.copyfile(ROOT / "orchestration" / "dagster.yaml", whole)
        whole.replace(instance)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    logging.getLogger().addFilter(_is_no_retry)


def _is_no_retry(record: Any) -> bool:
    """Of a storage that cannot be reached we say so once, in words, when Dagster has given up."""
    return not record.getMessage().startswith("Retrying failed database")


def _sample_if_new(settings: Settings) -> None:
    from orchestration.ingestion.inbox import entries
    from orchestration.ingestion.ingest import directory_kind, mark_directory

    kind = directory_kind(settings)
    # Marked as a sample and no warehouse yet: a run was stopped while it wrote the sample. Written again, it is the same.
    stopped = kind == "sample" and not settings.warehouse.exists()
    if not stopped and (kind or entries(settings.inbox)):
        return
    from orchestration.sample import write_sample

    mark_directory(settings, "sample")
    for state in settings.campaign.states:
        print(
            f"{settings.data_dir} is new and its inbox empty: writing a generated state of {SAMPLE_VOTERS:,} voters into it "
            f"({state})"
        )
        write_sample(settings.inbox, SAMPLE_VOTERS, SAMPLE_SEED, state=state, official=True, campaign=True)


def _sample(options: argparse.Namespace) -> int:
    from orchestration.sample import SAMPLE_AS_OF, write_sample

    kind = options.out.resolve().parent / "KIND"
    if kind.exists() and kind.read_text(encoding="utf-8").strip() == "real":
        print(
            f"groundgame: {kind.parent} holds real deliveries and never receives sample data; name another --out",
            file=sys.stderr,
        )
        return 1
    paths = write_sample(
        options.out,
        options.voters,
        options.seed,
        options.as_of or SAMPLE_AS_OF,
        options.state,
        official=True,
        campaign=True,
    )
    print(
        "\n".join(map(str, (*paths.files, *paths.official_files, *paths.campaign_files)))
        + f"\ntruth: {paths.truth_dir}"
    )
    return 0


def _query(options: argparse.Namespace) -> int:
    settings = Settings.load()
    if not settings.current.exists():
        print(f"groundgame: nothing is published in {settings.published} yet; run: make run", file=sys.stderr)
        return 1
    try:
        with duckdb.connect(str(settings.current), read_only=True) as con:
            con.sql(options.sql).show(max_rows=100)
    except duckdb.Error as error:
        print(f"groundgame: {error}", file=sys.stderr)
        return 1
    return 0


def _gameday(options: argparse.Namespace) -> int:
    from orchestration.operating import gameday

    started = time.monotonic()
    settings = Settings.load()
    print(f"Game day: the last week, rehearsed. {settings.data_dir} is not touched.", flush=True)
    with gameday.scratch(options.keep) as folder:
        voters = gameday.VOTERS if options.voters is None else options.voters
        bad = gameday.rehearse(settings, folder, voters, say=lambda line: print(line, flush=True))
        print(f"\n{len(gameday.SCENES)} scenes in {time.monotonic() - started:.0f} s: ", end="")
        print(f"{len(bad)} did not hold: {'; '.join(bad)}" if bad else "all held")
        print(f"{folder} is left as it is" if options.keep else f"{folder} is removed")
    return 1 if bad else 0


def _dev(options: argparse.Namespace) -> int:
    import socket

    settings = Settings.load()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", options.port))
        except OSError:
            print(
                f"groundgame: something listens on 127.0.0.1:{options.port} already, perhaps another `groundgame dev`; "
                f"stop it, or: groundgame dev --port {options.port + 1}",
                file=sys.stderr,
            )
            return 1
    prepare_dagster(settings)
    import dagster as dg

    # A storage that cannot be reached is told in words here, and by Dagster in a traceback.
    dg.DagsterInstance.get().dispose()
    print(f"The Dagster UI of {settings.data_dir}, in half a minute: http://127.0.0.1:{options.port}", flush=True)
    print("What follows are the lines of runs and what went wrong. Ctrl-C stops it.", flush=True)
    # A shell that starts this in the background has SIGINT ignored; Dagster would then ignore SIGTERM too.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(ROOT)
    # Without the advice to use a command of another package.
    python = [sys.executable, "-W", "ignore:Function `dev_command` is superseded", "-m", "dagster", "dev"]
    os.execv(
        python[0],
        [
            *python,
            "-m",
            "orchestration.definitions",
            "-h",
            "127.0.0.1",
            "-p",
            str(options.port),
            "--log-level",
            "warning",
        ],
    )


def shell() -> None:
    """`main` as a process of its own, which ends without Python taking apart first, for two seconds, all that was imported."""
    # So the locks that dbt has are taken apart by Python's keeper of them, which would warn of it.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    shell()
