"""Settings of SQLite connections, and what is done when one fails."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign.store.private_files import ensure_private_file

if TYPE_CHECKING:
    from sqlalchemy import Connection, ExceptionContext

BUSY_MILLISECONDS = 10_000
"""How long a statement waits for another transaction's lock, on both databases."""

_WAIT = "wait"

_PRIMARY = 0xFF
"""Mask for the primary result code in an extended one of SQLite (sqlite.org/rescode.html)."""


def make_file_private(
    _dialect: object, _record: object, arguments: list[Any], _named: object
) -> None:
    """Create the file before SQLite does, which would make it readable as the umask allows.

    SQLite gives its write-ahead log the same permissions
    (https://sqlite.org/src/file/src/os_unix.c).
    """
    if arguments and arguments[0] != ":memory:":
        with suppress(OSError):
            # SQLite itself reports what is wrong with the path.
            ensure_private_file(Path(arguments[0]))


def prepare(connection: Any, _record: object) -> None:
    # The driver's own transaction handling begins too late for BEGIN IMMEDIATE.
    connection.isolation_level = None
    # SQLite's own lower() handles ASCII letters only.
    connection.create_function("lower", 1, _lower, deterministic=True)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    except sqlite3.Error:
        # Left open, it would pass its read-only state on to every later connection.
        connection.close()
        raise


def give_up_broken(context: ExceptionContext) -> None:
    """Replace connections that stay unusable after the disk has become writable again.

    A connection that was opened while nothing could be written never writes again, nor does any
    that is opened while it is open: they share its index of the write-ahead log
    (sqlite.org/wal.html). So all of them are closed.
    """
    code = getattr(context.original_exception, "sqlite_errorcode", 0) & _PRIMARY
    if context.engine and code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR}:
        context.is_disconnect = True
        statement = context.execution_context
        if statement is not None and statement.cursor is not None:
            # SQLite keeps a closed connection alive as long as one of its statements is open.
            statement.cursor.close()
        context.engine.dispose()


def _lower(value: str | None) -> str | None:
    return value.lower() if isinstance(value, str) else value


def begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail at the write; IMMEDIATE
    # takes the write lock right at the beginning, and waits for it.
    options = connection.get_execution_options()
    mode = options.get("begin", "DEFERRED")
    wait = options.get("wait", BUSY_MILLISECONDS)
    if connection.info.setdefault(_WAIT, BUSY_MILLISECONDS) != wait:
        # It is the connection's, which another transaction may have used.
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait}")
        connection.info[_WAIT] = wait
    connection.exec_driver_sql(f"BEGIN {mode}")
