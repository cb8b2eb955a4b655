"""Queries on what stands out among recent submissions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import HoldReason, SignatureState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

DAY = timedelta(days=1)


@dataclass(frozen=True)
class CommonValue:
    """Signatures with a value in common: how many were submitted, and how they ended up.

    `before`: how many were submitted in the same time before.
    """

    value: Any
    submitted: int
    confirmed: int
    held: int
    before: int = 0


def top_sources(session: Session, campaign_id: int, now: datetime, limit: int) -> list[CommonValue]:
    """Return the sources that most signatures of the last day came from."""
    return _trends(session, campaign_id, SignatureRow.source.expression, now, limit)


def top_domains(session: Session, campaign_id: int, now: datetime, limit: int) -> list[CommonValue]:
    """Return the mail domains, as keyed hashes, of most signatures of the last day."""
    return _trends(session, campaign_id, SignatureRow.domain_hash.expression, now, limit)


def find_openable_of_domain(
    session: Session, campaign_id: int, domain_hash: bytes
) -> SignatureRow | None:
    """Return a signature of this mail domain that can be opened, to read the domain's name."""
    return session.scalar(
        select(SignatureRow)
        .where(
            SignatureRow.domain_hash == domain_hash,
            SignatureRow.campaign_id == campaign_id,
            SignatureRow.sealed.is_not(None),
        )
        .limit(1)
    )


def count_held_by_reason(
    session: Session, campaign_id: int, state: SignatureState
) -> dict[HoldReason, int]:
    """Return how many signatures of a state are held, by reason."""
    statement = (
        select(SignatureRow.held_for, func.count())
        .where(
            SignatureRow.campaign_id == campaign_id,
            SignatureRow.held.expression,
            SignatureRow.state == state,
        )
        .group_by(SignatureRow.held_for)
    )
    return {row[0]: row[1] for row in session.execute(statement) if row[0] is not None}


def submitted_by_hour(
    session: Session, campaign_id: int, hours: int, now: datetime
) -> list[tuple[datetime, int]]:
    """Return how many signatures were submitted in each of the last hours, whatever their state."""
    hour = timedelta(hours=1)
    begins = now.replace(minute=0, second=0, microsecond=0) - hour * (hours - 1)
    starts = [begins + hour * number for number in range(hours)]
    return [(start, _begun(session, campaign_id, start, start + hour)) for start in starts]


def _trends(
    session: Session, campaign_id: int, common: ColumnElement[Any], now: datetime, limit: int
) -> list[CommonValue]:
    found = session.execute(
        select(
            common,
            func.count(),
            _of(SignatureRow.state == SignatureState.CONFIRMED),
            _of(SignatureRow.held.expression),
        )
        .where(*_between(campaign_id, now - DAY, now), common.is_not(None))
        .group_by(common)
        .order_by(func.count().desc(), common)
        .limit(limit)
    ).all()
    earlier = session.execute(
        select(common, func.count())
        .where(
            *_between(campaign_id, now - 2 * DAY, now - DAY),
            common.in_([row[0] for row in found]),
        )
        .group_by(common)
    )
    before = {row[0]: row[1] for row in earlier}
    return [CommonValue(row[0], row[1], row[2], row[3], before.get(row[0], 0)) for row in found]


def _begun(session: Session, campaign_id: int, start: datetime, end: datetime) -> int:
    return session.scalar(select(func.count()).where(*_between(campaign_id, start, end))) or 0


def _between(campaign_id: int, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    return [
        SignatureRow.campaign_id == campaign_id,
        SignatureRow.created_at >= start,
        SignatureRow.created_at < end,
        ~SignatureRow.replaced,
    ]


def _of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
