"""Pausing and resuming a recipient: while it is paused, its letters wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.errors import InvalidText
from campaign.language.text import clean_line
from campaign.letters.queries import waiting
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import MAX_REASON, AuditAction, AuditEntry
from campaign.recipients.queries import recipients
from campaign.recipients.rules.recipient import audit_subject

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import RecipientRow


PAUSE_OVER = "end of the pause"
"""Who resumes a recipient, in the log, if nobody does."""


def pause(
    session: Session, key: str, reason: str, by: str, now: datetime, until: date | None = None
) -> RecipientRow:
    """Stop writing to a recipient; its letters wait, and everybody can see why.

    `until`: the last day, if it ends by itself.
    Raise InvalidText if the reason is empty or too long.
    """
    reason = clean_line(reason)
    if not reason:
        raise InvalidText("no-pause-reason")
    if len(reason) > MAX_REASON:
        raise InvalidText("too-long")
    row = recipients.lock(session, key)
    row.paused_on, row.pause_reason, row.paused_until = now.date(), reason, until
    session.flush()
    waiting.update_paused_letters(session, now)
    audit_log.append(
        session, AuditEntry(by, AuditAction.PAUSED, audit_subject(key), reason=reason), now
    )
    return row


def resume(session: Session, key: str, by: str, *, live: bool, now: datetime) -> RecipientRow:
    """Resume writing to a recipient, as if nothing had been refused."""
    row = recipients.lock(session, key)
    row.paused_on, row.pause_reason, row.paused_until = None, "", None
    row.next_write_at, row.refusals, row.refused_for_good, row.bounces = None, 0, 0, 0
    row.resumed_at = now
    session.flush()
    waiting.update_paused_letters(session, now)
    waiting.update_unverified_letters(session, live=live, now=now)
    audit_log.append(session, AuditEntry(by, AuditAction.RESUMED, audit_subject(key)), now)
    return row


def end_pauses(session: Session, *, live: bool, now: datetime) -> None:
    """Resume writing to recipients whose pause is over.

    What was counted of them stays, and so do wishes: nobody decided anything.
    """
    for key in recipients.paused_until_before(session, now.date()):
        row = recipients.lock(session, key)
        if row.paused_until is None or row.paused_until >= now.date():
            continue  # somebody changed it while the lock was waited for
        row.paused_on, row.pause_reason, row.paused_until = None, "", None
        audit_log.append(
            session, AuditEntry(PAUSE_OVER, AuditAction.RESUMED, audit_subject(key)), now
        )
    session.flush()
    waiting.update_paused_letters(session, now)
    waiting.update_unverified_letters(session, live=live, now=now)
