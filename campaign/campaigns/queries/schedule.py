"""Queries on publications that wait for their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from campaign.campaigns.rows import ScheduledPublicationRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


_WAITS = ScheduledPublicationRow.needs_approval & (ScheduledPublicationRow.approved_by == "")


def put(session: Session, row: ScheduledPublicationRow) -> None:
    """Schedule a publication in the place of what the campaign has scheduled."""
    remove(session, row.campaign_id)
    session.add(row)
    session.flush()


def of_campaign(session: Session, campaign_id: int) -> ScheduledPublicationRow | None:
    return session.get(ScheduledPublicationRow, campaign_id)


def campaigns_scheduled(session: Session) -> set[int]:
    return set(session.scalars(select(ScheduledPublicationRow.campaign_id)))


def due(session: Session, now: datetime) -> Sequence[int]:
    """Return the campaigns whose publication is due, approved if need be, and has not failed."""
    wanted = select(ScheduledPublicationRow.campaign_id).where(*_is_due(now))
    return session.scalars(wanted.order_by(ScheduledPublicationRow.publish_at)).all()


def waiting(session: Session) -> Sequence[ScheduledPublicationRow]:
    """Return the publications that wait for a second person."""
    wanted = select(ScheduledPublicationRow).where(ScheduledPublicationRow.failure == "", _WAITS)
    return session.scalars(wanted.order_by(ScheduledPublicationRow.campaign_id)).all()


def failed(session: Session) -> Sequence[ScheduledPublicationRow]:
    """Return the publications that could not be made."""
    wanted = select(ScheduledPublicationRow).where(ScheduledPublicationRow.failure != "")
    return session.scalars(wanted.order_by(ScheduledPublicationRow.campaign_id)).all()


def find_due(session: Session, campaign_id: int, now: datetime) -> ScheduledPublicationRow | None:
    """Return a campaign's publication if it is due, apart from the session: it may be deleted."""
    wanted = select(ScheduledPublicationRow).where(
        ScheduledPublicationRow.campaign_id == campaign_id, *_is_due(now)
    )
    row = session.scalar(wanted)
    if row is not None:
        session.expunge(row)
    return row


def remove(session: Session, campaign_id: int) -> bool:
    """Take a campaign's publication off the schedule; return whether there was one."""
    gone = (
        delete(ScheduledPublicationRow)
        .where(ScheduledPublicationRow.campaign_id == campaign_id)
        .returning(ScheduledPublicationRow.campaign_id)
    )
    return session.scalar(gone) is not None


def fail(session: Session, row: ScheduledPublicationRow, why: str, now: datetime) -> None:
    """Record why a publication could not be made: it is tried no more until a person acts."""
    failed = update(ScheduledPublicationRow).where(*_same(row))
    session.execute(failed.values(failure=why, failed_at=now))


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        ScheduledPublicationRow.publish_at <= now,
        ScheduledPublicationRow.failure == "",
        ~_WAITS,
    )


def _same(row: ScheduledPublicationRow) -> tuple[ColumnElement[bool], ...]:
    return (
        ScheduledPublicationRow.campaign_id == row.campaign_id,
        ScheduledPublicationRow.version == row.version,
        ScheduledPublicationRow.publish_at == row.publish_at,
        ScheduledPublicationRow.stated_at == row.stated_at,
        ScheduledPublicationRow.failure == "",
    )
