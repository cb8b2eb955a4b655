"""Erase everything personal of a signature; it keeps its state, and the count stays right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.delivery.queries import carried_letters, inbound, mails, unsent
from campaign.letters.queries import letters, sentences
from campaign.recipients.queries import addresses
from campaign.signatures.queries import events, signatures
from campaign.signatures.rules.signature import EventKind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.signatures.rows import SignatureRow


def erase_signature(session: Session, row: SignatureRow, now: datetime) -> None:
    """Clear sealed values and keyed hashes, the letters' too; drop what is queued.

    The caller must have recorded the id in the ledger, so that a restored backup is erased too.
    """
    mails.drop_queued(session, row.id, now)
    unsent.drop_unsent(session, row.id, now)
    erase_letters(session, row.id)
    addresses.erase_reports(session, row.id)
    signatures.clear_personal_data(row)
    events.apply(session, row, EventKind.ERASED, now)


def erase_letters(session: Session, signature_id: UUID) -> None:
    """Clear letters' texts and messages, their sentences, and what came in about them."""
    for row in letters.lock_of_signatures(session, [signature_id]):
        row.sealed = None
        carried_letters.clear_messages(session, [row.id])
        sentences.delete_of_letter(session, row.id)
        inbound.clear_of_letter(session, row.id)
