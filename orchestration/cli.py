"""The command `groundgame`: the shell's way to what Dagster runs, and a few things beside it."""

from __future__ import annotations

import argparse
import gc
import getpass
import logging
import os
import shutil
import signal
import socket
import sys
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import ran_out, storage_lost
from orchestration.settings import ROOT, Mendable, Settings, data_dir
from quality import versions

SAMPLE_VOTERS = 50_000
SAMPLE_SEED = 2012
# The steps of the job by the names that Dagster gives them, in order.
STEPS = [
    name
    for step in versions.STEPS
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
    waive.add_argument("gate", choices=versions.STEPS, metavar="GATE", help=", ".join(versions.STEPS))
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

    resolve = commands.add_parser("resolve", help="say which records of a table are one person")
    resolve.add_argument(
        "file", type=Path, metavar="FILE", help="CSV or Parquet with record_id, and names, births, addresses ..."
    )
    resolve.add_argument("--out", type=Path, required=True, metavar="FILE", help="gets record_id and person_id")
    resolve.add_argument(
        "--duplicate-free",
        action="append",
        default=[],
        metavar="SOURCE",
        help="a value of column source under which nobody has two records; may be given several times",
    )
    resolve.set_defaults(command=_resolve)

    query = commands.add_parser("query", help="ask the published database")
    query.add_argument("sql", metavar="SQL", help="one question in DuckDB's SQL; at most 100 rows are shown")
    query.set_defaults(command=_query)

    export = commands.add_parser("export", help="write a list of a segment's people for a channel, with its receipt")
    export.add_argument("segment", metavar="SEGMENT", help="its segment_id, as the summary of a run has it")
    export.add_argument("--channel", required=True, help="mail, walk, phone, text, email, van, meta or google")
    export.add_argument(
        "--purpose",
        required=True,
        help="what it is for: turnout, persuasion or fundraising, as the segment's purposes say",
    )
    export.add_argument("--recipient", metavar="NAME", help="who gets the file, for the receipt")
    export.add_argument("--by", default=getpass.getuser(), metavar="NAME", help="who asks for it (default: the user)")
    export.set_defaults(command=_export)
    verify = commands.add_parser("verify", help="which receipt a file of a list is on, and whether it was changed")
    verify.add_argument(
        "file", type=Path, metavar="FILE", help="a file of a list, wherever it lies and whatever it is called now"
    )
    verify.set_defaults(command=_verify)

    count = commands.add_parser("count", help="how many voters meet a condition, and whom each channel may contact")
    count.add_argument("predicate", metavar="PREDICATE", help='over the columns of voters: "age_years < 30"')
    count.set_defaults(command=_count)

    match = commands.add_parser(
        "match", help="say that two records or people are one person, or are not; it is remembered and wins"
    )
    match.add_argument("decision", choices=("confirm", "reject"))
    match.add_argument("a", metavar="A", help="a person_id, a voter_id, or SOURCE:RECORD_ID as in person_records")
    match.add_argument("b", metavar="B")
    match.add_argument("--by", default=getpass.getuser(), metavar="NAME", help="who answers for it (default: the user)")
    match.set_defaults(command=_match)

    why = commands.add_parser(
        "why", help="why a person is in a segment and who may contact them, or why two are one person or not"
    )
    why.add_argument("person", metavar="PERSON", help="a voter_id; beside another a person_id or SOURCE:RECORD_ID, too")
    why.add_argument("segment", metavar="SEGMENT|PERSON", help="a segment_id, or the other person")
    why.set_defaults(command=_why)
    subject = commands.add_parser("subject", help="everything held on a person, as JSON, for a request of access")
    subject.add_argument("person", metavar="PERSON", help="as for erase")
    subject.set_defaults(command=_subject)

    erase = commands.add_parser("erase", help="remove a person from everything that is kept here, and what comes later")
    erase.add_argument(
        "person",
        metavar="PERSON",
        help="a voter_id, an e-mail address, a telephone number, kind:id as in donor:77, or a person_id",
    )
    several = erase.add_mutually_exclusive_group()
    several.add_argument(
        "--every-voter", dest="others", action="store_const", const="with", help="of a person who is two voters both"
    )
    several.add_argument(
        "--only-this-voter",
        dest="others",
        action="store_const",
        const="without",
        default="ask",
        help="the one who is named",
    )
    erase.add_argument("--by", default=getpass.getuser(), metavar="NAME", help="who asks for it (default: the user)")
    erase.set_defaults(command=_erase)

    leave = commands.add_parser(
        "leave", help="a member of the app leaves: withdraw every consent of theirs, then do everything"
    )
    leave.add_argument("member", metavar="MEMBER", help="as in the table social_engagement, APP-...")
    leave.set_defaults(command=_leave)

    policy = commands.add_parser("policy", help="what each column may be used for, and why")
    policy.add_argument("--table", metavar="TABLE", help="the columns of one table")
    policy.add_argument("--source", metavar="SOURCE", help="the columns that are made of one source")
    policy.set_defaults(command=_policy)

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

    import dagster as dg
    from dagster._core.utils import make_new_run_id

    from orchestration.checks import ALONE_TAG
    from orchestration.definitions import build_definitions
    from orchestration.operating import failures
    from orchestration.operating.doctor import PID_TAG
    from orchestration.operating.summary import summarise
    from orchestration.schedules import LOGGED
    from orchestration.warehouse import Warehouse

    steps = STEPS[STEPS.index(options.first) :] if options.first else [options.only] if options.only else STEPS
    config: dict = {**LOGGED}  # our progress lines instead of Dagster's own
    if "raw" in steps:
        handed_in = {"as_of": options.as_of and options.as_of.isoformat(), "redeliver": options.redeliver}
        config["ops"] = {"raw": {"config": handed_in}}
    run_id = make_new_run_id()
    warehouse = Warehouse(settings)
    with dg.DagsterInstance.get() as instance, ExitStack() as stack:
        job = build_definitions(settings, warehouse).resolve_job_def("refresh")
        # Held until the summary is made, which would else wait for whoever is next.
        stack.enter_context(warehouse.hold(f"run {run_id[:8]}"))
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
        with Warehouse(settings).open() as con:
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


def _is_no_retry(record: logging.LogRecord) -> bool:
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


def _resolve(options: argparse.Namespace) -> int:
    from orchestration.identity.files import resolve_file

    resolution = resolve_file(options.file, options.out, tuple(options.duplicate_free))
    print(f"{resolution.records:,} records are of {resolution.people:,} people: {options.out}")
    if resolution.twice:
        print(
            f"{resolution.twice:,} records look like a second one of the same person in a source that is to be free of "
            "duplicates; they stay apart"
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


def _export(options: argparse.Namespace) -> int:
    from orchestration.exporting.export import Request, export
    from orchestration.exporting.suppression import REASONS

    settings = Settings.load()
    settings.make_directories()
    receipt = export(
        settings, Request(options.segment, options.channel, options.purpose, options.by, options.recipient)
    )
    print(f"{receipt['segment']['size']:>11,} people in segment {options.segment}")
    for reason, count in receipt["suppressed"].items():
        print(f"{count:>11,} left out: {REASONS[reason]}")
    print(f"{receipt['people']:>11,} people on the list, in {receipt['rows']:,} rows")
    print("\n".join(str(settings.exports / file["name"]) for file in receipt["files"]))
    print(
        f"receipt {receipt['receipt_id']}, beside it as .receipt.json; the list is to be deleted by {receipt['expires_on']}"
    )
    return 0


def _count(options: argparse.Namespace) -> int:
    from orchestration.exporting.count import count

    for name, number in count(Settings.load(), options.predicate).items():
        print(f"{number:>11,} {'voters meet it' if name == 'voters' else f'of them may be contacted by {name}'}")
    return 0


def _why(options: argparse.Namespace) -> int:
    from orchestration.exporting.person import why
    from orchestration.identity.explain import names_a_record, why_two

    explained = why_two if names_a_record(options.segment) else why
    print(explained(Settings.load(), options.person, options.segment))
    return 0


def _match(options: argparse.Namespace) -> int:
    from orchestration.identity import stewards

    decided = stewards.decide(Settings.load(), options.decision, options.a, options.b, options.by)
    print(
        f"remembered: {decided.a} and {decided.b} are {'one person' if decided.decision == 'confirm' else 'two people'}. It counts from the next run on: make run"
    )
    return 0


def _subject(options: argparse.Namespace) -> int:
    from orchestration.exporting.person import in_json, subject

    print(in_json(subject(Settings.load(), options.person)))
    return 0


def _erase(options: argparse.Namespace) -> int:
    from orchestration.erasing.erase import erase

    settings = Settings.load()
    settings.make_directories()
    receipt = erase(settings, options.person, options.by, options.others)
    for place, number in receipt.removed.items():
        print(f"{number:>11,} {place}")
    print(
        f"erased; receipt {settings.erasures / receipt.erasure_id}.json. What is derived is now built again:",
        flush=True,
    )
    return main(["run", "--from", "raw_gate"])


def _leave(options: argparse.Namespace) -> int:
    from orchestration.ingestion.leaving import leave

    file = leave(Settings.load(), options.member)
    print(f"the withdrawal is in {file}; the run takes it in")
    return main(["run"])


def _verify(options: argparse.Namespace) -> int:
    from orchestration.erasing.register import every as erasures
    from orchestration.exporting import receipts
    from orchestration.exporting.export import since
    from orchestration.exporting.suppression import REASONS

    settings = Settings.load()
    verdict = receipts.verify(settings, options.file)
    print(verdict)
    came = [erasure for erasure in erasures(settings) if erasure.asked_at > verdict.receipt["made_at"]]
    if came:
        print(f"{len(came):,} people were erased since it was made; take a new list")
    if any(verdict.receipt["receipt_id"] in erasure.lists for erasure in came):
        print("somebody on it was erased: it was removed from exports/, and every copy of it is to be deleted")
    if options.file.suffix == ".csv":
        gone = since(settings, options.file, verdict.receipt)
        if gone is None:
            print("its rows are households or hashes: who of them has asked to be left out since, a new list says")
        else:
            print(f"{sum(gone.values()):,} of its people may not be contacted any more" + (":" if gone else ""))
        for reason, number in (gone or {}).items():
            print(f"{number:>11,} {REASONS[reason]}")
    return 0


def _policy(options: argparse.Namespace) -> int:
    from quality import policy

    settings = Settings.load()
    settings.make_directories()
    register = policy.of(settings)
    print(
        policy.listing(register, options.table, options.source)
        if options.table or options.source
        else policy.summary(register)
    )
    register.require()
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
