"""Recipient preferences: a ministry's staff asks for one digest a day, or for no more letters.

The link under a letter may have been passed on, so it only sends a mail to the address that
letters go to; the link in that mail applies the request.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.delivery import pacing, pause
from campaign.delivery.message_builder import ministry_address
from campaign.delivery.queries import mails
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.queries import letters
from campaign.recipients.queries import ministries
from campaign.signatures.queries import mail_caps
from campaign.signatures.sealing import hash_identities

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import MinistryRow
    from campaign.store.keyring import Keyring

THE_MINISTRY = "the ministry itself"
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


def ministry_of_letter(session: Session, letter_id: UUID) -> MinistryRow:
    """Return the ministry that a letter went to; raise NotFound for an unknown letter."""
    letter = letters.find(session, letter_id)
    if letter is None:
        raise NotFound(str(letter_id))
    return ministries.get(session, letter.government)


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
    """Mail the ministry what somebody asked for in its name, within the daily cap."""
    row = ministry_of_letter(session, letter_id)
    address = ministry_address(row, language, live=live)
    if mail_caps.consume(session, hash_identities(keyring, address), now.date()):
        mails.enqueue_notification(session, _ASKED[wish], row.recipient, now, language)


def ministry_of_mail(session: Session, mail_id: UUID, wish: Preference) -> MinistryRow:
    """Return the ministry that a mail with such a link was about, or raise NotFound."""
    mail = mails.find(session, mail_id)
    if mail is None or mail.government is None or mail.kind not in _GRANTED_BY[wish]:
        raise NotFound(str(mail_id))
    return ministries.get(session, mail.government)


def apply_preference(session: Session, mail_id: UUID, wish: Preference, now: datetime) -> None:
    """Apply what was asked for. Clicking twice has the effect of clicking once.

    Raise NoLongerPossible for an objection if the ministry was resumed after it was asked for.
    """
    government = ministry_of_mail(session, mail_id, wish).government
    mail = mails.find(session, mail_id)
    asked_at = mail.queued_at if mail else None
    # Locked before it is read: the button may be clicked twice at the same moment.
    row = ministries.lock(session, government)
    if wish is Preference.DIGEST:
        if not row.digest:
            pacing.set_digest(session, row.government, on=True, by=THE_MINISTRY, now=now)
    elif row.resumed_at is not None and asked_at is not None and asked_at < row.resumed_at:
        # It was granted or overruled since: the ministry can ask again.
        raise NoLongerPossible(OBJECTED)
    elif row.pause_reason != OBJECTED:
        pause.pause(session, row.government, OBJECTED, THE_MINISTRY, now)
        mails.enqueue_notification(session, OutgoingKind.MINISTRY_OBJECTED, row.recipient, now)
