"""The raw step: every file of the inbox is taken in whole, set aside, or refused whole, and says which."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration import progress
from orchestration.ingestion import inbox, load, scopes
from orchestration.ingestion.contracts import Contract, Match, all_contracts
from orchestration.ingestion.inbox import Growing, Refused, TextFile
from orchestration.ingestion.load import Delivery
from orchestration.ingestion.recognise import recognise
from orchestration.ingestion.scan import Scan, refuse_too_many, scan_file, write_without
from orchestration.settings import Mendable, Settings

Say = Callable[..., None]  # takes a line, and what it is about by name


def say_aloud(line: str, **_about: object) -> None:
    """Print a line."""
    print(line)


@dataclass(frozen=True)
class Outcome:
    """What became of one inbox entry in this run."""

    file_name: str
    status: str  # loaded, set_aside, refused, unchanged (its content was here already), waiting (still growing)
    reason: str | None = None
    contract: str | None = None
    delivery_id: str | None = None
    records_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    seconds: float = 0.0

    @property
    def is_bad(self) -> bool:
        """Whether the run should end with exit status 1 for it."""
        return self.status in ("refused", "waiting")

    def __str__(self) -> str:
        if self.status == "loaded":
            return (
                f"{self.file_name}: {self.records_read:,} records read, {self.rows_loaded:,} loaded, "
                f"{self.rows_quarantined:,} quarantined, {self.seconds:.1f} s"
                + (f"; {self.reason}" if self.reason else "")
            )
        return f"{self.file_name}: {self.status.replace('_', ' ')}: {self.reason}"


def ingest_inbox(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    as_of: date | None = None,
    say: Say = say_aloud,
    days: dict[str, date] | None = None,
) -> list[Outcome]:
    """Take in every entry of the inbox, each in a transaction of its own.

    `as_of` overrides the day that the files show, for all of them; `days` does so by file name. Accepted files leave the
    inbox for the archive; refused and growing ones stay. Nothing of a refused file is kept but its row in
    `meta.deliveries`.
    """
    prepare(con)
    if not settings.campaign.audit_sensitive:
        con.execute("drop schema if exists audit cascade")
    outcomes = []
    for entry in inbox.entries(settings.inbox):
        places = inbox.members(entry)
        for place in places:
            started = time.monotonic()
            outcome = _ingest_entry(settings, con, entry, as_of or (days or {}).get(entry.name), place, say)
            outcomes.append(replace(outcome, seconds=time.monotonic() - started))
            done = outcomes[-1]
            say(str(done), delivery=done.delivery_id, rows=done.rows_loaded, seconds=round(done.seconds, 2))
        if len(places) > 1:
            _end_of_several(con, entry, outcomes[-len(places) :])
    return outcomes


def _end_of_several(con: duckdb.DuckDBPyConnection, entry: Path, outcomes: list[Outcome]) -> None:
    """Settle and show what a zip of several files brought, once for all of them, and let it go if none was refused. A run
    that is stopped before this leaves things as they were; the next one begins with `prepare`."""
    con.execute("begin transaction")
    for contract in all_contracts():
        if any(o.contract == contract.name and o.status == "loaded" for o in outcomes):
            scopes.settle_scopes(con, contract)
            scopes.make_views(con, contract)
    con.execute("commit")
    if not any(outcome.is_bad for outcome in outcomes):
        entry.unlink(missing_ok=True)


def call_back(settings: Settings, con: duckdb.DuckDBPyConnection, delivery_id: str) -> tuple[str, date]:
    """Put a delivery's original back into the inbox and forget what was loaded from it, so that the next intake loads it
    anew. Returns the file's name and the day that it showed.

    Raises:
        Mendable: there is no such delivery, its original is not kept, or the inbox has another file of its name.
    """
    found = con.execute(
        "select delivery_id, contract, file_name, sha256, as_of from meta.deliveries where starts_with(delivery_id, ?) and sha256 is not null",
        [delivery_id],
    ).fetchall()
    if len(found) != 1:
        raise Mendable(
            f"{len(found) or 'no'} deliveries with a content begin with {delivery_id!r}; "
            "groundgame query 'select delivery_id, file_name from deliveries' lists them"
        )
    delivery_id, contract, name, sha256, day = found[0]
    originals = sorted(settings.archive.glob(f"{sha256}.*"))
    if not originals:
        raise Mendable(f"the original of {name} is not in {settings.archive} (any more); fetch the file again")
    name = Path(name).name  # of a zip with several files the one alone
    target = settings.inbox / name
    if target.exists():
        raise Mendable(f"the inbox already has a file named {name}; take it in or move it away first: make run")
    inbox.put(originals[0], target)
    con.execute("begin transaction")
    scopes.forget(con, next(c for c in all_contracts() if c.name == contract), delivery_id)
    con.execute("commit")
    return name, day


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make each contract's views, so that the steps behind find empty tables where nothing was delivered yet, and settle what
    a run that was stopped within a zip left unsettled."""
    con.execute("begin transaction")
    unsettled = con.execute(
        "select distinct contract from meta.deliveries where status = 'loaded' and delivery_id not in (select delivery_id from raw.scopes)"
    ).fetchall()
    for contract in all_contracts():
        if (contract.name,) in unsettled:
            scopes.settle_scopes(con, contract)
        scopes.make_views(con, contract)
    con.execute("commit")


def _ingest_entry(
    settings: Settings, con: duckdb.DuckDBPyConnection, entry: Path, as_of: date | None, place: int | None, say: Say
) -> Outcome:
    name = inbox.shown_name(entry)
    try:
        with inbox.opened(entry, settings.scratch, place) as file:
            intake = _Intake(settings, con, file, as_of, say)
            name = intake.name
            try:
                return intake.run()
            except Growing:
                raise
            except Refused as error:
                inbox.still_the_same(file)  # of half a file the reason would be a wrong one
                return _refuse(con, name, str(error), **intake.known)
    except Growing as error:
        return Outcome(name, "waiting", str(error))
    except Refused as error:
        return _refuse(con, name, str(error))
    except FileNotFoundError:
        return Outcome(name, "waiting", "it was taken away while it was being read; deliver it again")


def _refuse(con: duckdb.DuckDBPyConnection, file_name: str, reason: str, **known) -> Outcome:
    """Note a refusal. A file that could not be hashed is told by its name."""
    delivery_id = known.pop("delivery_id", None) or "name-" + hashlib.sha256(file_name.encode()).hexdigest()[:11]
    values = {"contract": None, "sha256": None, "as_of": None, **known}
    load.record(
        con,
        Delivery(delivery_id, file_name=file_name, received_at=_now(), status="refused", reason=reason, **values),
    )
    return Outcome(file_name, "refused", reason, values["contract"], delivery_id, values.get("records_read", 0))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class _Intake:
    """One file's way from the inbox into raw and the archive."""

    def __init__(
        self, settings: Settings, con: duckdb.DuckDBPyConnection, file: TextFile, as_of: date | None, say: Say
    ):
        self.settings, self.con, self.file, self.say = settings, con, file, say
        self.name = inbox.shown_name(file.original) + (f"/{file.name}" if file.is_one_of_several else "")
        self.as_of = as_of or file.dated
        self.known: dict = {}
        self.copy = settings.scratch / f"archive-{os.getpid()}"
        self.unbroken = settings.scratch / f"unbroken-{os.getpid()}"

    def run(self) -> Outcome:
        """Take the file in. Raises `Refused`; what is known by then stands in `known`."""
        match, scan = self._match()
        contract = match.contract
        try:
            size = max(self.file.path.stat().st_size, 1)
            reading = progress.by_share(self.name, "checked", lambda: scan.bytes_read / size, lambda _: scan.records)
            with progress.told(self.say, reading):
                scan_file(
                    self.file.path,
                    scan,
                    match.form.delimiter,
                    None if self.file.packed else self.copy,
                    self.unbroken if match.form.line_breaks else None,
                )
            inbox.still_the_same(self.file)
            delivery_id = scan.sha256[:16]
            self.known = {"delivery_id": delivery_id, "contract": contract.name, "sha256": scan.sha256}
            self.known |= {"as_of": self.as_of, "records_read": scan.records}
            earlier = self._earlier(delivery_id)
            if earlier:
                self._leave_inbox()
                return Outcome(self.name, "unchanged", earlier, contract.name, delivery_id, scan.records)
            self._check_before(scan)
            return self._load(match, scan, delivery_id)
        finally:
            self.copy.unlink(missing_ok=True)
            self.unbroken.unlink(missing_ok=True)

    def _match(self) -> tuple[Match, Scan]:
        """The contract that the file fits. Raises `Refused` if it is none, or one of another state than the campaign's."""
        match, scan = recognise(self.file.path, self.file.name, all_contracts())
        if match.contract.state and match.contract.state not in self.settings.campaign.states:
            raise Refused(
                f"it is a file of {match.contract.state}, which is not among the states of campaign.yaml; add it there"
            )
        return match, scan

    def _earlier(self, delivery_id: str) -> str | None:
        row = self.con.execute(
            """
            select file_name, received_at, status from meta.deliveries
            where delivery_id = ? and status <> 'refused' and not (status = 'set_aside' and as_of <> ?)
            """,
            [delivery_id, self.as_of],
        ).fetchone()
        if not row:
            return None
        name, received_at, status = row
        return f"the same content came as {name} on {received_at:%Y-%m-%d} ({status.replace('_', ' ')}); nothing to do"

    def _check_before(self, scan: Scan) -> None:
        if not scan.records:
            raise Refused("it has a header and no records; nothing was replaced. Fetch it again")

    def _archive(self, sha256: str) -> None:
        ending = self.file.packed.suffix if self.file.packed else ".txt.zst"
        if self.file.packed:
            shutil.copyfile(self.file.packed, self.copy)
            self.copy.chmod(0o600)
        os.replace(self.copy, self.settings.archive / f"{sha256}{ending}")

    def _load(self, match: Match, scan: Scan, delivery_id: str) -> Outcome:
        contract, con = match.contract, self.con
        delivery = Delivery(
            delivery_id,
            contract.name,
            self.name,
            scan.sha256,
            self.as_of,
            _now(),
            "loaded",
            records_read=scan.records,
        )
        con.execute("begin transaction")
        try:
            delivery = self._load_rows(match, scan, delivery)
            load.record(con, delivery)
            if delivery.status == "loaded" and not self.file.is_one_of_several:
                scopes.settle_scopes(con, contract)
                scopes.make_views(con, contract)
            inbox.still_the_same(self.file)
            self._archive(scan.sha256)
            mark_directory(self.settings, self.kind)
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise
        self._leave_inbox()
        return Outcome(
            self.name, delivery.status, delivery.reason, contract.name, delivery_id,
            delivery.records_read, delivery.rows_loaded, delivery.rows_quarantined,
        )  # fmt: skip

    def _load_rows(self, match: Match, scan: Scan, delivery: Delivery) -> Delivery:
        con, contract = self.con, match.contract
        table = load.raw_table(contract.name, delivery.delivery_id)
        text = self.unbroken if match.form.line_breaks else self.file.path
        clean = self.settings.scratch / f"clean-{os.getpid()}"
        try:
            if scan.broken:
                write_without(text, scan, clean)
            loading = progress.by_share(
                self.name, "loaded", lambda: con.query_progress() / 100, lambda share: round(share * scan.records)
            )
            with progress.told(self.say, loading):
                source = clean if scan.broken else text
                broken = scan.broken + load.create_table(con, match, scan, source, table)
                if self.settings.campaign.audit_sensitive:
                    load.create_audit_table(con, match, scan, source, delivery.delivery_id)
        finally:
            clean.unlink(missing_ok=True)
        refuse_too_many(broken, scan.records)
        [(rows,)] = con.execute(f"select count(*) from {table}").fetchall()
        if rows + len(broken) != scan.records:
            raise Refused(
                f"its records do not add up: {scan.records:,} line ends, {rows:,} rows read, {len(broken):,} broken. "
                "A quote is likely open across lines. Fetch or export it again"
            )
        self._check_kind(contract, table)
        common = load.common_code(contract, delivery.delivery_id, self.file.name)
        load.profile(con, match, delivery.delivery_id, common, table)
        scope = scopes.scope_of(con, contract, delivery.delivery_id, self.file.name)
        newer = scopes.newer_in_scope(con, contract, delivery, scope)
        if newer:
            load.drop_table(con, contract.name, delivery.delivery_id)
            con.execute("delete from raw.profiles where delivery_id = ?", [delivery.delivery_id])
            reason = f"it shows {self.as_of}, and {scope} is here as of {newer}; kept in the archive only"
            return replace(delivery, scope=scope, status="set_aside", reason=reason)
        load.quarantine(con, delivery, broken)
        loaded = replace(delivery, scope=scope, rows_loaded=rows, rows_quarantined=len(broken))
        return replace(loaded, reason=match.left_out)

    def _check_kind(self, contract: Contract, table: str) -> None:
        """Keep generated and real records apart: a data directory is born as one or the other. Only a generated state
        may be shown on a day to come."""
        share = load.sample_share(self.con, contract, table)
        if 0 < share < 1:
            raise Refused("it mixes generated and real records; deliver each in a data directory of its own")
        self.kind = kind = "sample" if share == 1 else "real"
        if kind == "real" and self.as_of > (datetime.now(UTC) + timedelta(days=1)).date():
            raise Refused(f"it is dated {self.as_of}, in the future; give its day with --as-of YYYY-MM-DD")
        born = directory_kind(self.settings)
        if born and born != kind:
            raise Refused(
                f"it is a {'generated' if kind == 'sample' else 'real'} file and {self.settings.data_dir} is a {born} data "
                f"directory. Name another with GROUNDGAME_DATA=/some/dir, or start afresh by deleting {self.settings.data_dir}"
            )

    def _leave_inbox(self) -> None:
        if not self.file.is_one_of_several:
            self.file.original.unlink(missing_ok=True)


def directory_kind(settings: Settings) -> str | None:
    """`sample` or `real`, or None for a data directory that never held a delivery."""
    mark = settings.data_dir / "KIND"
    return mark.read_text(encoding="utf-8").strip() if mark.exists() else None


def mark_directory(settings: Settings, kind: str) -> None:
    """Say once what a data directory is for."""
    mark = settings.data_dir / "KIND"
    if not mark.exists():
        mark.write_text(f"{kind}\n", encoding="utf-8")


def keep_outcomes(con: duckdb.DuckDBPyConnection, run_id: str, outcomes: list[Outcome]) -> None:
    """Note what became of the inbox in a run, so that its summary can say so."""
    for o in outcomes:
        con.execute(
            "insert into meta.intakes values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run_id, o.file_name, o.status, o.reason, o.delivery_id,
                o.records_read, o.rows_loaded, o.rows_quarantined, o.seconds,
            ],
        )  # fmt: skip
