"""What time itself brings: expiry, reminders, lapsed leases, forgotten counters, old exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.domain.delivery import MailKind
from campaign.domain.exporting import KEPT_FOR
from campaign.domain.retention import UNFILED_FOR
from campaign.domain.signature import PENDING_FOR, REMIND_AFTER, State
from campaign.services import signing
from campaign.services.signing import Caused
from campaign.store import (
    budgets,
    caps,
    export_jobs,
    inbound,
    letter_caps,
    letters,
    mails,
    ministries,
    organiser_sessions,
    queue,
    signatures,
)
from campaign.store.rows import LetterRow, MailRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.store.claiming import Pace
    from campaign.store.vault import Vault

BATCH = 200
"""Rows in one transaction, so that a long night's work never holds others up."""


def sweep(session: Session, vault: Vault, pace: Pace, now: datetime) -> None:
    """Do a batch of what is due; the worker calls it again and again."""
    queue.release_lapsed(session, LetterRow, now, BATCH)
    queue.release_lapsed(session, MailRow, now, BATCH)
    ministries.settle_waiting(session, live=pace.live, now=now)
    ministries.settle_paused(session, now)
    letters.hold_back_queued(session, now, BATCH)
    caps.forget_days_before(session, now.date())
    letter_caps.forget_over(session, now.date())
    budgets.forget_before(session, now - budgets.HOUR)
    export_jobs.expire(session, now - KEPT_FOR)
    organiser_sessions.forget_old(session, now)
    inbound.forget_unfiled(session, now - UNFILED_FOR)
    for row in signatures.pending_before(session, now - PENDING_FOR, BATCH):
        signing.end_pending(session, row, State.EXPIRED, now)
    _remind(session, vault, now)


def _remind(session: Session, vault: Vault, now: datetime) -> None:
    """Remind once, a day after signing, within the day's cap; drop what was signed twice.

    Nobody is reminded of a mail that waits for a release: it comes in the reminder's place.
    """
    for row in signatures.unreminded_before(session, now - REMIND_AFTER, BATCH):
        row.reminded_at = now
        identities = signatures.identities(vault, row)
        if not identities or mails.is_withheld(session, row.id):
            continue
        if signatures.confirmed_of(session, row.campaign_id, identities) is None:
            reminder = Caused(MailKind.REMINDER, row.language)
            signing.request_mail(session, row, identities, reminder, now)
        else:
            signing.end_pending(session, row, State.DROPPED, now)
