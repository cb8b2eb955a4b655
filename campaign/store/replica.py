"""A streaming replica of the database, for reads that may be some seconds old (PostgreSQL).

https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from campaign import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

MAX_LAG = timedelta(seconds=5)
"""A replica that is further behind is not read from until it has caught up."""

MAX_USERS = 2
"""How many threads of a process may use it at once: half of those of a web process."""

_CHECK_SECONDS = 1.0
_BACK_OFF_SECONDS = 5.0
"""How long to wait before an unusable replica is checked again: a cut-off one takes seconds."""

_LOOK_AGAIN_SECONDS = 0.05

_PRIMARY_STATE = text("SELECT CAST(pg_current_snapshot() AS text), clock_timestamp()")

# Whether the replica has everything, and when its last transaction was committed. It has
# everything if no transaction that was over on the primary still runs here. (In recovery nobody but
# pg_xact_status says which do: pg_snapshot_xip is empty.) Positions in the log would not tell: an
# idle server has flushed the beginning of a record whose end comes seconds later.
_REPLICA_STATE = text("""
    WITH snapshots AS (
        SELECT CAST(:primary_snapshot AS pg_snapshot) AS there, pg_current_snapshot() AS here
    ), bounds AS (
        SELECT there, CAST(CAST(pg_snapshot_xmin(here) AS text) AS bigint) AS first,
            CAST(CAST(pg_snapshot_xmax(here) AS text) AS bigint) AS ours,
            CAST(CAST(pg_snapshot_xmax(there) AS text) AS bigint) AS theirs
        FROM snapshots
    )
    SELECT pg_is_in_recovery(), pg_last_xact_replay_timestamp(),
        CASE WHEN ours >= theirs AND theirs - first < 10000 THEN NOT EXISTS (
            SELECT 1 FROM generate_series(first, theirs - 1) AS xid
            WHERE pg_xact_status(CAST(CAST(xid AS text) AS xid8)) = 'in progress'
            AND CAST(CAST(xid AS text) AS xid8) NOT IN (SELECT pg_snapshot_xip(there))
        ) ELSE false END
    FROM bounds
""")

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class ReplicaHealth:
    """How far a replica is behind; `lag` is None if it does not answer, or cannot tell."""

    lag: timedelta | None

    @property
    def is_usable(self) -> bool:
        return self.lag is not None and self.lag <= MAX_LAG


_UNKNOWN = ReplicaHealth(None)


class Replica:
    """Decides whether the replica may be used.

    `primary` and `engine`: the database and its replica, each statement a transaction of its own.
    """

    def __init__(
        self, primary: Engine, engine: Engine, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._primary = primary
        self._engine = engine
        self._now = now
        self._health = _UNKNOWN
        self._checked_until = -1.0
        self._caught_up_at: float | None = None
        self._checking = threading.Lock()
        self._users = threading.BoundedSemaphore(MAX_USERS)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Give whether the replica may be used for as long as the block takes.

        It may if it answers and is at most MAX_LAG behind, which is checked once a second. No more
        than MAX_USERS threads of a process use it at once, because a server that hangs without
        closing its connections holds everybody who has asked it something.
        """
        if not self._users.acquire(blocking=False):
            yield False
            return
        try:
            self._check_if_due()
            yield self._health.is_usable and self._now() < self._checked_until
        finally:
            self._users.release()

    def health(self) -> ReplicaHealth:
        """Return what the last check found, after one more if it is due."""
        with self.turn():
            return self._health

    def _check_if_due(self) -> None:
        """Let one thread check; for others the replica is of no use meanwhile."""
        if self._now() >= self._checked_until and self._checking.acquire(blocking=False):
            try:
                self._check()
            finally:
                self._checking.release()

    def _check(self) -> None:
        health = self._ask()
        if health.lag is not None and not health.is_usable:
            # Of an idle database the last commit is old, and the next may be on its way.
            time.sleep(_LOOK_AGAIN_SECONDS)
            health = self._ask()
        if health.is_usable != self._health.is_usable:
            lag = health.lag.total_seconds() if health.lag is not None else None
            said = log.info if health.is_usable else log.warning
            said("replica", used=health.is_usable, lag=lag)
        self._health = health
        seconds = _CHECK_SECONDS if health.is_usable else _BACK_OFF_SECONDS
        self._checked_until = self._now() + seconds

    def _ask(self) -> ReplicaHealth:
        """Ask both; without the primary nobody can tell how far the replica is behind."""
        try:
            with self._primary.connect() as connection:
                snapshot, now = connection.execute(_PRIMARY_STATE).one()
            with self._engine.connect() as connection:
                state = connection.execute(_REPLICA_STATE, {"primary_snapshot": snapshot})
                in_recovery, replayed_at, has_everything = state.one()
        except OperationalError:
            return _UNKNOWN
        if not in_recovery:
            return _UNKNOWN
        if has_everything:
            self._caught_up_at = self._now()
            return ReplicaHealth(timedelta())
        ages = []
        if replayed_at is not None:
            ages.append(max(now - replayed_at, timedelta()))
        if self._caught_up_at is not None:
            ages.append(timedelta(seconds=self._now() - self._caught_up_at))
        return ReplicaHealth(min(ages)) if ages else _UNKNOWN
