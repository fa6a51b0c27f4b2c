"""The commands of `groundgame` for lists and people: who is meant, who may be contacted, what is held on somebody."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable
from functools import partial
from pathlib import Path

from orchestration.settings import Settings

Commands = argparse._SubParsersAction  # argparse has no other name for what add_subparsers returns


def add_to(commands: Commands, run: Callable[[list[str]], int]) -> None:
    """Add them to the shell's commands. `run` runs another command: what changes who is held is followed by a run."""
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
    erase.set_defaults(command=partial(_erase, run=run))

    leave = commands.add_parser(
        "leave", help="a member of the app leaves: withdraw every consent of theirs, then do everything"
    )
    leave.add_argument("member", metavar="MEMBER", help="as in the table social_engagement, APP-...")
    leave.set_defaults(command=partial(_leave, run=run))

    policy = commands.add_parser("policy", help="what each column may be used for, and why")
    policy.add_argument("--table", metavar="TABLE", help="the columns of one table")
    policy.add_argument("--source", metavar="SOURCE", help="the columns that are made of one source")
    policy.set_defaults(command=_policy)


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


def _erase(options: argparse.Namespace, run: Callable[[list[str]], int]) -> int:
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
    return run(["run", "--from", "raw_gate"])


def _leave(options: argparse.Namespace, run: Callable[[list[str]], int]) -> int:
    from orchestration.ingestion.leaving import leave

    file = leave(Settings.load(), options.member)
    print(f"the withdrawal is in {file}; the run takes it in")
    return run(["run"])


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
