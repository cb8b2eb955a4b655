"""Hold signatures for review, and release them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign import logs
from campaign.delivery import queue_letter
from campaign.delivery.queries import mails, unsent
from campaign.errors import KeyMissing, NoLongerPossible, NotFound, SealError
from campaign.letters import held_letters
from campaign.organisers.audit_log import log_action
from campaign.organisers.rules.audit_log import AuditAction
from campaign.signatures.queries import counts, events, signatures
from campaign.signatures.rules.signature import (
    EventKind,
    HoldReason,
    can_happen,
)
from campaign.signing import request_mail

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import Justification
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring

log = logs.get_logger(__name__)


def hold_one(session: Session, signature_id: UUID, cause: Justification, now: datetime) -> None:
    """Neither count nor name a signature until it is released; its letter waits, too.

    Holding it again changes nothing. Raise NotFound, NoLongerPossible if it is neither pending nor
    confirmed, or InvalidText if no reason is given.
    """
    row = signatures.lock(session, signature_id)
    if not can_happen(row.state, EventKind.HELD):
        raise NoLongerPossible(row.state)
    if row.held:
        return
    log_action(session, cause, AuditAction.SIGNATURE_HELD, f"signature {row.id}", now)
    change = events.apply(session, row, EventKind.HELD, now)
    row.held_for = HoldReason.ORGANISER
    unsent.hold_for_release(session, row.id, now)
    mails.mark_held(session, row.id)
    counts.adjust(session, row, change)


def release(
    session: Session,
    keyring: Keyring,
    ids: Collection[UUID],
    cause: Justification,
    *,
    live: bool,
    now: datetime,
) -> int:
    """Release held signatures, pending ones too; return how many, without those not held.

    Raise NotFound for an unknown id, or InvalidText if no reason is given.
    """
    locked = signatures.lock_in_order(session, ids)
    if missing := set(ids) - locked.keys():
        raise NotFound(", ".join(sorted(map(str, missing))))
    rows = [
        row for row in locked.values() if row.held and can_happen(row.state, EventKind.RELEASED)
    ]
    for row in rows:
        log_action(session, cause, AuditAction.SIGNATURE_RELEASED, f"signature {row.id}", now)
    release_rows(session, keyring, rows, live=live, now=now)
    return len(rows)


def release_rows(
    session: Session, keyring: Keyring, rows: Sequence[SignatureRow], *, live: bool, now: datetime
) -> None:
    """Release held signatures, locked in order of id.

    Confirmed ones count for the day of their release, also for every later change.
    """
    _create_letter_rows(session, keyring, rows, now)
    changes = []
    for row in rows:
        changes.append((row, events.apply(session, row, EventKind.RELEASED, now)))
        row.held_for = None
    request_mail.release_mails(session, keyring, rows, now)
    queue_letter.queue_released_letters(session, rows, live=live, now=now)
    counts.adjust_all(session, changes)


def _create_letter_rows(
    session: Session, keyring: Keyring, rows: Sequence[SignatureRow], now: datetime
) -> None:
    """Create rows for letters stored with signatures; a damaged one does not stop the others."""
    for row in rows:
        try:
            held_letters.move_to_letters(session, keyring, row, now)
        except KeyMissing:
            raise
        except SealError:
            log.exception("the letter of a held signature cannot be opened", signature=str(row.id))
    session.flush()
