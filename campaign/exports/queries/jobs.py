"""Queries on the queue of large exports: queued, claimed by one worker, settled, expired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, or_, select, update

from campaign.delivery.rules.delivery import LEASE
from campaign.errors import NotFound
from campaign.exports.rows import ExportJobRow
from campaign.exports.rules import UNFINISHED, JobState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def find(session: Session, job_id: UUID) -> ExportJobRow:
    """Return a job; raise NotFound if there is none."""
    row = session.get(ExportJobRow, job_id)
    if row is None:
        raise NotFound(str(job_id))
    return row


def listing(session: Session, campaign_id: int, limit: int = 50) -> Sequence[ExportJobRow]:
    """Return a campaign's jobs, newest first."""
    return session.scalars(
        select(ExportJobRow)
        .where(ExportJobRow.campaign_id == campaign_id)
        .order_by(ExportJobRow.id.desc())
        .limit(limit)
    ).all()


def is_any_due(session: Session, now: datetime) -> bool:
    return bool(session.scalar(select(exists().where(_due(now)))))


def claim(session: Session, holder: str, file: str, now: datetime) -> ExportJobRow | None:
    """Claim the oldest job that waits or whose lease has lapsed; it starts from the beginning."""
    row = session.scalar(
        select(ExportJobRow)
        .where(_due(now))
        .order_by(ExportJobRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is not None:
        row.state, row.file, row.done, row.total = JobState.BUILDING, file, 0, 0
        row.lease_holder, row.lease_until = holder, now + LEASE
    return row


def note_progress(
    session: Session, job_id: UUID, file: str, done: int, total: int, now: datetime
) -> bool:
    """Store progress and renew the lease; return False if the job was cancelled or taken over."""
    return _change(session, job_id, file, done=done, total=total, lease_until=now + LEASE)


def settle(session: Session, job_id: UUID, file: str, state: JobState, **values: Any) -> bool:
    """Settle a job if this claim still holds it."""
    return _change(
        session, job_id, file, state=state, lease_until=None, lease_holder=None, **values
    )


def cancel(session: Session, job_id: UUID, now: datetime) -> bool:
    """Cancel a job, or expire its file early; return False if there was nothing to cancel."""
    row = session.scalar(select(ExportJobRow).where(ExportJobRow.id == job_id).with_for_update())
    if row is None or row.state not in UNFINISHED | {JobState.READY}:
        return False
    row.state, row.finished_at = JobState.CANCELLED, now
    row.lease_until = row.lease_holder = None
    return True


def expire(session: Session, finished_before: datetime) -> None:
    session.execute(
        update(ExportJobRow)
        .where(ExportJobRow.state == JobState.READY, ExportJobRow.finished_at < finished_before)
        .values(state=JobState.EXPIRED)
    )


def files_in_use(session: Session) -> set[str]:
    """Return the names of files that are ready or being built."""
    states = (JobState.BUILDING, JobState.READY)
    return set(session.scalars(select(ExportJobRow.file).where(ExportJobRow.state.in_(states))))


def _due(now: datetime) -> ColumnElement[bool]:
    left = and_(ExportJobRow.state == JobState.BUILDING, ExportJobRow.lease_until < now)
    return or_(ExportJobRow.state == JobState.WAITING, left)


def _change(session: Session, job_id: UUID, file: str, **values: Any) -> bool:
    """Change a job that is being built into this very file: another claim has another file."""
    changed = session.execute(
        update(ExportJobRow)
        .where(
            ExportJobRow.id == job_id,
            ExportJobRow.state == JobState.BUILDING,
            ExportJobRow.file == file,
        )
        .values(**values)
        .returning(ExportJobRow.id)
    )
    return changed.first() is not None
