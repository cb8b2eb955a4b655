"""Queries on which mails organisers want, and when they were mailed last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.organisers.rows import OrganiserNoticeRow, OrganiserRow
from campaign.organisers.rules.notices import Notice, is_notice_due

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def wanted_by(session: Session, organiser_id: UUID) -> set[Notice]:
    """Return what somebody wants to be mailed about: everything, unless she said otherwise."""
    refused = select(OrganiserNoticeRow.notice).where(
        OrganiserNoticeRow.organiser_id == organiser_id, ~OrganiserNoticeRow.wanted
    )
    return set(Notice) - set(session.scalars(refused))


def set_wanted(session: Session, organiser_id: UUID, wanted: Collection[Notice]) -> None:
    for notice in Notice:
        _row(session, organiser_id, notice).wanted = notice in wanted


def reachable(session: Session) -> Sequence[OrganiserRow]:
    """Return everybody who can be mailed: who has signed in once, and whose access goes on."""
    wanted = select(OrganiserRow).where(
        OrganiserRow.ended_at.is_(None), OrganiserRow.password_hash.is_not(None)
    )
    return session.scalars(wanted.order_by(OrganiserRow.id)).all()


def claim(
    session: Session, organiser_id: UUID, notice: Notice, happened_at: datetime, now: datetime
) -> bool:
    """Return whether to mail somebody about what happened, and note that she was.

    Any number of workers may ask: only one of them is told so.
    """
    row = _row(session, organiser_id, notice)
    if not row.wanted or not is_notice_due(happened_at, row.told_at, now):
        return False
    row.told_at = now
    return True


def _row(session: Session, organiser_id: UUID, notice: Notice) -> OrganiserNoticeRow:
    """Return a row, locked together with its organiser, who stands for all of hers."""
    session.get(OrganiserRow, organiser_id, with_for_update=True)
    row = session.get(OrganiserNoticeRow, (organiser_id, notice), populate_existing=True)
    if row is None:
        row = OrganiserNoticeRow(organiser_id=organiser_id, notice=notice, wanted=True)
        session.add(row)
        session.flush()
    return row
