"""Queries on trial signatures, made before the site was live, that still count or name people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, update

from campaign.campaigns.rows import CampaignRow
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_TRIAL_SIGNATURES = (
    ~SignatureRow.signed_live,
    or_(SignatureRow.sealed.is_not(None), SignatureRow.state == SignatureState.CONFIRMED),
)


def count_undecided(session: Session) -> dict[str, int]:
    """Return how many signatures nobody has decided about, by campaign slug."""
    kept_at = CampaignRow.trial_kept_at
    statement = (
        select(CampaignRow.slug, func.count())
        .join(SignatureRow, SignatureRow.campaign_id == CampaignRow.id)
        .where(
            *_TRIAL_SIGNATURES,
            CampaignRow.rehearses_id.is_(None),
            or_(kept_at.is_(None), SignatureRow.created_at > kept_at),
        )
        .group_by(CampaignRow.slug)
        .order_by(CampaignRow.slug)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def count(session: Session, campaign_id: int) -> int:
    """Return how many trial signatures there are, kept or not."""
    statement = select(func.count()).where(
        SignatureRow.campaign_id == campaign_id, *_TRIAL_SIGNATURES
    )
    return session.scalar(statement) or 0


def lock_next(
    session: Session, campaign_id: int, after: UUID | None, limit: int
) -> Sequence[SignatureRow]:
    """Return the next trial signatures in order of id, locked."""
    statement = select(SignatureRow).where(
        SignatureRow.campaign_id == campaign_id, *_TRIAL_SIGNATURES
    )
    if after is not None:
        statement = statement.where(SignatureRow.id > after)
    ordered = statement.order_by(SignatureRow.id).limit(limit)
    return session.scalars(ordered.with_for_update(key_share=True)).all()


def keep(session: Session, campaign_id: int, now: datetime) -> None:
    """Let those made until now keep counting; later ones are asked about again."""
    session.execute(
        update(CampaignRow).where(CampaignRow.id == campaign_id).values(trial_kept_at=now)
    )
