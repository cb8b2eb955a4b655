"""Queries on workers' heartbeats, alerts, and how much is queued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.letters.queries.letters import NOT_TO_BE_DROPPED
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.operations.rows import AlertStateRow, SenderCheckRow, WorkerRow
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import Actor
    from campaign.mail.dns_policy import Finding
    from campaign.operations.rules import TaskFailure

_THE_ROW = 1


def record_heartbeat(
    session: Session,
    holder: Actor,
    started_at: datetime,
    now: datetime,
    failures: Sequence[TaskFailure],
) -> None:
    seen = {"seen_at": now, "failures": [one.to_json() for one in failures]}
    statement = dialect_insert(session, WorkerRow).values(
        name=holder.name, transport=holder.transport, started_at=started_at, **seen
    )
    session.execute(statement.on_conflict_do_update(index_elements=[WorkerRow.name], set_=seen))


def record_stopped(session: Session, holder: Actor, now: datetime) -> None:
    session.execute(
        update(WorkerRow).where(WorkerRow.name == holder.name).values(seen_at=now, stopped_at=now)
    )


def delete_unseen_since(session: Session, moment: datetime) -> None:
    session.execute(delete(WorkerRow).where(WorkerRow.seen_at < moment))


def list_workers(session: Session) -> Sequence[WorkerRow]:
    """Return workers, most recently seen first."""
    return session.scalars(
        select(WorkerRow).order_by(WorkerRow.seen_at.desc(), WorkerRow.name)
    ).all()


def claim_alert(session: Session, now: datetime, last_before: datetime) -> bool:
    """Record an alert and return True, atomically, unless one was sent after `last_before`."""
    noted = {"told_at": now, "unsettled": True}
    statement = dialect_insert(session, AlertStateRow).values(id=_THE_ROW, **noted)
    claimed = statement.on_conflict_do_update(
        index_elements=[AlertStateRow.id], set_=noted, where=AlertStateRow.told_at <= last_before
    ).returning(AlertStateRow.id)
    return session.execute(claimed).first() is not None


def claim_all_clear(session: Session) -> datetime | None:
    """Record the all-clear; return when the alert was sent, or None if none is open."""
    return session.scalar(
        update(AlertStateRow)
        .where(AlertStateRow.unsettled)
        .values(unsettled=False)
        .returning(AlertStateRow.told_at)
    )


def release_alert(session: Session, told_at: datetime) -> None:
    """Let the next check send an alert that failed; `told_at`: as if it had been sent then."""
    session.execute(update(AlertStateRow).values(told_at=told_at, unsettled=True))


def queued_letters_by_recipient(session: Session) -> list[tuple[str, int, datetime]]:
    """Return (recipient, queued letters, when the first of them is due)."""
    statement = (
        select(LetterRow.recipient, func.count(), func.min(LetterRow.due_at))
        .where(LetterRow.state == LetterState.QUEUED, NOT_TO_BE_DROPPED)
        .group_by(LetterRow.recipient)
        .order_by(LetterRow.recipient)
    )
    rows = session.execute(statement)
    return [(row[0], row[1], row[2]) for row in rows if row[2] is not None]


def count_queued_mails(session: Session, *, held: bool) -> int:
    """Return how many mails are queued: those of held submissions, or all others."""
    which = (
        OutgoingRow.held_signature_id.is_not(None)
        if held
        else OutgoingRow.held_signature_id.is_(None)
    )
    statement = select(func.count()).where(
        # A letter waits in its recipient's queue; only a mail is due by itself.
        *(OutgoingRow.state == OutgoingState.QUEUED, OutgoingRow.due_at.is_not(None), which)
    )
    return session.scalar(statement) or 0


def sender_check(session: Session, domain: str) -> SenderCheckRow | None:
    """Return what the last check of a sending domain found; None if there was none."""
    return session.get(SenderCheckRow, domain)


def store_sender_check(
    session: Session, domain: str, findings: Iterable[Finding], now: datetime
) -> None:
    found = [[one.level.value, one.subject, one.message] for one in findings]
    session.merge(SenderCheckRow(domain=domain, checked_at=now, findings=found))
