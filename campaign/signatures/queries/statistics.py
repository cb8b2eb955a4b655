"""Statistics of a campaign: signatures by state, and confirmed ones by hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

HOUR = timedelta(hours=1)


def by_state(session: Session, campaign_id: int) -> dict[tuple[SignatureState, bool], int]:
    """Return how many signatures are in each state, with held ones counted separately."""
    statement = (
        select(SignatureRow.state, SignatureRow.held, func.count())
        .where(SignatureRow.campaign_id == campaign_id)
        .group_by(SignatureRow.state, SignatureRow.held)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(statement)}


def confirmed_and_held(session: Session, campaign_id: int) -> tuple[int, datetime | None]:
    """Return how many confirmed signatures are held, and when the last of them was confirmed."""
    statement = select(func.count(), func.max(SignatureRow.confirmed_at)).where(
        SignatureRow.campaign_id == campaign_id,
        SignatureRow.state == SignatureState.CONFIRMED,
        SignatureRow.held.expression,
    )
    number, last_at = session.execute(statement).one()
    return number, last_at


def submitted_by_source(
    session: Session, campaign_id: int, start: datetime, end: datetime
) -> dict[str, tuple[int, int]]:
    """Return for each source how many signed in that time, and how many of them confirmed."""
    statement = (
        select(
            SignatureRow.source,
            func.count(),
            func.count(SignatureRow.confirmed_at),
        )
        .where(
            SignatureRow.campaign_id == campaign_id,
            SignatureRow.created_at >= start,
            SignatureRow.created_at < end,
            ~SignatureRow.replaced,
        )
        .group_by(SignatureRow.source)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(statement)}


def confirmed_by_hour(
    session: Session, campaign_id: int, hours: int, now: datetime
) -> list[tuple[datetime, int]]:
    """Return how many of the signatures counted now were confirmed in each of the last hours."""
    begins = now.replace(minute=0, second=0, microsecond=0) - HOUR * (hours - 1)
    starts = [begins + HOUR * number for number in range(hours)]
    return [(start, _confirmed(session, campaign_id, start, start + HOUR)) for start in starts]


def _confirmed(session: Session, campaign_id: int, start: datetime, end: datetime) -> int:
    statement = select(func.count()).where(
        SignatureRow.campaign_id == campaign_id,
        SignatureRow.state == SignatureState.CONFIRMED,
        ~SignatureRow.held,
        SignatureRow.confirmed_at >= start,
        SignatureRow.confirmed_at < end,
    )
    return session.scalar(statement) or 0
