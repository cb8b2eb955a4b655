"""Digests: one mail a day to a recipient, with all its letters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.delivery.queries.claiming import (
    carry,
    is_open_or_defer,
    message_for,
    recipients_due,
)
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.rules.delivery import Outcome, retry_delay
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.letters.queries.letters import NOT_TO_BE_DROPPED
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import Actor
    from campaign.delivery.queries.claiming import SitePace
    from campaign.recipients.rows import AddressRow, RecipientRow

DAYS_OF_A_WEEKLY_DIGEST = 7

RECIPIENTS_AT_ONCE = 10
"""Recipients that one claim looks at until it finds a digest to send."""

MAX_LETTERS_PER_DIGEST = 500
"""Letters in one digest: as many as a worker can typeset without growing too large."""


def claim(
    session: Session, holder: Actor, now: datetime, pace: SitePace
) -> tuple[UUID, list[UUID]] | None:
    """Claim a digest with its letters: to one recipient, of one campaign, oldest first.

    Return the ids of the digest and of its letters, or None if no digest is due. The day's digests
    contain the letters that were queued when the first of them began, so that a recipient gets one
    a day of each campaign, or more if one would be too large.
    """
    due = recipients_due(live=pace.live, digest=True)
    for recipient in session.scalars(due, {"now": now, "limit": RECIPIENTS_AT_ONCE}):
        if pace.enforced and not is_open_or_defer(recipient, pace.limits_for(recipient), now, pace):
            continue
        rows = _todays_letters(session, recipient, now, pace)
        if rows is None:
            recipient.next_write_at = next_digest_at(recipient, now, pace)
        elif rows:
            digest = message_for(rows, uuid7(now), OutgoingKind.DIGEST, now)
            carry(session, digest, rows, holder, now)
            if pace.enforced:
                recipient.next_write_at = now + pace.limits_for(recipient).send_interval(
                    pace.jitter()
                )
            return digest.id, [row.id for row in rows]
    return None


def next_digest_at(recipient: RecipientRow, now: datetime, pace: SitePace) -> datetime:
    """Return when the next digest may be sent: the day after this one, or a week after it."""
    limits = pace.limits_for(recipient)
    begun = recipient.digest_until if recipient.weekly else None
    last_day = timedelta(days=DAYS_OF_A_WEEKLY_DIGEST - 1) if begun else timedelta()
    day = limits.local_date(begun or now) + last_day
    if pace.enforced:
        return limits.next_working_day_opening(day, pace.holidays(recipient.government))
    return limits.midnight_after(day)


def _todays_letters(
    session: Session, recipient: RecipientRow, now: datetime, pace: SitePace
) -> Sequence[LetterRow] | None:
    """Return today's letters that are not claimed; None when all of today's have been sent."""
    day_of, begun = pace.limits_for(recipient).local_date, recipient.digest_until
    days = DAYS_OF_A_WEEKLY_DIGEST if recipient.weekly else 1
    if begun is None or abs(day_of(now) - day_of(begun)) >= timedelta(days=days):
        recipient.digest_until = now
    queued = (
        select(LetterRow)
        .where(
            LetterRow.recipient == recipient.key,
            LetterRow.state == LetterState.QUEUED,
            LetterRow.due_at <= recipient.digest_until,
            NOT_TO_BE_DROPPED,
        )
        .order_by(LetterRow.due_at, LetterRow.id)
    )
    first = session.scalar(queued.limit(1))
    if first is None:
        return None
    together = queued.where(
        LetterRow.campaign_id == first.campaign_id,
        LetterRow.language.in_(_languages_to_same_address(session, queued, recipient, first, pace)),
    )
    return session.scalars(
        together.limit(MAX_LETTERS_PER_DIGEST).with_for_update(skip_locked=True)
    ).all()


def _languages_to_same_address(
    session: Session,
    queued: Select[LetterRow],
    recipient: RecipientRow,
    first: LetterRow,
    pace: SitePace,
) -> list[str]:
    """Return the languages whose letters go to the same address as the first one."""

    def target(language: str) -> AddressRow | None:
        return recipient.address_for(Channel.EMAIL, language, live=pace.live)

    languages = session.scalars(
        queued.with_only_columns(LetterRow.language).order_by(None).distinct()
    )
    return [one for one in languages if target(one) is target(first.language)]


def defer_recipient(session: Session, digest_id: UUID, now: datetime) -> None:
    """Leave the recipient of a digest alone for a while."""
    row = session.get_one(OutgoingRow, digest_id)
    assert row.recipient is not None  # every digest has a recipient
    recipients.lock(session, row.recipient).next_write_at = now + retry_delay(1)


def last_digest_of(session: Session, letter_id: UUID) -> UUID | None:
    """Return the digest of a letter's last attempt; None if it was tried alone."""
    last = session.scalar(
        select(AttemptRow)
        .where(AttemptRow.letter_id == letter_id, AttemptRow.outcome == Outcome.STARTED)
        .order_by(AttemptRow.id.desc())
        .limit(1)
    )
    return last.digest_id if last else None


def letter_ids_of(session: Session, digest_id: UUID) -> Sequence[UUID]:
    """Return the ids of the letters that were sent in this digest, or were about to be."""
    found = session.scalars(
        select(AttemptRow.letter_id)
        .where(
            AttemptRow.outgoing_id == digest_id,
            AttemptRow.letter_id != digest_id,
            AttemptRow.outcome == Outcome.STARTED,
        )
        .order_by(AttemptRow.letter_id)
    )
    return [letter_id for letter_id in found if letter_id is not None]
