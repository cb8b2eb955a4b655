"""A streaming replica of the database, for reads that may be some seconds old (PostgreSQL).

https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from campaign import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

MAX_LAG = timedelta(seconds=5)
"""A replica that is further behind is not read from until it has caught up."""

_CHECK_SECONDS = 1.0
_REST_SECONDS = 5.0
"""How long a replica is left alone that was of no use: asking one that is cut off takes seconds."""

_COMPLETED = text("SELECT CAST(pg_current_snapshot() AS text)")

# Whether all transactions that were completed there are completed here. Positions in the log would
# not tell: an idle server has flushed the beginning of a record whose end comes seconds later.
_LAG = text("""
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL
        WHEN pg_snapshot_xmax(here) >= pg_snapshot_xmax(there) AND NOT EXISTS (
            SELECT xid FROM pg_snapshot_xip(here) AS xid WHERE xid < pg_snapshot_xmax(there)
            EXCEPT SELECT pg_snapshot_xip(there)
        ) THEN interval '0'
        ELSE clock_timestamp() - pg_last_xact_replay_timestamp() END
    FROM (
        SELECT pg_current_snapshot() AS here, CAST(:completed AS pg_snapshot) AS there
    ) AS snapshots
""")

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class ReplicaHealth:
    """How far a replica is behind; `lag` is None if it does not answer, or cannot tell."""

    lag: timedelta | None

    @property
    def is_usable(self) -> bool:
        return self.lag is not None and self.lag <= MAX_LAG


class Replica:
    """What tells whether a replica may be read from.

    `primary` and `engine`: the database and its replica, each statement a transaction of its own.
    """

    def __init__(
        self, primary: Engine, engine: Engine, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._primary = primary
        self._engine = engine
        self._now = now
        self._is_usable = False
        self._checked_until = -1.0
        self._checking = threading.Lock()

    def is_usable(self) -> bool:
        """Return whether it answers and is at most MAX_LAG behind; checked once a second.

        One thread checks; others go by the last result meanwhile.
        """
        if self._now() >= self._checked_until and self._checking.acquire(blocking=False):
            try:
                self._check()
            finally:
                self._checking.release()
        return self._is_usable

    def _check(self) -> None:
        health = self.health()
        if health.is_usable != self._is_usable:
            lag = health.lag.total_seconds() if health.lag is not None else None
            said = log.info if health.is_usable else log.warning
            said("replica", used=health.is_usable, lag=lag)
        self._is_usable = health.is_usable
        rest = _CHECK_SECONDS if health.is_usable else _REST_SECONDS
        self._checked_until = self._now() + rest

    def health(self) -> ReplicaHealth:
        """Ask how far it is behind; raise OperationalError if the database itself is down."""
        with self._primary.connect() as connection:
            completed = connection.scalar(_COMPLETED)
        try:
            with self._engine.connect() as connection:
                return ReplicaHealth(connection.scalar(_LAG, {"completed": completed}))
        except OperationalError:
            return ReplicaHealth(None)
