"""The marker of a pending restore: as long as it is set, nothing is sent and nothing is saved.

It is set before the backup is loaded, and cleared in the transaction that settles the restore
(ADR 0043).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import SmallInteger, String, Table, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from campaign.errors import RestorePending
from campaign.store.base import Base, UtcDateTime

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session


class PendingRestoreRow(Base):
    """The single row that marks a restore as begun and not settled (ADR 0043).

    `made_at`: when the backup was made. Dumps leave this table out, so that a restore does not
    overwrite it.
    """

    __tablename__ = "unsettled_restore"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    who: Mapped[str] = mapped_column(String(120))


TABLE = cast("Table", PendingRestoreRow.__table__)

_IS_THERE = "SELECT 1 FROM unsettled_restore"
_LOCK = "LOCK TABLE unsettled_restore IN ACCESS EXCLUSIVE MODE"


@dataclass(frozen=True)
class PendingRestore:
    """A restore that has begun: when it began, when its backup was made, and who runs it."""

    began_at: datetime
    made_at: datetime
    who: str


def must_have_no_pending_restore(connection: Connection) -> None:
    """Raise RestorePending, with a sentence to show, if a restore is not settled.

    On PostgreSQL, no restore can begin before the transaction that called this has ended.
    """
    # Plain SQL, for speed: this runs in every transaction that writes.
    if connection.exec_driver_sql(_IS_THERE).first() is not None:
        begun = find(connection)
        assert begun is not None
        raise RestorePending(begun.made_at, begun.began_at)


def find(connection: Connection) -> PendingRestore | None:
    found = connection.execute(select(TABLE.c.began_at, TABLE.c.made_at, TABLE.c.who)).first()
    return PendingRestore(*found) if found else None


def set_pending(engine: Engine, begun: PendingRestore) -> PendingRestore | None:
    """Record that a restore has begun, and return the previous record, if any.

    This works with a database of any version.
    """
    TABLE.create(engine, checkfirst=True)
    with engine.begin() as connection:
        _wait_for_writers(connection)
        before = find(connection)
        _replace(connection, begun)
    return before


def reset_pending(engine: Engine, before: PendingRestore | None) -> None:
    """Put the previous record back, after a restore that changed nothing."""
    with engine.begin() as connection:
        _replace(connection, before)


def clear_pending(session: Session) -> None:
    """Clear the marker, in the transaction that settles the restore."""
    session.execute(delete(TABLE))


def _replace(connection: Connection, begun: PendingRestore | None) -> None:
    connection.execute(delete(TABLE))
    if begun is not None:
        connection.execute(insert(TABLE).values(id=1, **asdict(begun)))


def _wait_for_writers(connection: Connection) -> None:
    """Wait for all transactions that checked for a pending restore and found none."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_LOCK)
