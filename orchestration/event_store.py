"""Dagster's own SQLite files, written over connections that stay open for the time of a run.

Dagster makes an engine and opens a file for each statement, which costs 5 ms: half of the time of
a run that finds nothing new. It also goes through its schema's history for the file of each run,
0.3 s; here an empty file is made once and copied. What a step tells between its beginning and its
end is written at its end, or before anything is read, in one transaction. The files are the same,
and any Dagster reads them.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from dagster._core.events import DagsterEventType
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage

if TYPE_CHECKING:
    from dagster import EventLogEntry
    from dagster._serdes import ConfigurableClassData
    from sqlalchemy.engine import Connection, Engine

# A process seldom writes more runs than two at once; their files are closed when others are opened.
_MOST_OPEN: Final = 8
# What is told while a run is made ready, or between a step's beginning and its end.
_MAY_WAIT: Final = frozenset(
    {
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        DagsterEventType.LOADED_INPUT,
        DagsterEventType.STEP_INPUT,
        DagsterEventType.STEP_OUTPUT,
        DagsterEventType.HANDLED_OUTPUT,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_CHECK_EVALUATION,
    }
)


class OpenEventLog(SqliteEventLogStorage):
    """The events of runs, a file a run, each with one connection that is kept."""

    def __init__(self, base_dir: str) -> None:
        """Open nothing yet."""
        self._engines: dict[str, Engine] = {}
        self._tables: dict[str, bool] = {}
        self._indices: set[str] = set()
        self._waiting: list[EventLogEntry] = []
        # While what waits is written: the files and their transactions.
        self._writing: ExitStack | None = None
        self._open: dict[str, Connection] = {}
        # Statements are the same for the file of each run.
        self._compiled: dict[Any, Any] = {}
        self._lock = threading.RLock()
        super().__init__(base_dir)

    def store_event(self, event: "EventLogEntry") -> None:
        """Write an event, or keep it until its step has ended or something is read."""
        with self._lock:
            self._waiting.append(event)
            if event.dagster_event_type not in _MAY_WAIT:
                self._write_waiting()

    def _write_waiting(self) -> None:
        """Write what waits: of each file in one transaction."""
        waiting, self._waiting = self._waiting, []
        try:
            with ExitStack() as self._writing:
                for event in waiting:
                    super().store_event(event)
        finally:
            self._writing = None
            self._open.clear()

    @contextmanager
    def _connect(self, shard: str) -> Iterator["Connection"]:
        with self._lock:
            if self._writing is not None:
                if shard not in self._open:
                    self._open[shard] = self._writing.enter_context(self._transaction(shard))
                yield self._open[shard]
                return
            if self._waiting:
                self._write_waiting()
            with self._transaction(shard) as connection:
                yield connection

    @contextmanager
    def _transaction(self, shard: str) -> Iterator["Connection"]:
        with self._engine(shard).connect() as plain:
            connection = plain.execution_options(compiled_cache=self._compiled)
            with connection.begin():
                yield connection

    def _engine(self, shard: str) -> "Engine":
        engine = self._engines.get(shard)
        if engine is not None:
            return engine
        while len(self._engines) >= _MOST_OPEN:
            self._engines.pop(next(iter(self._engines))).dispose()
        engine = create_engine(
            self.conn_string_for_shard(shard),
            pool_size=1,
            max_overflow=1,  # making a file takes a second connection for a moment
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        if shard not in self._initialized_dbs:
            path = Path(self.path_for_shard(shard))
            if shard != INDEX_SHARD_NAME and not path.exists():
                _place(_empty_file(), path)
            else:
                self._initdb(engine)
            self._initialized_dbs.add(shard)
        with engine.connect() as connection:
            # SQLite itself decides when a file reaches the disk. The file stays whole whatever
            # happens; a machine that loses power may lose the last events of a run.
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        self._engines[shard] = engine
        return engine

    def has_table(self, table_name: str) -> bool:
        """Whether the index has such a table, asked once: it is asked before each check."""
        if table_name not in self._tables:
            self._tables[table_name] = super().has_table(table_name)
        return self._tables[table_name]

    def has_secondary_index(self, name: str) -> bool:
        """Whether the index has been brought up to date in this, which it stays."""
        if name not in self._indices and super().has_secondary_index(name):
            self._indices.add(name)
        return name in self._indices

    def dispose(self) -> None:
        """Write what waits, and close every file."""
        with self._lock:
            if self._waiting:
                self._write_waiting()
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()


@cache
def _empty_file() -> bytes:
    """The file of a run without events, as Dagster makes it."""
    with TemporaryDirectory(prefix="gemello-") as folder:
        log = SqliteEventLogStorage(folder)
        engine = create_engine(log.conn_string_for_shard("empty"))
        log._initdb(engine)
        engine.dispose()
        with closing(sqlite3.connect(log.path_for_shard("empty"))) as connection:
            return connection.serialize()


def _place(content: bytes, path: Path) -> None:
    """Put a file there whole, unless another process was first."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    try:
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()


class OpenRuns(SqliteRunStorage):
    """The list of runs, over one connection that is kept."""

    def __init__(self, conn_string: str, inst_data: "ConfigurableClassData | None" = None) -> None:
        """Open nothing yet."""
        self._engine = create_engine(
            conn_string,
            pool_size=1,
            max_overflow=_MOST_OPEN,  # of several threads each has its own
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        super().__init__(conn_string, inst_data)

    @contextmanager
    def connect(self) -> Iterator["Connection"]:
        """A transaction."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def dispose(self) -> None:
        """Close the file."""
        super().dispose()
        self._engine.dispose()


class OpenStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage with the event log and the list of runs above."""

    def __init__(self, base_dir: str, inst_data: "ConfigurableClassData | None" = None) -> None:
        """The same files as Dagster's own, below the same folder."""
        super().__init__(base_dir, inst_data)
        self._event_log_storage = OpenEventLog(self._event_log_storage._base_dir)
        self._run_storage = OpenRuns(self._run_storage._conn_string)

    @classmethod
    def from_config_value(
        cls,
        inst_data: "ConfigurableClassData | None",
        config_value: Any,  # a mapping; the two classes above disagree on its type
    ) -> "OpenStorage":
        """As the configuration of the instance says."""
        return cls(inst_data=inst_data, **config_value)
