"""The engine and its sessions, the same for SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import Session

from campaign.errors import SettingsError
from campaign.store import all_rows  # noqa: F401 - a table refers to others, so all are known
from campaign.store.pending_restore import must_have_no_pending_restore
from campaign.store.private_files import ensure_private_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, ExceptionContext
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_MILLISECONDS = 10_000
"""So long a statement waits for what another transaction has locked, on both databases."""

_USED = "used"
_REST_SECONDS = 1.0
_PRIMARY = 0xFF
"""Of SQLite's result codes the byte that says what kind it is (sqlite.org/rescode.html)."""


class _GuardedSession(Session):
    """Writes only where no restore waits to be settled."""


@event.listens_for(_GuardedSession, "after_begin")
def _look_for_the_mark(_session: Session, _transaction: object, connection: Connection) -> None:
    must_have_no_pending_restore(connection)


class Database:
    """One database and the ways to use it.

    `reading()` gives a session for looking: it sees one moment and can change nothing.
    `single()` gives a connection for a single statement, which is a transaction by itself.
    `writing()` commits at the end of the block, or rolls back if it raises. It raises
    RestorePending at its first statement as long as a restore is not settled, except for
    what is to be written then, too: `unsettled=True`.
    `took` is told how many seconds each of the last two took.
    """

    def __init__(self, url: str, took: Callable[[float], None] = lambda _: None) -> None:
        self._took = took
        # Values stay out of errors, and so out of logs: they may be somebody's.
        try:
            self.engine = create_engine(_with_driver(url), hide_parameters=True)
        except (ArgumentError, ValueError):
            # Without the reason: it would repeat the address, and a password with it.
            raise SettingsError(["CAMPAIGN_DATABASE_URL is not a database's address"]) from None
        event.listen(self.engine, "checkin", _note_use)
        event.listen(self.engine, "checkout", self._ping_after_rest)
        self.read_engine = self.autocommit_engine = self.engine
        self.write_engine = self.engine.execution_options(begin="IMMEDIATE")
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "do_connect", _make_file_private)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            event.listen(self.engine, "handle_error", _give_up_broken)
        else:
            event.listen(self.engine, "connect", _prepare_postgresql)
            # One picture for all statements of a page or an export, as SQLite gives it.
            self.read_engine = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self.autocommit_engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.read_engine, autoflush=False) as session:
            yield session

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        with self._timed(), self.autocommit_engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, unsettled: bool = False) -> Iterator[Session]:
        kind = Session if unsettled else _GuardedSession
        with (
            self._timed(),
            kind(self.write_engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self._took(time.monotonic() - began)

    def must_have_no_pending_restore(self) -> None:
        """Raise RestorePending as long as a restore is not settled."""
        with self.autocommit_engine.connect() as connection:
            must_have_no_pending_restore(connection)

    @property
    def sqlite_path(self) -> Path | None:
        """Return the file that SQLite keeps the database in; None on PostgreSQL."""
        name = self.engine.url.database
        return Path(name) if name and not self.is_postgresql else None

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def is_writable(self) -> bool:
        """Say whether somebody could write now: it is there, and on SQLite nobody is in the way."""
        try:
            with self.write_engine.connect() as connection, connection.begin():
                return True
        except OperationalError:
            return False

    def close(self) -> None:
        self.engine.dispose()

    def _ping_after_rest(
        self, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object
    ) -> None:
        """Ask a connection whether it still lives, but not each of many in a second."""
        if time.monotonic() - record.info.get(_USED, -inf) < _REST_SECONDS:
            return
        try:
            self.engine.dialect.do_ping(connection)
        except self.engine.dialect.loaded_dbapi.Error as error:
            # The other ones are as old: the server has been away.
            raise InvalidatePoolError from error


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[_USED] = time.monotonic()


def database_error_code(error: DBAPIError) -> str:
    """Return how the database itself names an error, which holds nobody's values."""
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", "") or getattr(cause, "sqlstate", "")
    return name or type(cause).__name__


def _with_driver(url: str) -> str:
    """Name psycopg 3 where a PostgreSQL address names no driver."""
    scheme, separator, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        return f"postgresql+psycopg{separator}{rest}"
    return url


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # In UTC: turning each moment took 4 of the 36 microseconds of an exported row.
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute(f"SET lock_timeout = {_BUSY_MILLISECONDS}")
    connection.commit()


def _make_file_private(
    _dialect: object, _record: object, arguments: list[Any], _named: object
) -> None:
    """Make the file before SQLite does, which lets others read it where the umask does.

    Its log beside it gets the same permissions (https://sqlite.org/src/file/src/os_unix.c).
    """
    if arguments and arguments[0] != ":memory:":
        with suppress(OSError):
            # SQLite says by itself what is wrong with the place.
            ensure_private_file(Path(arguments[0]))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling begins too late for IMMEDIATE.
    connection.isolation_level = None
    # SQLite's own knows the letters of ASCII only.
    connection.create_function("lower", 1, _lower, deterministic=True)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    except sqlite3.Error:
        # Left open, it would share with every later one that nothing could be written.
        connection.close()
        raise


def _give_up_broken(context: ExceptionContext) -> None:
    """Replace connections that stay useless after the disk has come back.

    One that was opened while nothing could be written never writes again, nor does any that is
    opened beside it: they share its memory of the log (sqlite.org/wal.html). So all have to go.
    """
    code = getattr(context.original_exception, "sqlite_errorcode", 0) & _PRIMARY
    if context.engine and code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR}:
        context.is_disconnect = True
        statement = context.execution_context
        if statement is not None and statement.cursor is not None:
            # SQLite keeps a closed connection alive for as long as a statement of it is.
            statement.cursor.close()
        context.engine.dispose()


def _lower(value: str | None) -> str | None:
    return value.lower() if isinstance(value, str) else value


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail at the write;
    # IMMEDIATE takes the writer's place at once and waits for it.
    mode = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
