"""The warehouse file: who may open it and when, its limits, and the pipeline's own tables in schema `meta`.

One discipline for the whole process: a run holds the lock file, and within it every step opens the file, does its work
and closes it before the next tool (dbt, Great Expectations, our SQL) opens it in its own way. Two open connections of
different configuration to one file fail in DuckDB, so nobody keeps one.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb

from orchestration.errors import in_words
from orchestration.settings import MEMORY_OF_A_THREAD, Limits, Mendable, Settings

_META = """
create schema if not exists raw;
create schema if not exists meta;
create schema if not exists staging;

create table if not exists meta.deliveries (
    delivery_id varchar primary key,
    contract varchar,
    file_name varchar not null,
    sha256 varchar,
    scope varchar,
    as_of date,
    received_at timestamp not null,
    records_read bigint not null,
    rows_loaded bigint not null,
    rows_quarantined bigint not null,
    rows_suppressed bigint not null,
    status varchar not null,
    reason varchar
);
alter table meta.deliveries add column if not exists rows_erased bigint default 0;
comment on table meta.deliveries is 'One row per delivery: a file that was handed in, told by the hash of its content, and what became of it.';
comment on column meta.deliveries.delivery_id is 'First 16 characters of the hash of the content.';
comment on column meta.deliveries.contract is 'The file format that it fits; null if it fits none.';
comment on column meta.deliveries.file_name is 'The name under which it lay in the inbox.';
comment on column meta.deliveries.sha256 is 'SHA-256 of the delivered text (of the unpacked member, for a zip).';
comment on column meta.deliveries.scope is 'What it covers: a state (NC), one county of it (NC-092) or several (OH-01..22).';
comment on column meta.deliveries.as_of is 'The day that it shows.';
comment on column meta.deliveries.received_at is 'When it was taken in, UTC. Differs from run to run.';
comment on column meta.deliveries.records_read is 'Records in the file, counted by line ends and not by the CSV reader; the header is none.';
comment on column meta.deliveries.rows_loaded is 'Rows that were loaded into raw.';
comment on column meta.deliveries.rows_quarantined is 'Records that could not be read and lie in quarantine.';
comment on column meta.deliveries.rows_suppressed is 'Loaded rows that never pass staging: confidential voters and under-18s.';
comment on column meta.deliveries.rows_erased is 'Records of people who were erased: neither loaded nor kept.';
comment on column meta.deliveries.status is 'loaded: some of it is current; superseded: newer deliveries replaced all of it; set_aside: older than what is there; refused: not taken, see reason.';
comment on column meta.deliveries.reason is 'Why it was refused or set aside; of a loaded one what of its columns was read past.';

create table if not exists meta.gate_results (
    gate varchar not null,
    table_name varchar not null,
    data_version varchar not null,
    status varchar not null,
    failed_checks varchar[] not null,
    warnings varchar[] not null,
    check_count integer not null,
    checked_at timestamp not null,
    primary key (gate, table_name, data_version)
);
alter table meta.gate_results add column if not exists inputs varchar;
comment on table meta.gate_results is 'One row per gate, table and data version: whether the table passed. The pipeline asks this table before each step.';
comment on column meta.gate_results.gate is 'The step whose tables were judged: raw, staging, marts, segments, published.';
comment on column meta.gate_results.table_name is 'The table that was judged.';
comment on column meta.gate_results.data_version is 'Hash of the accepted deliveries and of the models that made the table.';
comment on column meta.gate_results.status is 'passed, failed or waived.';
comment on column meta.gate_results.failed_checks is 'Each check that failed, with counts; never a value of a record.';
comment on column meta.gate_results.warnings is 'Checks that did not hold but do not stop the pipeline.';
comment on column meta.gate_results.check_count is 'How many checks were made.';
comment on column meta.gate_results.checked_at is 'When, UTC; before the run where nothing had changed of the table and of all that its checks read. Differs from run to run.';
comment on column meta.gate_results.inputs is 'Hash of the checks and of the builds and deliveries that they read; null where nobody notes when these change. Differs from run to run.';

create table if not exists meta.waivers (
    gate varchar not null,
    data_version varchar not null,
    waived_by varchar not null,
    waived_at timestamp not null,
    reason varchar not null,
    primary key (gate, data_version)
);
comment on table meta.waivers is 'One row per gate and data version that somebody let pass although checks failed. It holds for that version only.';
comment on column meta.waivers.gate is 'The gate that was waived.';
comment on column meta.waivers.data_version is 'The version of the data that may pass.';
comment on column meta.waivers.waived_by is 'Who let it pass.';
comment on column meta.waivers.waived_at is 'When, UTC.';
comment on column meta.waivers.reason is 'Why, in the words of that person.';

create table if not exists meta.builds (
    step varchar primary key,
    data_version varchar not null,
    built_at timestamp not null
);
alter table meta.builds add column if not exists code_version varchar;
alter table meta.builds add column if not exists followed varchar;
comment on table meta.builds is 'The data version from which each step, and each table of dbt, was last built to the end; of a table also that of its models alone, and which build of it was brought forward to this one, if one was.';

create table if not exists meta.built_scopes (
    contract varchar not null, county_code varchar not null, delivery_id varchar not null
);
comment on table meta.built_scopes is 'The deliveries of voters and lookups that the marts were last built from to the end, by county.';

create table if not exists meta.published_tables (
    table_name varchar not null, source varchar not null, file varchar not null
);
comment on table meta.published_tables is 'Of which build each table of current.duckdb, or of the candidate, is a copy, and which file that is: what stands is not written again. Emptied, the next file is written from nothing.';

create table if not exists meta.paces (step varchar primary key, seconds double not null, rows bigint not null);
comment on table meta.paces is 'How long each step took when it last built something, and how many rows the current deliveries had brought.';

create table if not exists meta.intakes (
    run_id varchar not null,
    file_name varchar not null,
    status varchar not null,
    reason varchar,
    delivery_id varchar,
    records_read bigint not null,
    rows_loaded bigint not null,
    rows_quarantined bigint not null,
    seconds double not null
);
comment on table meta.intakes is 'One row per run and inbox entry: what became of it. A file seen twice has two rows.';

create table if not exists raw.quarantine (
    delivery_id varchar not null,
    file_name varchar not null,
    record_number bigint not null,
    line_number bigint not null,
    reason varchar not null,
    raw_line varchar not null
);
comment on table raw.quarantine is 'One row per record that could not be read. raw_line is personal data: this file is for the owner only and the table is never published.';

create table if not exists raw.record_gaps (delivery_id varchar not null, rows_before bigint not null, shift bigint not null);
comment on table raw.record_gaps is 'Where quarantined records are missing: a row with rows_before or more rows above it stands shift records further down in its file.';

create table if not exists raw.profiles (
    delivery_id varchar not null, column_name varchar not null, value varchar, row_count bigint not null
);
comment on table raw.profiles is 'Per delivery and column the rows that have a value (value is null), and for a few code columns the rows per value; as column _unknown the keys of JSON lines that their contract does not name.';

create table if not exists raw.scopes (
    contract varchar not null, county_code varchar not null, delivery_id varchar not null, previous_delivery_id varchar,
    as_of date, previous_as_of date
);
alter table raw.scopes add column if not exists as_of date;
alter table raw.scopes add column if not exists previous_as_of date;
comment on table raw.scopes is 'Which delivery each county''s records come from, and which they came from before, with the days that they show.';

create table if not exists raw.verdicts (delivery_id varchar primary key, has_passed boolean not null);
comment on table raw.verdicts is 'Per delivery whether it has ever passed the raw gate. One that has only failed gives way to any other of its scope.';
"""


PROGRESS = ("set enable_progress_bar = true", "set enable_progress_bar_print = false")  # for `query_progress` alone
# Of the ways to pack text this one takes a fifth of a large load, and most of a small one, for a third less on disk.
PACKING = ("set global disabled_compression_methods = 'fsst'",)
# Of one file one thread makes half the work of two, so ingestion may still change their number; room is closed seldom, and dbt's models do without
# the order of rows. Progress is each connection's own.
SOME_STAY_FREE = (
    "set allowed_configs = ['threads', 'max_vacuum_tasks', 'write_buffer_row_group_count', 'preserve_insertion_order', 'enable_progress_bar', "
    "'enable_progress_bar_print']",
)
IN_ORDER = "set preserve_insertion_order = true"  # after dbt, which leaves it off
MOST_ROOM = 1.2  # places of rows, also of those that are gone, by rows that are there; beyond it room is closed or a table written anew
# Nothing outside is read, written or loaded from then on, but what `allowed_directories` names, and no limit is lifted.
CLOSE_OFF = ("set enable_external_access = false", "set lock_configuration = true")
HEADERS = 3 * 4096  # bytes before a database's first block: the main header and the two that take turns


class WarehouseBusy(Mendable):
    """Somebody else has held the warehouse for longer than we wait; the message says who."""


class Warehouse:
    """Opens the pipeline's database, one opener at a time, with the limits of this machine."""

    def __init__(self, settings: Settings, go_on: Callable[[], None] = lambda: None):
        """`go_on` is called before every opening and while waiting; it raises where the run was cancelled."""
        self.settings = settings
        self.go_on = go_on
        self.path = settings.warehouse
        self._stays_open = False
        self._database: duckdb.DuckDBPyConnection | None = None
        self.config: dict = {}  # how the file that is open was opened; DuckDB lets nobody else open it in another way

    @contextmanager
    def hold(
        self, who: str, wait_seconds: float = 3600, say: Callable[[str], None] = print, stays_open: bool = False
    ) -> Iterator[Warehouse]:
        """Keep every other run out until done. A killed holder's lock is free at once. The file `stays_open` from one opening to the next,
        since each takes a tenth of a second, until `let_go` is called.

        Raises:
            WarehouseBusy: it was not free within `wait_seconds`.
        """
        lock = self._open_lock()
        try:
            self._take(lock, wait_seconds, say)
            self._sign(lock, who)
            self._stays_open = stays_open
            self._prepare()
            yield self
        finally:
            self._stays_open = False
            try:
                with self._told_in_words():
                    self.let_go()
            finally:
                os.close(lock)

    def holder(self) -> str | None:
        """Who holds the warehouse and since when; None if it is free."""
        try:
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return None
        except BlockingIOError:
            return os.pread(lock, 200, 0).decode("utf-8", "replace") or "another run"
        finally:
            os.close(lock)

    def _open_lock(self) -> int:
        with self._told_in_words():
            self.settings.make_directories()
            return os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)

    def _sign(self, lock: int, who: str) -> None:
        """Say who holds the lock, before anything that takes time; over the name before, which needs no room on a full disk."""
        signature = f"{who}, process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC".encode()
        with self._told_in_words():
            os.pwrite(lock, signature, 0)
            os.ftruncate(lock, len(signature))

    def _prepare(self) -> None:
        """Take away what a stopped run left, and make the pipeline's own tables."""
        with self._told_in_words():
            self._sweep_scratch()
            self.give_back()
        with self.open() as con:
            make_own_tables(con)

    def _take(self, lock: int, wait_seconds: float, say: Callable[[str], None]) -> None:
        give_up = time.monotonic() + wait_seconds
        for attempt in itertools.count():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                holder = os.pread(lock, 200, 0).decode("utf-8", "replace") or "another run"
            if time.monotonic() > give_up:
                raise WarehouseBusy(f"the warehouse is held by {holder}; waited {wait_seconds:.0f} s. Run again later")
            if attempt == 1:  # at the first it may have been somebody who only asked, or who has not signed yet
                say(f"waiting: the warehouse is held by {holder}")
            self.go_on()
            time.sleep(0.2)

    def _sweep_scratch(self) -> None:
        """Remove what a stopped run left: its copies and what DuckDB spilled."""
        for leftover in self.settings.scratch.rglob("*"):
            if not leftover.is_dir():
                leftover.unlink()

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection, closed at the end whatever happens.

        Raises:
            RanOut: the disk is full, or a limit was reached.
            StepStopped: DuckDB or the operating system refused something else.
        """
        self.go_on()
        with self._told_in_words():
            try:
                if self._database is None:
                    self._database = self._connect()
                with self._database.cursor() as con:
                    for statement in (*PROGRESS, IN_ORDER):
                        con.execute(statement)
                    yield con
            except BaseException:
                self.let_go()
                raise
            if not self._stays_open:
                self.let_go()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        self.config = limits(self.settings.limits, self.settings.scratch)
        con = duckdb.connect(str(self.path), config=self.config)
        self.path.chmod(0o600)
        # Only our own folders can be read or written from SQL, and nobody can lift that afterwards.
        con.execute(f"set allowed_directories = [{text_literal(f'{self.settings.data_dir}/')}]")
        for statement in (*PACKING, *SOME_STAY_FREE, *CLOSE_OFF):
            con.execute(statement)
        return con

    def let_go(self) -> None:
        """Close the file, for whoever opens it in another way, and for `quality.inputs`, which goes by the words of views: of one that was made since
        the file was opened DuckDB has others. Not while a connection of `open` is in use."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    @contextmanager
    def _told_in_words(self) -> Iterator[None]:
        """Let no error of DuckDB out: its text may quote a record, and a full disk is to be said plainly."""
        try:
            yield
        except (duckdb.Error, OSError) as error:
            told = in_words(error, self.settings.data_dir)
            self.give_back()  # so that Dagster finds the room to note the failure
            raise told from None

    def give_back(self) -> None:
        """Cut off what a load that was stopped had written behind the database's last block.

        DuckDB would write over it, but leaves it on the disk until then. Its own count of blocks, after it has read the
        log beside the file, says where the last one ends.
        """
        if not self.path.exists():
            return
        try:
            with duckdb.connect(str(self.path), read_only=True) as con:
                [(block, blocks)] = con.execute(
                    "select block_size, total_blocks from pragma_database_size()"
                ).fetchall()
        except duckdb.Error:
            return
        end = HEADERS + block * blocks
        if self.path.stat().st_size > end:
            os.truncate(self.path, end)


@contextmanager
def settling(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Have what was written to a database moved to its place beside what is read meanwhile. Letting go would do it with nothing beside it."""

    def settle(beside: duckdb.DuckDBPyConnection) -> None:
        with beside, suppress(duckdb.Error):  # the disk is full, or somebody writes: letting go will say so, or do it
            beside.execute("checkpoint groundgame")

    with ThreadPoolExecutor(1) as thread:
        thread.submit(settle, con.cursor())
        yield


def make_own_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Make the pipeline's own tables in `raw` and `meta` where they are missing."""
    con.execute(_META)


def limits(bounds: Limits, scratch: Path) -> dict[str, str | bool | int | float | list[str]]:
    """DuckDB's settings on every connection of ours: memory, threads, where and how far it spills, nothing from the network."""
    spill = bounds.spill or _room_to_spill(next(folder for folder in (scratch, *scratch.parents) if folder.exists()))
    threads = bounds.threads or max(1, min(os.cpu_count() or 1, bounds.memory // MEMORY_OF_A_THREAD))
    return {
        "memory_limit": f"{bounds.memory >> 20}MiB",
        # Blocks that are let go are kept for the next table: to have the system find and clear each anew takes a tenth of all work.
        "block_allocator_memory": f"{bounds.memory * 3 // 4 >> 20}MiB",
        "threads": threads,
        "temp_directory": str(scratch / "spill"),
        "max_temp_directory_size": f"{spill >> 20}MiB",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": True,
        # Where one row in a hundred is taken out, closing its room takes longer than all else that is written: `close_room` does it.
        "max_vacuum_tasks": 0,
        # When the file is let go, and not while those that follow wait.
        "checkpoint_threshold": "1GiB",
    }


@cache
def _room_to_spill(folder: Path) -> int:
    """Bytes, as found when it is first asked: a file that is open can be opened in no other way. A power of two, so that it seldom changes from run
    to run: dbt parses its whole project anew when a setting has."""
    return 1 << max(shutil.disk_usage(folder).free // 2, 1 << 20).bit_length() - 1


def close_room(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Write what is left of the database's rows closer together where the rows that are gone leave much room in a table, which stands for all
    that are brought forward."""
    [(much,)] = con.execute(f"select max(rowid) + 1 > {MOST_ROOM} * count(*) from {table}").fetchall()
    if much:
        # A checkpoint looks at nothing where nothing was written since the last.
        con.execute("set max_vacuum_tasks = 100; create table closing (n integer); drop table closing; checkpoint")
        con.execute("set max_vacuum_tasks = 0")


def has_table(con: duckdb.DuckDBPyConnection, table: str, schema: str = "main", database: str | None = None) -> bool:
    """Whether a database, by default the one that is open, has a table."""
    where = text_literal(database) if database else "current_database()"
    named = f"schema_name = {text_literal(schema)} and table_name = {text_literal(table)}"
    return bool(con.execute(f"select 1 from duckdb_tables() where database_name = {where} and {named}").fetchone())


def text_literal(text: object) -> str:
    """A text as a SQL literal. A parameter would have DuckDB import pandas if that is installed, which takes longer than a small question."""
    return "'" + str(text).replace("'", "''") + "'"
