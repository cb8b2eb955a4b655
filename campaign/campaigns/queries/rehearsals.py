"""Queries on rehearsals: campaigns of their own, each of another campaign's draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from campaign.campaigns.rows import CampaignRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


def of_campaign(session: Session, campaign_id: int, now: datetime) -> CampaignRow | None:
    """Return the rehearsal of a campaign's draft that goes on, or None."""
    return session.scalar(
        select(CampaignRow).where(
            CampaignRow.rehearses_id == campaign_id, CampaignRow.rehearsal_ends_at > now
        )
    )


def end(session: Session, campaign_id: int, now: datetime) -> bool:
    """End a campaign's rehearsal: its pages are gone; a worker erases the rest.

    Return whether one was going on.
    """
    rows = session.scalars(select(CampaignRow).where(CampaignRow.rehearses_id == campaign_id)).all()
    going = of_campaign(session, campaign_id, now)
    for row in rows:
        row.rehearsal_ends_at = min(row.rehearsal_ends_at or now, now)
        session.execute(
            update(RevisionRow).where(RevisionRow.campaign_id == row.id).values(current=False)
        )
    return going is not None


def ended(session: Session, now: datetime) -> Sequence[int]:
    """Return the rehearsals whose time is over."""
    wanted = select(CampaignRow.id).where(CampaignRow.rehearsal_ends_at <= now)
    return session.scalars(wanted.order_by(CampaignRow.id)).all()


def all_ids(session: Session) -> Sequence[int]:
    wanted = select(CampaignRow.id).where(CampaignRow.rehearses_id.is_not(None))
    return session.scalars(wanted.order_by(CampaignRow.id)).all()


def rehearsed_version(session: Session, campaign_id: int) -> int | None:
    """Return which version of a campaign's draft was rehearsed last."""
    wanted = select(CampaignRow.rehearsed_version).where(CampaignRow.rehearses_id == campaign_id)
    return session.scalar(wanted.order_by(CampaignRow.id.desc()).limit(1))
