"""The raw step: every file of the inbox is taken in whole, set aside, or refused whole, and says which."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration import progress
from orchestration.erasing import originals, register
from orchestration.ingestion import inbox, load, scopes
from orchestration.ingestion.contracts import Contract, Match, all_contracts
from orchestration.ingestion.inbox import Growing, Part, Refused
from orchestration.ingestion.load import Delivery
from orchestration.ingestion.recognise import recognise
from orchestration.ingestion.scan import Archiving, Broken, Scan, refuse_too_many, scan_file, write_without
from orchestration.ingestion.stretches import MEMORY_OF_A_STRETCH, Reading, records_of
from orchestration.settings import Mendable, Settings
from orchestration.warehouse import Warehouse, has_table, limits

Say = Callable[..., None]  # takes a line, and what it is about by name
_NUMBERS = itertools.count()  # of files of our own, since two are read or loaded at a time
AS_IT_COMES = "set write_buffer_row_group_count = 1"  # what waits until the end of a load is written by one thread
UNREAD = "unread"  # in the place of a delivery's id, in the name of the table of a file whose content is not known yet
GONE = "it was taken away while it was being read; deliver it again"


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
    rows_erased: int = 0  # of people who were erased, and so left out

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
    begun: Reader | None = None,
) -> list[Outcome]:
    """Take in every entry of the inbox; small files share a transaction, large ones are read by several connections.

    `as_of` overrides the day that the files show, for all of them; `days` does so by the entry's name. Accepted files leave
    the inbox for the archive; refused and growing ones stay, and a zip for any of its files. Nothing of a refused file is
    kept but its row in `meta.deliveries`. `begun` is a reader of the inbox that knows these days already.
    """
    if begun and begun.prepared:  # done again it would drop the table that is being filled
        begun.prepared.result()
    else:
        prepare(con)
    if not settings.campaign.audit_sensitive:
        con.execute("drop schema if exists audit cascade")
    outcomes: list[Outcome] = []
    bad: set[Path] = set()
    con.execute(AS_IT_COMES)
    with begun or Reader(settings, as_of, days) as reader:
        reader.say = say
        for parts in reader.groups:
            done = _take_in(settings, con, parts, reader)
            _tell(done, say)
            outcomes += done
            bad |= {part.entry for part, outcome in zip(parts, done, strict=True) if outcome.is_bad}
            for part in parts:
                if part.is_last and part.entry not in bad:
                    _leave_inbox(part.entry)
    con.execute("reset write_buffer_row_group_count")
    _share(settings, con)
    return outcomes


def _tell(outcomes: list[Outcome], say: Say) -> None:
    """Say what became of files: of those in one zip to which the same happened in one line, since a line of Dagster's log takes
    as long as loading a small file. What became of each stands in `meta.intakes`."""
    alike: dict[tuple, list[Outcome]] = {}
    for outcome in outcomes:
        of = None if outcome.is_bad else outcome.file_name.partition("/")[0]
        alike.setdefault((of or outcome.file_name, outcome.contract, outcome.status), []).append(outcome)
    for (entry, contract, status), some in alike.items():
        rows, seconds = sum(o.rows_loaded for o in some), sum(o.seconds for o in some)
        if len(some) == 1:
            say(str(some[0]), delivery=some[0].delivery_id, rows=rows, seconds=round(seconds, 2))
            continue
        records, broken = (sum(getattr(o, name) for o in some) for name in ("records_read", "rows_quarantined"))
        say(
            f"{entry}: {len(some)} files of {contract} {status.replace('_', ' ')}: {records:,} records read, {rows:,} loaded, "
            f"{broken:,} quarantined, {seconds:.1f} s",
            rows=rows,
            seconds=round(seconds, 2),
        )


def _share(settings: Settings, con: duckdb.DuckDBPyConnection, by_one: bool = False) -> int:
    """Let all threads of this machine work, or one; return how many those are."""
    every = limits(settings.limits, settings.scratch)["threads"]
    assert isinstance(every, int)
    con.execute(f"set threads = {1 if by_one else every}")
    return every


def _connections(settings: Settings, threads: int) -> int:
    """How many connections load a large file."""
    return max(1, min(threads, settings.limits.memory // MEMORY_OF_A_STRETCH))


def _leave_inbox(entry: Path) -> None:
    entry.unlink(missing_ok=True)


def _take_in(settings: Settings, con: duckdb.DuckDBPyConnection, parts: list[Part], reader: Reader) -> list[Outcome]:
    """What became of some files, loaded in one transaction. Where one is refused after part of it was loaded, those before it
    are loaded by themselves, and then those behind it."""
    outcomes: list[Outcome] = []
    todo = [parts]
    while todo:
        some = todo.pop(0)
        try:
            outcomes += _load_together(settings, con, some, reader)
        except _TakenBack as taken_back:
            place = taken_back.place
            if not place:
                outcomes.append(_turned_away(con, taken_back.intake.name, taken_back.why, taken_back.intake.known))
            todo = [group for group in (some[:place], some[place or 1 :]) if group] + todo
    return outcomes


class _TakenBack(Exception):
    """A file was refused after part of it was loaded, and what it was loaded with was taken back."""

    def __init__(self, place: int, intake: _Intake, why: Refused):
        super().__init__(str(why))
        self.place, self.intake, self.why = place, intake, why


def _load_together(
    settings: Settings, con: duckdb.DuckDBPyConnection, parts: list[Part], reader: Reader
) -> list[Outcome]:
    """Load files in one transaction, with which they are archived, and settle which deliveries are current. The rows of a large one, which
    is loaded alone, are there before: a table of no delivery, which `prepare` drops where a run was stopped.

    Raises:
        _TakenBack: one was refused, or has changed, after part of it was loaded; nothing of all is kept.
    """
    outcomes: list[Outcome] = []
    loaded: list[tuple[int, _Intake]] = []
    copies: list[Path] = []
    threads = _share(settings, con, by_one=True)
    is_large = len(parts) == 1 and parts[0].size > inbox.ALONE
    reader.await_loading()
    con.execute("begin transaction")
    held = load.deliveries(con)
    intake = None
    try:
        for place, part in enumerate(parts):
            started = time.monotonic()
            intake = None
            try:
                with reader.read(part) as intake:
                    started = time.monotonic() - intake.seconds
                    copies.append(intake.copy)
                    intake.kind = loaded[-1][1].kind if loaded else None
                    if is_large:
                        intake.connections = _connections(settings, threads)
                    outcome = intake.run(con, held)
                if intake.has_begun:
                    loaded.append((place, intake))
            except (Refused, FileNotFoundError) as error:
                why = error if isinstance(error, Refused) else Growing(GONE)
                if intake and intake.has_begun:
                    raise _TakenBack(place, intake, why) from None
                name = intake.name if intake else inbox.shown_name(part.entry)
                outcome = _turned_away(con, name, why, intake.known if intake else {})
            outcomes.append(replace(outcome, seconds=time.monotonic() - started))
        taken = {outcome.contract for outcome in outcomes if outcome.status == "loaded"}
        changed = [contract for contract in all_contracts() if contract.name in taken]
        for contract in changed:
            scopes.settle_scopes(con, contract)
        scopes.make_views(con, changed)
        for place, intake in loaded:
            try:
                inbox.still_the_same(intake.file)
            except Growing as growing:
                raise _TakenBack(place, intake, growing) from None
        for _, intake in loaded:
            intake.archive()
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        if is_large and intake and intake.has_begun:
            with suppress(duckdb.Error):
                load.drop_table(con, intake.known["contract"], intake.known["delivery_id"])
        raise
    finally:
        for copy in copies:
            copy.unlink(missing_ok=True)
    return outcomes


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
    originals_of = sorted(settings.archive.glob(f"{sha256}.*"))
    if not originals_of:
        raise Mendable(f"the original of {name} is not in {settings.archive} (any more); fetch the file again")
    name = inbox.name_of(originals_of[0], Path(name).name)  # of a zip with several files the one alone
    target = settings.inbox / name
    if target.exists():
        raise Mendable(f"the inbox already has a file named {name}; take it in or move it away first: make run")
    inbox.put(originals_of[0], target)
    if originals.is_shorter(originals_of[0]):
        originals_of[0].unlink()  # it comes back under the hash that it has now
    con.execute("begin transaction")
    scopes.forget(con, next(c for c in all_contracts() if c.name == contract), delivery_id)
    # It may be read otherwise this time, which no version tells: nothing that was made of the deliveries stands.
    con.execute("delete from meta.builds")
    con.execute("commit")
    return name, day


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make each contract's views, so that the steps behind find empty tables where nothing was delivered yet."""
    con.execute("begin transaction")
    scopes.make_views(con, all_contracts())
    con.execute("commit")


def _turned_away(con: duckdb.DuckDBPyConnection, file_name: str, why: Refused, known: dict) -> Outcome:
    """Note a refusal. A file that could not be hashed is told by its name; of one that is still growing nothing is known."""
    if isinstance(why, Growing):
        return Outcome(file_name, "waiting", str(why))
    values = {"contract": None, "sha256": None, "as_of": None, **known}
    delivery_id = values.pop("delivery_id", None) or "name-" + hashlib.sha256(file_name.encode()).hexdigest()[:11]
    load.record(
        con,
        Delivery(delivery_id, file_name=file_name, received_at=_now(), status="refused", reason=str(why), **values),
    )
    return Outcome(file_name, "refused", str(why), values["contract"], delivery_id, values.get("records_read", 0))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Reader:
    """Reads the files of the inbox one after the other, the next one while what was read is loaded: DuckDB does much of that with one thread.
    The first one can be read, and with `load_ahead` also loaded, beside whatever comes before; it is not said how far that is."""

    def __init__(self, settings: Settings, as_of: date | None = None, days: dict[str, date] | None = None):
        """`as_of` and `days` as in `ingest_inbox`."""
        self.settings, self.as_of, self.days = settings, as_of, days or {}
        self.say: Say = lambda *_, **__: None
        self.groups = [*inbox.together(inbox.entries(settings.inbox))]
        parts: list[Part] = [part for group in self.groups for part in group]
        self.following = dict(itertools.pairwise(parts))
        self.ahead: dict[Part, Future[_Intake]] = {}
        self.thread = ThreadPoolExecutor(1)
        self.loader = ThreadPoolExecutor(1)
        self.prepared: Future[None] | None = None
        self.loading: Future[list[Broken] | None] | None = None  # of the first file
        self.stretches = Reading()
        self.first = self._ask(parts[0]) if parts else None

    def load_ahead(self, warehouse: Warehouse) -> None:
        """Have the first file's rows loaded as soon as it is read, if it is a large one. What keeps it from being loaded is for whoever takes
        it in to find."""
        if self.first and self.first.part.size > inbox.ALONE:
            self.prepared = self.loader.submit(self._prepare, warehouse)
            self.loading = self.loader.submit(self._load, self.first, self.ahead[self.first.part], warehouse)

    def _prepare(self, warehouse: Warehouse) -> None:
        with warehouse.open() as con:
            prepare(con)

    def _load(self, intake: _Intake, read: Future[_Intake], warehouse: Warehouse) -> list[Broken] | None:
        with suppress(Refused, Mendable, OSError), warehouse.open() as con:
            connections = _connections(self.settings, _share(self.settings, con, by_one=True))
            self.stretches.connections = intake.unread.connections = connections
            con.execute(AS_IT_COMES)
            try:
                broken = intake.load_unread(con)
                return read.result().load_ahead(con, broken, self.stretches)
            finally:
                intake.drop_unread(con)
        return None

    def await_loading(self) -> None:
        """Wait for what is loaded ahead: until then the file's intake is the loader's, and what it loads is seen by transactions that begin later."""
        if self.loading:
            self.loading.result()

    def read(self, part: Part) -> _Intake:
        """A file that was read, also if it was before; to be closed. Raises `Refused` and `FileNotFoundError` if it cannot be opened."""
        if part not in self.ahead:
            self._ask(part)
        asked = self.ahead.pop(part)
        following = self.following.get(part)
        if following and following not in self.ahead:
            self._ask(following)
        intake = asked.result()
        intake.loading, self.loading = self.loading, None
        return intake

    def _ask(self, part: Part) -> _Intake:
        day = self.as_of or self.days.get(part.entry.name)
        intake = _Intake(self.settings, part, day, lambda *line, **about: self.say(*line, **about))
        self.ahead[part] = self.thread.submit(self._read, intake)
        return intake

    @staticmethod
    def _read(intake: _Intake) -> _Intake:
        try:
            intake.read()
        except BaseException:
            intake.discard()
            raise
        return intake

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.stretches.stop()
        if self.first:
            self.first.unread.stop()
        self.loader.shutdown()
        self.thread.shutdown(cancel_futures=True)
        while self.ahead:
            asked = self.ahead.popitem()[1]
            if not asked.cancelled() and not asked.exception():
                asked.result().discard()


class _Intake:
    """One file's way from the inbox into raw and the archive."""

    def __init__(self, settings: Settings, part: Part, day: date | None, say: Say):
        self.settings, self.part, self.day, self.say = settings, part, day, say
        self.known: dict = {}
        self.copy, self.unbroken = (
            settings.scratch / f"{what}-{os.getpid()}-{next(_NUMBERS)}" for what in ("archive", "unbroken")
        )
        self.opened = ExitStack()
        self.seconds = 0.0  # of reading it
        self.refused: Refused | None = None
        self.held: dict[str, Delivery] = {}  # all deliveries so far, by their ids
        self.matched: Future[tuple[Match, Scan] | None] = Future()  # None where it can be no delivery
        self.unread = Reading()  # by `load_unread`
        self.connections: int | None = None  # that load a large file; of others there is one, that of the transaction
        self.loading: Future[list[Broken] | None] | None = None  # by `load_ahead`
        self.archiving: Archiving | None = None  # of a file that is not packed
        self.has_begun = False  # to load
        self.is_rewritten = False  # its copy for the archive, without the records of people who were erased
        # Of the data directory; before the load what the files of the same transaction say.
        self.kind: str | None = None

    def read(self) -> None:
        """Open the file, tell of which contract it is, and go over its bytes. What speaks against it waits for `run`, but for what keeps
        it from being opened: `Refused` or `FileNotFoundError`."""
        started = time.monotonic()
        try:
            opened = inbox.opened(self.part.entry, self.settings.scratch, self.part.place, self.say)
            self.file = self.opened.enter_context(opened)
            self.name = inbox.shown_name(self.file.original) + (
                f"/{self.file.name}" if self.file.is_one_of_several else ""
            )
            self.as_of = self.day or self.file.dated
            try:
                self.match, self.scan = self._match()
                self.matched.set_result((self.match, replace(self.scan, broken=[], inner_breaks=[])))
                self._go_over()
            except Refused as refused:
                self.refused = refused
        finally:
            if not self.matched.done():
                self.matched.set_result(None)
        self._stop_in_vain()
        self.seconds = time.monotonic() - started

    def _stop_in_vain(self) -> None:
        """Stop `load_unread` where something is known by now for which its table will not be kept."""
        if self.refused or self.scan.broken or self._earlier(self.scan.sha256[:16]):
            self.unread.stop()

    def _go_over(self) -> None:
        form, size = self.match.form, max(self.file.path.stat().st_size, 1)
        reading = progress.by_share(
            self.name, "checked", lambda: self.scan.bytes_read / size, lambda _: self.scan.records
        )
        if not self.file.packed and not self.match.contract.matching_only:
            self.archiving = Archiving(self.file.path, self.copy)
        with progress.told(self.say, reading):
            scan_file(self.file.path, self.scan, form.delimiter, self.unbroken if form.line_breaks else None)

    def __enter__(self) -> _Intake:
        return self

    def __exit__(self, *_: object) -> None:
        if self.archiving:
            self.archiving.stop()
        self.opened.close()
        self.unbroken.unlink(missing_ok=True)

    def discard(self) -> None:
        """Close the file without loading it."""
        with self:
            self.copy.unlink(missing_ok=True)

    def load_unread(self, con: duckdb.DuckDBPyConnection) -> list[Broken] | None:
        """Load the rows of a file outside of a transaction while it is gone over, as if all its records were sound, into a table of no
        delivery; return its broken records. None, where something speaks against it or the reader cannot have it as it is."""
        self.held = load.deliveries(con)
        found = self.matched.result()
        if not found or found[0].form.json_lines or found[0].form.line_breaks or self.settings.campaign.audit_sensitive:
            return None
        self._stop_in_vain()
        match, scan = found
        scan.records = records_of(self.file.path, scan.has_header)
        with suppress(Refused):
            return self._rows(
                con, match, scan, self.file.path, load.raw_table(match.contract.name, UNREAD), self.unread
            )
        return None

    def load_ahead(
        self, con: duckdb.DuckDBPyConnection, unread: list[Broken] | None, reading: Reading
    ) -> list[Broken] | None:
        """Of a file that was read: give the table that `load_unread` has filled to its delivery, or load its rows outside of a transaction;
        return its broken records. None, with nothing loaded, where something speaks against it that `run` will find, or where more of it is
        to be counted."""
        if self.refused:
            return None
        name, delivery_id = self.match.contract.name, self.scan.sha256[:16]
        if self.match.form.json_lines or not self.scan.records or self._earlier(delivery_id):
            return None
        try:
            if unread is None or self.scan.broken:
                return self._fill(con, reading)
            con.execute(f'alter table {load.raw_table(name, UNREAD)} rename to "{name}__{delivery_id}"')
            return unread
        except BaseException:
            load.drop_table(con, name, delivery_id)
            raise

    def drop_unread(self, con: duckdb.DuckDBPyConnection) -> None:
        """Drop what `load_unread` has filled, if it became no delivery's."""
        found = self.matched.result()
        if found:
            load.drop_table(con, found[0].contract.name, UNREAD)

    def run(self, con: duckdb.DuckDBPyConnection, held: dict[str, Delivery]) -> Outcome:
        """Take the file in, but for its place in the archive. `held` are all deliveries so far, by their ids. Raises `Refused`; what is
        known by then stands in `known`."""
        self.con, self.held = con, held
        try:
            if self.refused:
                raise self.refused
            inbox.still_the_same(self.file)
            scan, contract = self.scan, self.match.contract
            delivery_id = scan.sha256[:16]
            self.known = {"delivery_id": delivery_id, "contract": contract.name, "sha256": scan.sha256}
            self.known |= {"as_of": self.as_of, "records_read": scan.records}
            earlier = self._earlier(delivery_id)
            if earlier:
                return Outcome(self.name, "unchanged", earlier, contract.name, delivery_id, scan.records)
            self._check_before(scan)
            outcome = self._load(self.match, scan, delivery_id)
            if self.archiving:
                self.archiving.finish()
            return outcome
        except Refused as error:
            if not isinstance(error, Growing):
                inbox.still_the_same(self.file)  # of half a file the reason would be a wrong one
            raise

    def _match(self) -> tuple[Match, Scan]:
        """The contract that the file fits. Raises `Refused` if it is none, or one of another state than the campaign's."""
        match, scan = recognise(self.file.path, self.file.name, all_contracts())
        if match.contract.state and match.contract.state not in self.settings.campaign.states:
            raise Refused(
                f"it is a file of {match.contract.state}, which is not among the states of campaign.yaml; add it there"
            )
        return match, scan

    def _earlier(self, delivery_id: str) -> str | None:
        """What to say of a file whose content is here already."""
        found = self.held.get(delivery_id)
        if not found or found.status == "refused" or (found.status == "set_aside" and found.as_of != self.as_of):
            return None
        return (
            f"the same content came as {found.file_name} on {found.received_at:%Y-%m-%d} "
            f"({found.status.replace('_', ' ')}); nothing to do"
        )

    def _check_before(self, scan: Scan) -> None:
        if not scan.records:
            raise Refused("it has a header and no records; nothing was replaced. Fetch it again")

    def _load(self, match: Match, scan: Scan, delivery_id: str) -> Outcome:
        self.has_begun = True
        contract = match.contract
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
        delivery = self._load_rows(match, scan, delivery)
        load.record(self.con, delivery)
        self.held[delivery_id] = delivery
        if self.file.packed and not contract.matching_only and not self.is_rewritten:
            shutil.copyfile(self.file.packed, self.copy)
            self.copy.chmod(0o600)
        return Outcome(
            self.name, delivery.status, delivery.reason, contract.name, delivery_id,
            delivery.records_read, delivery.rows_loaded, delivery.rows_quarantined, rows_erased=delivery.rows_erased,
        )  # fmt: skip

    def archive(self) -> None:
        """Keep the file's original if there is a copy of it, and say once what the data directory is for."""
        ending = self.file.packed.suffix if self.file.packed and not self.is_rewritten else ".txt.zst"
        if self.copy.exists():
            os.replace(self.copy, self.settings.archive / f"{self.known['sha256']}{ending}")
        mark_directory(self.settings, str(self.kind))

    def _load_rows(self, match: Match, scan: Scan, delivery: Delivery) -> Delivery:
        con, contract = self.con, match.contract
        table = load.raw_table(contract.name, delivery.delivery_id)
        broken = None
        if self.loading:
            broken = self.loading.result()
            _share(self.settings, con)
        if broken is None:
            broken = self._fill(con, Reading(self.connections or 1))
        refuse_too_many(broken, scan.records)
        [(rows,)] = con.execute(f"select count(*) from {table}").fetchall()
        if rows + len(broken) != scan.records:
            raise Refused(
                f"its records do not add up: {scan.records:,} line ends, {rows:,} rows read, {len(broken):,} broken. "
                "A quote is likely open across lines. Fetch or export it again"
            )
        self._check_kind(contract, table)
        broken, erased = self._leave_out(match, scan, table, broken)
        rows -= len(erased)
        if erased and not rows:
            raise Refused("all its records are of people who were erased; remove it")
        common = load.common_code(contract, delivery.delivery_id, self.file.name)
        counties = load.profile(con, contract, match.columns, delivery.delivery_id, common, table)
        scope = scopes.scope_of(contract, counties, self.file.name)
        may_be_old = any(d.contract == contract.name and d.as_of and d.as_of > self.as_of for d in self.held.values())
        newer = scopes.newer_in_scope(con, contract, delivery, scope) if may_be_old else None
        if newer:
            load.drop_table(con, contract.name, delivery.delivery_id)
            con.execute("delete from raw.profiles where delivery_id = ?", [delivery.delivery_id])
            reason = f"it shows {self.as_of}, and {scope} is here as of {newer}; kept in the archive only"
            return replace(delivery, scope=scope, status="set_aside", reason=reason)
        load.quarantine(con, contract, delivery, broken, erased)
        loaded = replace(delivery, scope=scope, rows_loaded=rows, rows_quarantined=len(broken), rows_erased=len(erased))
        said = f"{len(erased):,} records of people who were erased were left out" if erased else None
        return replace(loaded, reason="; ".join(filter(None, [match.left_out, said])) or None)

    def _fill(self, con: duckdb.DuckDBPyConnection, reading: Reading) -> list[Broken]:
        """Read the file into the table of its delivery; return its broken records."""
        match, scan = self.match, self.scan
        contract, delivery_id = match.contract, scan.sha256[:16]
        table = load.raw_table(contract.name, delivery_id)
        text = self.unbroken if match.form.line_breaks else self.file.path
        clean = self.settings.scratch / f"clean-{os.getpid()}"
        try:
            if scan.broken or scan.has_bom:
                write_without(text, scan, clean)
                text = clean
            with self._outside_of_the_transaction():
                broken = scan.broken + self._rows(con, match, scan, text, table, reading)
                if self.settings.campaign.audit_sensitive:
                    load.create_audit_table(con, match, scan, text, delivery_id)
            if match.form.json_lines:
                load.count_unknown_keys(con, contract, delivery_id, text)
            return broken
        finally:
            clean.unlink(missing_ok=True)

    def _rows(
        self, con: duckdb.DuckDBPyConnection, match: Match, scan: Scan, text: Path, table: str, reading: Reading
    ) -> list[Broken]:
        """Read a text into a table; return the records that the reader would not take."""
        loading = progress.by_share(self.name, "loaded", reading.share, lambda share: round(share * scan.records))
        with progress.told(self.say, loading):
            return load.create_table(con, match, scan, text, table, reading)

    @contextmanager
    def _outside_of_the_transaction(self) -> Iterator[None]:
        """Of a large file: of what an open transaction has made DuckDB reads with one thread, whatever asks for it."""
        if self.connections is None:
            yield
            return
        self.con.execute("commit")
        try:
            yield
        finally:
            self.con.execute("begin transaction")
        _share(self.settings, self.con)

    def _leave_out(self, match: Match, scan: Scan, table: str, broken: list[Broken]) -> tuple[list[Broken], list[int]]:
        """Take the records of people who were erased out of a delivery's table, and out of the copy of its file for the archive. Returns
        the broken records, of theirs without the text, and the numbers of those taken out."""
        erased = register.erased(self.settings)
        contract = match.contract
        if erased.is_empty or not contract.person_keys():
            return broken, []
        erased.prepare(self.con)
        places = load.take_out(self.con, table, erased.is_theirs(contract))
        if places and has_table(self.con, table.split('"')[1], "audit"):
            load.take_places(self.con, table.replace("raw.", "audit.", 1), places)
        numbers = load.numbers_of(places, [b.record for b in broken])
        named = {b.record for b in broken if erased.is_named(contract, b.raw)}
        if (numbers or named) and not contract.matching_only:
            if self.archiving:
                self.archiving.stop()
            originals.rewrite(
                self.unbroken if match.form.line_breaks else self.file.path, scan, {*numbers, *named}, self.copy
            )
            self.is_rewritten = True
        return [replace(b, raw="") if b.record in named else b for b in broken], numbers

    def _check_kind(self, contract: Contract, table: str) -> None:
        """Keep generated and real records apart: a data directory is born as one or the other. Only a generated state
        may be shown on a day to come."""
        share = load.sample_share(self.con, contract, table)
        if 0 < share < 1:
            raise Refused("it mixes generated and real records; deliver each in a data directory of its own")
        kind = "sample" if share == 1 else "real"
        if kind == "real" and self.as_of > (datetime.now(UTC) + timedelta(days=1)).date():
            raise Refused(f"it is dated {self.as_of}, in the future; give its day with --as-of YYYY-MM-DD")
        born = directory_kind(self.settings) or self.kind
        if born and born != kind:
            raise Refused(
                f"it is a {'generated' if kind == 'sample' else 'real'} file and {self.settings.data_dir} is a {born} data "
                f"directory. Name another with GROUNDGAME_DATA=/some/dir, or start afresh by deleting {self.settings.data_dir}"
            )
        self.kind = kind


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
    if outcomes:
        con.execute("begin transaction")
        con.executemany(
            "insert into meta.intakes values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    run_id, o.file_name, o.status, o.reason, o.delivery_id,
                    o.records_read, o.rows_loaded, o.rows_quarantined, o.seconds,
                )
                for o in outcomes
            ],
        )  # fmt: skip
        con.execute("commit")
