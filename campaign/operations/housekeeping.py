"""Periodic jobs: expiry, reminders, lapsed leases, old counters, old exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from campaign.campaigns.queries import campaigns
from campaign.delivery import pause
from campaign.delivery.pacing import notify_long_queues
from campaign.delivery.queries import budgets, inbound, letter_caps, mails, queue, unsent
from campaign.delivery.rules.answer import UNFILED_RETENTION
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.exports.queries import jobs
from campaign.exports.rules import FILE_LIFETIME
from campaign.letters.queries import waiting
from campaign.organisers.queries import sessions
from campaign.recipients.queries import wishes
from campaign.signatures.queries import mail_caps, same_person, signatures
from campaign.signatures.rules.signature import (
    PENDING_LIFETIME,
    REMIND_AFTER,
    SUBMISSION_HASH_LIFETIME,
    UnrecordedEvent,
)
from campaign.signing import request_mail
from campaign.signing.queries import submissions
from campaign.signing.request_mail import RequestedMail

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.claiming import SitePace
    from campaign.store.keyring import Keyring

BATCH = 200
"""Rows per transaction; few, so that a long night's work never holds up others."""


HousekeepingJob = Callable[["Session", "Keyring", "SitePace", "datetime"], None]
"""Does one batch of one kind of due work per call, in the caller's transaction."""


def _expire_leases(session: Session, _keyring: Keyring, _pace: SitePace, now: datetime) -> None:
    queue.expire_leases(session, now, BATCH)


def _follow_verification(
    session: Session, _keyring: Keyring, pace: SitePace, now: datetime
) -> None:
    waiting.update_unverified_letters(session, live=pace.live, now=now)


def _follow_pauses(session: Session, _keyring: Keyring, pace: SitePace, now: datetime) -> None:
    pause.end_pauses(session, live=pace.live, now=now)
    waiting.update_paused_letters(session, now)


def _hold_letters_of_held_signatures(
    session: Session, _keyring: Keyring, _pace: SitePace, now: datetime
) -> None:
    unsent.hold_back_queued(session, now, BATCH)


def _drop_letters_of_closed(
    session: Session, _keyring: Keyring, _pace: SitePace, now: datetime
) -> None:
    unsent.drop_of_campaigns(session, campaigns.with_letters_to_drop(session), now, BATCH)


def _forget_caps(session: Session, _keyring: Keyring, _pace: SitePace, now: datetime) -> None:
    mail_caps.delete_before(session, now.date())
    letter_caps.delete_expired(session, now.date())


def _forget_budgets(session: Session, _keyring: Keyring, _pace: SitePace, now: datetime) -> None:
    budgets.delete_before(session, now - budgets.HOUR)


def _expire_exports(session: Session, _keyring: Keyring, _pace: SitePace, now: datetime) -> None:
    jobs.expire(session, now - FILE_LIFETIME)


def _forget_sessions(session: Session, _keyring: Keyring, _pace: SitePace, now: datetime) -> None:
    sessions.delete_expired(session, now)


def _forget_unfiled(session: Session, _keyring: Keyring, _pace: SitePace, now: datetime) -> None:
    inbound.clear_unfiled(session, now - UNFILED_RETENTION)


def _forget_wishes(session: Session, _keyring: Keyring, _pace: SitePace, now: datetime) -> None:
    wishes.delete_expired(session, now)


def _clear_submission_hashes(
    session: Session, _keyring: Keyring, _pace: SitePace, now: datetime
) -> None:
    submissions.clear_submission_hashes(session, now - SUBMISSION_HASH_LIFETIME, BATCH)


def _expire_pending(session: Session, _keyring: Keyring, _pace: SitePace, now: datetime) -> None:
    for row in signatures.lock_pending_before(session, now - PENDING_LIFETIME, BATCH):
        request_mail.discard_pending(session, row, UnrecordedEvent.EXPIRED, now)


def _remind(session: Session, keyring: Keyring, _pace: SitePace, now: datetime) -> None:
    """Remind once, a day after signing, within the day's cap; drop what was signed twice.

    If the mail waits for a release, there is no reminder: that mail comes in its place.
    """
    archived = campaigns.archived(session)
    for row in signatures.lock_unreminded_between(
        session, now - PENDING_LIFETIME, now - REMIND_AFTER, BATCH
    ):
        row.reminded_at = now
        if row.campaign_id in archived:
            continue
        identity_hashes = same_person.identity_hashes_of(keyring, row)
        if not identity_hashes or mails.waits_for_release(session, row.id):
            continue
        if (
            same_person.find_confirmed_by_identity(session, row.campaign_id, identity_hashes)
            is None
        ):
            reminder = RequestedMail(OutgoingKind.REMINDER, row.language)
            request_mail.request_mail(session, row, identity_hashes, reminder, now)
        else:
            request_mail.discard_pending(session, row, UnrecordedEvent.DROPPED, now)


def _offer_digests(session: Session, _keyring: Keyring, pace: SitePace, now: datetime) -> None:
    if pace.enforced:
        notify_long_queues(session, pace, now)


HOUSEKEEPING_JOBS: Mapping[str, HousekeepingJob] = {
    "lapsed leases": _expire_leases,
    "waiting letters": _follow_verification,
    "paused ministries": _follow_pauses,
    "letters of held signatures": _hold_letters_of_held_signatures,
    "letters of closed campaigns": _drop_letters_of_closed,
    "old mail caps": _forget_caps,
    "old mail budgets": _forget_budgets,
    "old exports": _expire_exports,
    "old sessions": _forget_sessions,
    "old unfiled mail": _forget_unfiled,
    "old wishes of recipients": _forget_wishes,
    "old submission hashes": _clear_submission_hashes,
    "expired signatures": _expire_pending,
    "reminders": _remind,
    "offers of daily mails": _offer_digests,
}
"""By the name that organisers read when a job fails. Each has a transaction of its own."""
