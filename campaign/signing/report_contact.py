"""A supporter's report that a recipient's contact is wrong; a person looks into it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.delivery.queries import mails
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import NotFound
from campaign.letters.held_letters import open_held
from campaign.letters.queries import letters
from campaign.recipients.queries import addresses
from campaign.recipients.rows import ContactReportRow
from campaign.recipients.sealing import seal_contact_report
from campaign.signatures.queries import signatures
from campaign.signing.private_page import letter_to
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.store.keyring import Keyring

MAX_REPORT = 500
NOTIFY_AGAIN_AFTER = timedelta(days=1)
"""Minimum time between two mails to organisers about reports."""


def report_contact(
    session: Session,
    keyring: Keyring,
    signature_id: UUID,
    recipient: str,
    words: str,
    now: datetime,
) -> None:
    """Store her report, one for each of her letters, and notify the organisers.

    It stops no letter: otherwise anybody who signs could stop letters.
    """
    signature = signatures.lock(session, signature_id)
    if signature.sealed is None:
        raise NotFound(str(signature_id))
    written = letters.of_signature(session, signature_id) or open_held(keyring, signature)
    report_id, recipient = uuid7(now), letter_to(written, recipient).recipient
    row = ContactReportRow(
        id=report_id,
        signature_id=signature_id,
        recipient=recipient,
        sealed=seal_contact_report(keyring, report_id, words),
        reported_at=now,
    )
    kind = OutgoingKind.CONTACT_REPORTED
    if addresses.add_report(session, row) and not mails.queued_since(
        session, kind, now - NOTIFY_AGAIN_AFTER, recipient
    ):
        mails.enqueue_notification(session, kind, recipient, now)
