"""Large exports as a queue: asked for, taken by one worker at a time, settled, expired."""

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
    """Return a job, or raise NotFound."""
    row = session.get(ExportJobRow, job_id)
    if row is None:
        raise NotFound(str(job_id))
    return row


def listing(session: Session, campaign_id: int, limit: int = 50) -> Sequence[ExportJobRow]:
    """Return a campaign's jobs, the newest first."""
    return session.scalars(
        select(ExportJobRow)
        .where(ExportJobRow.campaign_id == campaign_id)
        .order_by(ExportJobRow.id.desc())
        .limit(limit)
    ).all()


def is_any_due(session: Session, now: datetime) -> bool:
    return bool(session.scalar(select(exists().where(_due(now)))))


def claim(session: Session, holder: str, file: str, now: datetime) -> ExportJobRow | None:
    """Take the job that waits longest, or one whose worker has gone; it is begun anew."""
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
    """Say how far it is and keep it for longer; False if it was cancelled or taken over."""
    return _change(session, job_id, file, done=done, total=total, lease_until=now + LEASE)


def settle(session: Session, job_id: UUID, file: str, state: JobState, **values: Any) -> bool:
    """End a job that is still this one's to end."""
    return _change(
        session, job_id, file, state=state, lease_until=None, lease_holder=None, **values
    )


def cancel(session: Session, job_id: UUID, now: datetime) -> bool:
    """End a job, or delete its file before its time; False if there was nothing to end."""
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
    """Return names of files that are finished or being made."""
    states = (JobState.BUILDING, JobState.READY)
    return set(session.scalars(select(ExportJobRow.file).where(ExportJobRow.state.in_(states))))


def _due(now: datetime) -> ColumnElement[bool]:
    left = and_(ExportJobRow.state == JobState.BUILDING, ExportJobRow.lease_until < now)
    return or_(ExportJobRow.state == JobState.WAITING, left)


def _change(session: Session, job_id: UUID, file: str, **values: Any) -> bool:
    """Change a job that is being built into this very file: another claim has another one."""
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
