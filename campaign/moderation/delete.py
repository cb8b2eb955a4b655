"""Delete what a person submitted, because she asked an organiser to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.errors import InvalidText, NoLongerPossible, NotFound, SealError
from campaign.organisers.audit_log import log_action
from campaign.organisers.rules.audit_log import AuditAction
from campaign.signatures.queries import signatures
from campaign.signatures.sealing import unseal_person
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


def must_name_nobody(keyring: Keyring, row: SignatureRow | None, cause: Justification) -> None:
    """Raise InvalidText if a reason contains a supporter's name or address.

    The log stores a reason for good, even when everything else about her is deleted.
    """
    if row is None or row.sealed is None:
        return
    try:
        person = unseal_person(keyring, row.id, row.sealed)
    except SealError:
        return
    reason = " ".join(cause.reason.split()).casefold()
    if any(one.casefold() in reason for one in (person.name, person.email) if one):
        raise InvalidText("names-a-person")


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
