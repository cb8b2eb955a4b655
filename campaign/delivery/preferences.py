"""Recipient preferences: a recipient's staff asks for one digest a day, or for no more letters.

The link under a letter may have been passed on, so it only sends a mail to the address that
letters go to; the link in that mail applies the request.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.delivery import pacing, pause
from campaign.delivery.message_builder import recipient_address
from campaign.delivery.queries import mails
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.queries import letters
from campaign.recipients.queries import recipients
from campaign.signatures.queries import mail_caps
from campaign.signatures.sealing import hash_identities

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import RecipientRow
    from campaign.store.keyring import Keyring

THE_RECIPIENT = "the ministry itself"
OBJECTED = "the ministry asked for no more letters"


class Preference(StrEnum):
    DIGEST = "digest"
    OBJECTION = "objection"


_ASKED = {
    Preference.DIGEST: OutgoingKind.DIGEST_ASKED,
    Preference.OBJECTION: OutgoingKind.OBJECTION_ASKED,
}
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
    wish: Preference,
    language: str,
    *,
    live: bool,
    now: datetime,
) -> None:
    """Mail the recipient what somebody asked for in its name, within the daily cap."""
    row = recipient_of_letter(session, letter_id)
    address = recipient_address(row, language, live=live)
    if mail_caps.consume(session, hash_identities(keyring, address), now.date()):
        mails.enqueue_notification(session, _ASKED[wish], row.key, now, language)


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
        if not row.digest:
            pacing.set_digest(session, key, on=True, by=THE_RECIPIENT, now=now)
    elif row.resumed_at is not None and asked_at is not None and asked_at < row.resumed_at:
        # It was granted or overruled since: the recipient can ask again.
        raise NoLongerPossible(OBJECTED)
    elif row.pause_reason != OBJECTED:
        pause.pause(session, key, OBJECTED, THE_RECIPIENT, now)
        mails.enqueue_notification(session, OutgoingKind.MINISTRY_OBJECTED, key, now)
