"""The database engine and its sessions, for SQLite and PostgreSQL alike."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import Session

from campaign.errors import SettingsError
from campaign.store import (
    all_rows,  # noqa: F401 - a table refers to others, so all are known
    sqlite,
)
from campaign.store.pending_restore import must_have_no_pending_restore
from campaign.store.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Dialect, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import ConnectionPoolEntry

    from campaign.store.replica import ReplicaHealth

_SHORT_MILLISECONDS = 100
"""How long an impatient transaction waits for it, on SQLite."""

_REPLICA_TIMEOUTS = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
}
"""How soon a replica counts as cut off: seconds, `tcp_user_timeout` milliseconds (libpq)."""

_FROM_REPLICA = "from replica"
_USED = "used"
_REST_SECONDS = 1.0


class _GuardedSession(Session):
    """A session that starts no transaction as long as a restore is pending."""


@event.listens_for(_GuardedSession, "after_begin")
def _look_for_the_mark(_session: Session, _transaction: object, connection: Connection) -> None:
    must_have_no_pending_restore(connection)


class Database:
    """A database and the ways to use it.

    `reading()` opens a read-only session with a consistent snapshot.
    `reading_replica()` does so for what may be some seconds old, on the replica if there is one.
    `autocommit()` opens a connection on which each statement is a transaction of its own.
    `writing()` opens a session that commits at the end of the block, or rolls back if the block
    raises. Its first statement raises RestorePending as long as a restore is not settled, unless
    `unsettled=True`, for what must be written even then.
    `took` is called with the seconds that each of the last two took.
    `prepared_statements`: without them, a pooler may give each transaction another connection.
    """

    def __init__(
        self,
        url: str,
        took: Callable[[float], None] = lambda _: None,
        *,
        replica_url: str = "",
        prepared_statements: bool = True,
    ) -> None:
        self._took = took
        needs_option = not (prepared_statements or url.startswith("sqlite"))
        options: dict[str, Any] = {"prepare_threshold": None} if needs_option else {}
        self.engine = _make_engine("CAMPAIGN_DATABASE_URL", url, options)
        self.read_engine = self.autocommit_engine = self.engine
        self.write_engine = self.engine.execution_options(begin="IMMEDIATE")
        self.impatient_engine = self.write_engine.execution_options(wait=_SHORT_MILLISECONDS)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "do_connect", sqlite.make_file_private)
            event.listen(self.engine, "connect", sqlite.prepare)
            event.listen(self.engine, "begin", sqlite.begin)
            event.listen(self.engine, "handle_error", sqlite.give_up_broken)
        else:
            event.listen(self.engine, "connect", _prepare_postgresql)
            self.read_engine = _with_snapshots(self.engine)
            self.autocommit_engine = _with_autocommit(self.engine)
        self.replica_engine: Engine | None = None
        if replica_url:
            options |= _REPLICA_TIMEOUTS
            self.replica_engine = _make_engine("CAMPAIGN_REPLICA_URL", replica_url, options)
            event.listen(self.replica_engine, "connect", _prepare_postgresql)
            self._replica_read_engine = _with_snapshots(self.replica_engine)
            self._replica = Replica(self.autocommit_engine, _with_autocommit(self.replica_engine))

    @contextmanager
    def reading(self, *, snapshot: bool = True) -> Iterator[Session]:
        """Read; all statements see the same moment.

        `snapshot`: without it, each sees its own, and PostgreSQL is spared a transaction: for
        callers that run a single statement.
        """
        engine = self.read_engine if snapshot else self.autocommit_engine
        with Session(engine, autoflush=False) as session:
            yield session

    @contextmanager
    def reading_replica(self) -> Iterator[Session]:
        """Read what may be some seconds old; all statements see the same moment.

        From the database itself, if there is no replica or it cannot be used right now (`Replica`).
        """
        with self._replica_turn() as is_usable:
            if is_usable:
                info = {_FROM_REPLICA: True}
                with Session(self._replica_read_engine, autoflush=False, info=info) as session:
                    yield session
                return
        with self.reading() as session:
            yield session

    def _replica_turn(self) -> AbstractContextManager[bool]:
        return self._replica.turn() if self.replica_engine is not None else nullcontext(False)

    def replica_health(self) -> ReplicaHealth | None:
        """Return what the last check of the replica found; None if there is no replica."""
        return self._replica.health() if self.replica_engine is not None else None

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        with self._timed(), self.autocommit_engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, unsettled: bool = False, patient: bool = True) -> Iterator[Session]:
        """Begin a transaction that writes, and commit it at the end.

        `patient`: without it, an SQLite database that another process writes to is an error after
        a tenth of a second, and not after ten.
        """
        kind = Session if unsettled else _GuardedSession
        engine = self.write_engine if patient else self.impatient_engine
        with (
            self._timed(),
            kind(engine, expire_on_commit=False) as session,
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
        """The file of an SQLite database; None on PostgreSQL."""
        name = self.engine.url.database
        return Path(name) if name and not self.is_postgresql else None

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def is_writable(self) -> bool:
        """Return whether a transaction can write now.

        It cannot if the database is unreachable or, on SQLite, if another writer is in the way.
        """
        try:
            with self.write_engine.connect() as connection, connection.begin():
                return True
        except OperationalError:
            return False

    def close(self) -> None:
        self.engine.dispose()
        if self.replica_engine is not None:
            self.replica_engine.dispose()


def is_from_replica(session: Session) -> bool:
    """Return whether a session reads from the replica, so that its rows may be some seconds old."""
    return _FROM_REPLICA in session.info


def _make_engine(name: str, url: str, options: Mapping[str, Any]) -> Engine:
    """Return the engine of the database at the address in the setting `name`."""
    # Parameters stay out of errors, and so out of logs: they may be personal data.
    try:
        engine = create_engine(_with_driver(url), hide_parameters=True, connect_args=dict(options))
    except (ArgumentError, ValueError):
        # Without the cause: it would repeat the URL, and the password in it.
        raise SettingsError([f"{name} is not a database's address"]) from None
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_ping_after_rest, engine.dialect))
    return engine


def _with_snapshots(engine: Engine) -> Engine:
    """Let all statements of a page or an export see the same moment, as on SQLite."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _with_autocommit(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _ping_after_rest(
    dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object
) -> None:
    """Ping a connection on checkout, unless it was used within the last second."""
    if time.monotonic() - record.info.get(_USED, -inf) < _REST_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        # The pool's other connections are dead, too: the server has been away.
        raise InvalidatePoolError from error


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[_USED] = time.monotonic()


def database_error_code(error: DBAPIError) -> str:
    """Return the database's own code for an error, which contains no personal data."""
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", "") or getattr(cause, "sqlstate", "")
    return name or type(cause).__name__


def _with_driver(url: str) -> str:
    """Return the URL with psycopg 3 as driver, if it is a PostgreSQL URL without a driver."""
    scheme, separator, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        return f"postgresql+psycopg{separator}{rest}"
    return url


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # In UTC: converting each timestamp took 4 of the 36 microseconds of an exported row.
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute(f"SET lock_timeout = {sqlite.BUSY_MILLISECONDS}")
    connection.commit()
