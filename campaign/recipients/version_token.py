"""A recipient as a page showed it: what somebody else changed since is not overwritten."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from campaign.errors import NoLongerPossible
from campaign.recipients.queries import recipients

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.recipients.rows import RecipientRow


def version_token(row: RecipientRow) -> str:
    """Return a token that differs once somebody changes the recipient."""
    pace = (row.per_hour, row.per_day, row.opens, row.closes, row.zone)
    stands = (row.paused_on, row.pause_reason, row.paused_until, row.digest, row.weekly)
    places = [
        (one.id, one.status, one.language, one.checked_on, one.checked_by) for one in row.addresses
    ]
    return sha256(repr((pace, stands, places)).encode()).hexdigest()[:16]


def require_unchanged(session: Session, key: str, seen: str) -> None:
    """Lock a recipient; raise NoLongerPossible if it was changed since a page showed it."""
    if version_token(recipients.lock(session, key)) != seen:
        raise NoLongerPossible(key)
