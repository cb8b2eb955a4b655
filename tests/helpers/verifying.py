"""Verify addresses as a command does: what waited for them goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.letters.queries import waiting
from campaign.recipients import verify as verifying

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import AddressRow
    from campaign.recipients.verify import AddressCheck


def verify(
    session: Session,
    recipient: str,
    email: str,
    check: AddressCheck,
    *,
    live: bool,
    now: datetime,
    language: str | None = None,
) -> AddressRow:
    row = verifying.verify(session, recipient, email, check, now=now, language=language)
    waiting.update_unverified_letters(session, live=live, now=now)
    return row


def mark_wrong(
    session: Session, recipient: str, value: str, check: AddressCheck, *, live: bool, now: datetime
) -> AddressRow:
    row = verifying.mark_wrong(session, recipient, value, check, now=now)
    waiting.update_unverified_letters(session, live=live, now=now)
    return row
