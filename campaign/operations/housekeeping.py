"""What time itself brings: expiry, reminders, lapsed leases, forgotten counters, old exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from campaign.delivery.pacing import offer_digests
from campaign.delivery.queries import budgets, inbound, mails, queue
from campaign.delivery.rows.queue import MailRow
from campaign.delivery.rules.delivery import MailKind
from campaign.exports.queries import jobs as export_jobs
from campaign.exports.rules import KEPT_FOR
from campaign.letters.queries import caps as letter_caps, letters, waiting
from campaign.letters.rows import LetterRow
from campaign.organisers.queries import sessions as organiser_sessions
from campaign.privacy.rules import UNFILED_FOR
from campaign.signatures.queries import mail_caps as caps, signatures
from campaign.signatures.rules.signature import PENDING_FOR, REMIND_AFTER, State
from campaign.signing import submit as signing
from campaign.signing.submit import Caused

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.claiming import Pace
    from campaign.store.keyring import Keyring

BATCH = 200
"""Rows in one transaction, so that a long night's work never holds others up."""


Chore = Callable[["Session", "Keyring", "Pace", "datetime"], None]
"""Does a batch of one thing that is due, in the caller's transaction, at each call."""


def _release_letters(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    queue.release_lapsed(session, LetterRow, now, BATCH)


def _release_mails(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    queue.release_lapsed(session, MailRow, now, BATCH)


def _follow_verification(session: Session, _keyring: Keyring, pace: Pace, now: datetime) -> None:
    waiting.follow_verification(session, live=pace.live, now=now)


def _follow_pauses(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    waiting.follow_pauses(session, now)


def _hold_back(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    letters.hold_back_queued(session, now, BATCH)


def _forget_caps(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    caps.forget_days_before(session, now.date())
    letter_caps.forget_over(session, now.date())


def _forget_budgets(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    budgets.forget_before(session, now - budgets.HOUR)


def _expire_exports(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    export_jobs.expire(session, now - KEPT_FOR)


def _forget_sessions(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    organiser_sessions.forget_old(session, now)


def _forget_unfiled(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    inbound.forget_unfiled(session, now - UNFILED_FOR)


def _expire_pending(session: Session, _keyring: Keyring, _pace: Pace, now: datetime) -> None:
    for row in signatures.pending_before(session, now - PENDING_FOR, BATCH):
        signing.end_pending(session, row, State.EXPIRED, now)


def _remind(session: Session, keyring: Keyring, _pace: Pace, now: datetime) -> None:
    """Remind once, a day after signing, within the day's cap; drop what was signed twice.

    Nobody is reminded of a mail that waits for a release: it comes in the reminder's place.
    """
    for row in signatures.unreminded_between(session, now - PENDING_FOR, now - REMIND_AFTER, BATCH):
        row.reminded_at = now
        identities = signatures.identities(keyring, row)
        if not identities or mails.is_withheld(session, row.id):
            continue
        if signatures.confirmed_of(session, row.campaign_id, identities) is None:
            reminder = Caused(MailKind.REMINDER, row.language)
            signing.request_mail(session, row, identities, reminder, now)
        else:
            signing.end_pending(session, row, State.DROPPED, now)


def _offer_digests(session: Session, _keyring: Keyring, pace: Pace, now: datetime) -> None:
    if pace.kept:
        offer_digests(session, pace, now)


CHORES: Mapping[str, Chore] = {
    "lapsed leases of letters": _release_letters,
    "lapsed leases of mails": _release_mails,
    "waiting letters": _follow_verification,
    "paused ministries": _follow_pauses,
    "letters of held signatures": _hold_back,
    "old mail caps": _forget_caps,
    "old mail budgets": _forget_budgets,
    "old exports": _expire_exports,
    "old sessions": _forget_sessions,
    "old unfiled mail": _forget_unfiled,
    "expired signatures": _expire_pending,
    "reminders": _remind,
    "offers of daily mails": _offer_digests,
}
"""By the name under which organisers read that one fails. Each has a transaction of its own."""
