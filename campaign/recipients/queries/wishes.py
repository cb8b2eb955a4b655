"""What recipients' staff asked for, as long as the link that confirms it is of use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, or_, select

from campaign.recipients.rows import RecipientWishRow
from campaign.recipients.rules.wish import LINK_LIFETIME, WISH_LIFETIME, Preference

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def find(session: Session, mail_id: UUID) -> RecipientWishRow | None:
    """Return the wish that a mail asks to confirm; None for the wishes that have no parts."""
    return session.get(RecipientWishRow, mail_id)


def last_place(session: Session, recipient: str) -> RecipientWishRow | None:
    """Return the last confirmed wish about where a recipient's letters belong."""
    return session.scalar(
        select(RecipientWishRow)
        .where(
            RecipientWishRow.recipient == recipient,
            RecipientWishRow.wish == Preference.ADDRESS,
            RecipientWishRow.applied_at.is_not(None),
        )
        .order_by(RecipientWishRow.applied_at.desc())
        .limit(1)
    )


def was_applied_since(session: Session, recipient: str, since: datetime) -> bool:
    """Return whether the recipient confirmed another wish since then."""
    later = exists().where(
        RecipientWishRow.recipient == recipient, RecipientWishRow.applied_at >= since
    )
    return bool(session.scalar(select(later)))


def delete_expired(session: Session, now: datetime) -> None:
    """Delete wishes whose link has expired unused, and others after ninety days."""
    unused = (RecipientWishRow.applied_at.is_(None)) & (
        RecipientWishRow.asked_at < now - LINK_LIFETIME
    )
    old = RecipientWishRow.asked_at < now - WISH_LIFETIME
    session.execute(delete(RecipientWishRow).where(or_(unused, old)))
