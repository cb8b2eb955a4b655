"""Take everything personal from a signature; it keeps its state, and the count stays right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.domain.signature import EventKind, State
from campaign.store import addresses, events, letters, mails, signatures

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.store.rows import SignatureRow


def forget(session: Session, row: SignatureRow, now: datetime) -> None:
    """Clear sealed values and keyed hashes, the letter's too; what is queued does not leave.

    The caller has noted the id in the ledger of erasures: it outlives a restored backup.
    """
    if row.state is State.PENDING:
        row.state = State.DROPPED
    mails.drop_queued(session, row.id, now)
    letters.drop_unclaimed(session, row.id, now)
    letters.clear_personal(session, row.id)
    addresses.forget_report(session, row.id)
    signatures.clear_personal(row)
    events.append(session, row, EventKind.ERASED, 0, now)
