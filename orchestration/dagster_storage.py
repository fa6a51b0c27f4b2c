"""Where Dagster keeps runs and events: its own tables in SQLite, through connections that stay open.

Dagster's storage for SQLite makes an engine and opens the file for each statement, of which an event takes several and a run of
ours some thousands: half of a small run was that. `dagster.yaml` names this one.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as db
from dagster._core.storage.event_log.sqlite.consolidated_sqlite_event_log import (
    SQLITE_EVENT_LOG_FILENAME,
    ConsolidatedSqliteEventLogStorage,
)
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS, create_db_conn_string
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from watchdog.events import PatternMatchingEventHandler
from watchdog.observers import Observer


def _engine(conn_string: str) -> db.Engine:
    """Its connections wait for other processes as Dagster's own do, and are as many as are asked for at a time."""
    engine = db.create_engine(
        conn_string, poolclass=db.QueuePool, max_overflow=-1, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
    )

    @db.event.listens_for(engine, "connect")
    def _(connection, _record) -> None:
        # With a write-ahead log the file stays whole; the last events may be lost with the machine's power, not with the process.
        connection.execute("pragma synchronous = normal")

    return engine


class Runs(SqliteRunStorage):
    """The runs."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None):
        self._engine = _engine(conn_string)
        super().__init__(conn_string, inst_data)

    @contextmanager
    def connect(self) -> Iterator[db.Connection]:
        """A transaction."""
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the connections."""
        self._engine.dispose()


class Events(ConsolidatedSqliteEventLogStorage):
    """The events of all runs in one file."""

    _obs: Any

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        self._engine = _engine(create_db_conn_string(base_dir, SQLITE_EVENT_LOG_FILENAME))
        folder = Path(base_dir)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "making").open("w", encoding="utf-8") as lock:
            # The UI's processes begin at once; one makes the tables, and none goes on before they are there.
            fcntl.flock(lock, fcntl.LOCK_EX)
            super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self) -> Iterator[db.Connection]:
        with self._engine.begin() as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether there is one of that name."""
        with self._engine.connect() as connection:
            return self._engine.dialect.has_table(connection, table_name)

    def watch(self, run_id: str, cursor: str | None, callback) -> None:
        """Call back for each event of a run from now on. What is written is in the write-ahead log first, since nobody closes
        the file, so that is looked at, too."""
        if not self._obs:
            observer = Observer()
            observer.start()
            observer.schedule(_Watch(self), self._base_dir)
            self._obs = observer
        self._watchers[run_id][callback] = cursor

    def dispose(self) -> None:
        """Close the connections, and follow no run any more."""
        super().dispose()
        self._engine.dispose()


class _Watch(PatternMatchingEventHandler):
    """Tells who follows a run, as the UI does, that something was written."""

    def __init__(self, events: Events):
        self._events = events
        super().__init__(patterns=[f"{events.get_db_path()}*"])

    def on_modified(self, event) -> None:
        """Something was written."""
        self._events.on_modified()


class Storage(DagsterSqliteStorage):
    """Runs, events and schedules, in the folders that Dagster's own storage uses."""

    _event_log_storage: Any

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        super(DagsterSqliteStorage, self).__init__()  # its own would make the files that ours stand for
        self.base_dir, self._inst_data = base_dir, inst_data
        history = Path(base_dir) / "history"
        self._run_storage = Runs.from_local(str(history))
        self._event_log_storage = Events(str(history / "runs"))
        self._schedule_storage = SqliteScheduleStorage.from_local(str(Path(base_dir) / "schedules"))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Any) -> "Storage":
        """By what `dagster.yaml` says."""
        return cls(inst_data=inst_data, **config_value)
