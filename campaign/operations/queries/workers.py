"""Workers as they were last seen, and what the organisers were told about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from campaign.operations.rows import WatchRow, WorkerRow
from campaign.store.upsert import insert_into

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import Holder
    from campaign.operations.rules import TaskFailure

_THE_ROW = 1


def note_seen(
    session: Session,
    holder: Holder,
    started_at: datetime,
    now: datetime,
    failures: Sequence[TaskFailure],
) -> None:
    seen = {"seen_at": now, "failures": [one.as_json() for one in failures]}
    statement = insert_into(session, WorkerRow).values(
        name=holder.worker, transport=holder.transport, started_at=started_at, **seen
    )
    session.execute(statement.on_conflict_do_update(index_elements=[WorkerRow.name], set_=seen))


def note_stopped(session: Session, holder: Holder, now: datetime) -> None:
    session.execute(
        update(WorkerRow).where(WorkerRow.name == holder.worker).values(seen_at=now, stopped_at=now)
    )


def forget_unseen_since(session: Session, moment: datetime) -> None:
    session.execute(delete(WorkerRow).where(WorkerRow.seen_at < moment))


def listing(session: Session) -> Sequence[WorkerRow]:
    """Return workers, the one seen last first."""
    return session.scalars(
        select(WorkerRow).order_by(WorkerRow.seen_at.desc(), WorkerRow.name)
    ).all()


def may_alarm(session: Session, now: datetime, last_before: datetime) -> bool:
    """Note an alarm, and say whether it is due: none since then. One atomic statement."""
    noted = {"told_at": now, "unsettled": True}
    statement = insert_into(session, WatchRow).values(id=_THE_ROW, **noted)
    claimed = statement.on_conflict_do_update(
        index_elements=[WatchRow.id], set_=noted, where=WatchRow.told_at <= last_before
    ).returning(WatchRow.id)
    return session.execute(claimed).first() is not None


def may_give_all_clear(session: Session) -> datetime | None:
    """Note the all-clear; return when the alarm was told, or None if none is open."""
    return session.scalar(
        update(WatchRow)
        .where(WatchRow.unsettled)
        .values(unsettled=False)
        .returning(WatchRow.told_at)
    )


def take_back(session: Session, told_at: datetime) -> None:
    """Let the next look tell what could not be told; `told_at` as if told then."""
    session.execute(update(WatchRow).values(told_at=told_at, unsettled=True))
