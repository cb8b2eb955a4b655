"""Recipient preferences: how its staff wants letters, or that it wants none.

The link under a letter may have been passed on, so it only sends a mail to the address that
letters go to; the link in that mail applies the request.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from campaign.delivery import pacing, pause
from campaign.delivery.message_builder import recipient_address
from campaign.delivery.queries import mails
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.queries import letters
from campaign.recipients.queries import recipients, wishes
from campaign.recipients.rows import RecipientWishRow
from campaign.recipients.rules.wish import (
    OBJECTED,
    PAUSED_BY_RECIPIENT,
    WRONG_ADDRESSEE,
    Preference,
    Wish,
)
from campaign.recipients.sealing import open_place, seal_place
from campaign.signatures.queries import mail_caps
from campaign.signatures.sealing import hash_identities

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import RecipientRow
    from campaign.store.keyring import Keyring

THE_RECIPIENT = "the ministry itself"

_GRANTED_BY = {
    Preference.DIGEST: {OutgoingKind.DIGEST_ASKED, OutgoingKind.LONG_QUEUE},
    Preference.OBJECTION: {OutgoingKind.OBJECTION_ASKED},
}


def recipient_of_letter(session: Session, letter_id: UUID) -> RecipientRow:
    """Return the recipient that a letter went to; raise NotFound for an unknown letter."""
    letter = letters.find(session, letter_id)
    if letter is None:
        raise NotFound(str(letter_id))
    return recipients.get(session, letter.recipient)


def request_preference(
    session: Session,
    keyring: Keyring,
    letter_id: UUID,
    wish: Wish,
    language: str,
    *,
    live: bool,
    now: datetime,
) -> None:
    """Mail the recipient what somebody asked for in its name, within the daily cap."""
    row = recipient_of_letter(session, letter_id)
    address = recipient_address(row, language, live=live)
    if not mail_caps.consume(session, hash_identities(keyring, address), now.date()):
        # The wish that no letters come is not lost because of others on the same day.
        kind, since = OutgoingKind.OBJECTION_ASKED, now - timedelta(days=1)
        is_objection = wish.preference is Preference.OBJECTION
        if not is_objection or mails.queued_since(session, kind, since, row.key):
            return
    if wish.preference is Preference.OBJECTION:
        mails.enqueue_notification(session, OutgoingKind.OBJECTION_ASKED, row.key, now, language)
        return
    kind = OutgoingKind.DIGEST_ASKED
    mail_id = mails.enqueue_notification(session, kind, row.key, now, language)
    if wish.preference is not Preference.DIGEST:
        session.add(
            RecipientWishRow(
                id=mail_id,
                recipient=row.key,
                wish=wish.preference,
                days=wish.days,
                sealed=seal_place(keyring, mail_id, wish.place) if wish.place else None,
                asked_at=now,
            )
        )


def find_wish(session: Session, keyring: Keyring, mail_id: UUID) -> tuple[RecipientRow, Wish]:
    """Return the wish that a mail asks to confirm, and whose; raise NotFound if there is none."""
    row = wishes.find(session, mail_id)
    if row is None:
        raise NotFound(str(mail_id))
    place = open_place(keyring, row.id, row.sealed) if row.sealed else ""
    wish = Wish(Preference(row.wish), row.days, place)
    return recipients.get(session, row.recipient), wish


def apply_wish(session: Session, mail_id: UUID, now: datetime) -> None:
    """Apply a wish that has parts. Clicking twice has the effect of clicking once.

    Raise NotFound for an unknown one, NoLongerPossible if letters are to stop and the recipient was
    resumed after that was asked for.
    """
    wish = wishes.find(session, mail_id)
    if wish is None:
        raise NotFound(str(mail_id))
    # Locked before it is read: the button may be clicked twice at the same moment.
    row = recipients.lock(session, wish.recipient)
    session.refresh(wish)
    if wish.applied_at is not None:
        return
    wish.applied_at = now
    wanted, by = Preference(wish.wish), THE_RECIPIENT
    if wanted is Preference.WEEKLY:
        pacing.set_digest(session, row.key, on=True, by=by, now=now, weekly=True)
    elif wanted is Preference.SINGLE:
        pacing.set_digest(session, row.key, on=False, by=by, now=now)
    elif row.resumed_at is not None and wish.asked_at < row.resumed_at:
        raise NoLongerPossible(wanted)
    elif wanted is Preference.PAUSE:
        until = now.date() + timedelta(days=wish.days or 0)
        if _would_lengthen_pause(row, until):
            pause.pause(session, row.key, PAUSED_BY_RECIPIENT, by, now, until)
    else:
        if _would_lengthen_pause(row, date.max):
            pause.pause(session, row.key, WRONG_ADDRESSEE, by, now)
        mails.enqueue_notification(session, OutgoingKind.MINISTRY_OBJECTED, row.key, now)


def _would_lengthen_pause(row: RecipientRow, until: date) -> bool:
    """Return whether a pause until that day is longer than the present one, if there is any.

    One without an end is the longest, whoever began it.
    """
    present = row.paused_until or date.max
    return row.paused_on is None or present < until


def recipient_of_mail(session: Session, mail_id: UUID, wish: Preference) -> RecipientRow:
    """Return the recipient that a mail with such a link was about, or raise NotFound."""
    mail = mails.find(session, mail_id)
    if mail is None or mail.recipient is None or mail.kind not in _GRANTED_BY[wish]:
        raise NotFound(str(mail_id))
    return recipients.get(session, mail.recipient)


def apply_preference(session: Session, mail_id: UUID, wish: Preference, now: datetime) -> None:
    """Apply what was asked for. Clicking twice has the effect of clicking once.

    Raise NoLongerPossible for an objection if the recipient was resumed after it was asked for.
    """
    key = recipient_of_mail(session, mail_id, wish).key
    mail = mails.find(session, mail_id)
    asked_at = mail.queued_at if mail else None
    # Locked before it is read: the button may be clicked twice at the same moment.
    row = recipients.lock(session, key)
    if wish is Preference.DIGEST:
        overtaken = asked_at is not None and wishes.was_applied_since(session, key, asked_at)
        if (not row.digest or row.weekly) and not overtaken:
            pacing.set_digest(session, key, on=True, by=THE_RECIPIENT, now=now)
    elif row.resumed_at is not None and asked_at is not None and asked_at < row.resumed_at:
        # It was granted or overruled since: the recipient can ask again.
        raise NoLongerPossible(OBJECTED)
    elif row.pause_reason != OBJECTED:
        pause.pause(session, key, OBJECTED, THE_RECIPIENT, now)
        mails.enqueue_notification(session, OutgoingKind.MINISTRY_OBJECTED, key, now)
