"""Delete what a person submitted, because she asked an organiser to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.errors import NoLongerPossible, NotFound
from campaign.moderation.names_nobody import must_name_nobody
from campaign.organisers.audit_log import log_action
from campaign.organisers.rules.audit_log import AuditAction
from campaign.signatures.queries import signatures
from campaign.signing import private_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import Justification
    from campaign.privacy.ledger import Ledger
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring


def signatures_to_delete(session: Session, row: SignatureRow) -> Sequence[SignatureRow]:
    """Return what is deleted with a signature: all of its e-mail address to its campaign."""
    return signatures.find_same_address(session, row) if row.email_hash is not None else []


def delete_on_request(
    session: Session,
    keyring: Keyring,
    ledger: Ledger,
    signature_id: UUID,
    cause: Justification,
    *,
    live: bool,
    now: datetime,
) -> None:
    """Delete as the supporter herself can on her private page; the log says who did it and why.

    Raise NotFound, NoLongerPossible if it is deleted already, or InvalidText if no reason is given
    or the reason names her: the log stores it for good.
    """
    row = signatures.find(session, signature_id)
    if row is None:
        raise NotFound(str(signature_id))
    must_name_nobody(keyring, row, cause)
    log_action(session, cause, AuditAction.SIGNATURE_DELETED, f"signature {row.id}", now)
    if not private_page.delete_submissions(session, ledger, signature_id, live=live, now=now):
        raise NoLongerPossible("erased")
