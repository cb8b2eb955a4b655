"""The mark of a restore that is not settled: while it stands, nothing leaves and nothing is kept.

It is there before the backup is, and goes in the transaction that settles it (ADR 0043).
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
    """The one row that says that a restore has begun and is not settled (ADR 0043).

    `made_at`: of when the backup is. No dump has this table, so that a restore leaves it alone.
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
    """A restore that has begun: when, of when the backup is, and who restores it."""

    began_at: datetime
    made_at: datetime
    who: str


def must_have_no_pending_restore(connection: Connection) -> None:
    """Raise RestorePending, with a sentence, while a restore is not settled.

    On PostgreSQL whoever asks in a transaction keeps a restore from beginning before its end.
    """
    # As it is: this is asked in each transaction that writes.
    if connection.exec_driver_sql(_IS_THERE).first() is not None:
        begun = find(connection)
        assert begun is not None
        raise RestorePending(begun.made_at, begun.began_at)


def find(connection: Connection) -> PendingRestore | None:
    found = connection.execute(select(TABLE.c.began_at, TABLE.c.made_at, TABLE.c.who)).first()
    return PendingRestore(*found) if found else None


def set_pending(engine: Engine, begun: PendingRestore) -> PendingRestore | None:
    """Note that a restore has begun, in a database of any age; return what was noted before."""
    TABLE.create(engine, checkfirst=True)
    with engine.begin() as connection:
        _wait_for_writers(connection)
        before = find(connection)
        _replace(connection, begun)
    return before


def reset_pending(engine: Engine, before: PendingRestore | None) -> None:
    """Note what was noted before a restore that changed nothing."""
    with engine.begin() as connection:
        _replace(connection, before)


def clear_pending(session: Session) -> None:
    """Note, with all that settles it, that the restore is settled."""
    session.execute(delete(TABLE))


def _replace(connection: Connection, begun: PendingRestore | None) -> None:
    connection.execute(delete(TABLE))
    if begun is not None:
        connection.execute(insert(TABLE).values(id=1, **asdict(begun)))


def _wait_for_writers(connection: Connection) -> None:
    """Wait until everybody has ended who was told that nothing is unsettled."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_LOCK)
