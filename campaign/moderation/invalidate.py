"""Take signatures out of the count that are not from real people, and restore them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from campaign.delivery import queue_letter
from campaign.delivery.queries import unsent
from campaign.errors import AlreadySigned, NoLongerPossible
from campaign.organisers.audit_log import log_action
from campaign.organisers.rules.audit_log import AuditAction
from campaign.signatures.queries import counts, events, same_person, signatures
from campaign.signatures.rules.signature import EventKind, can_happen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import Justification
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring


def invalidate_one(
    session: Session, signature_id: UUID, cause: Justification, now: datetime
) -> None:
    """Take one signature out of the count; a letter that has not been sent is dropped.

    Raise NotFound, NoLongerPossible if it is not confirmed, or InvalidText if no reason is given.
    """
    row = signatures.lock(session, signature_id)
    if not can_happen(row.state, EventKind.INVALIDATED):
        raise NoLongerPossible(row.state)
    log_action(session, cause, AuditAction.SIGNATURE_INVALIDATED, f"signature {row.id}", now)
    invalidate_rows(session, [row], now)


def restore_one(
    session: Session,
    keyring: Keyring,
    signature_id: UUID,
    cause: Justification,
    *,
    live: bool,
    now: datetime,
) -> None:
    """Restore one signature; its letter is queued again if it was dropped with the signature.

    Raise NotFound, NoLongerPossible if it is not invalidated or was erased since, AlreadySigned if
    the person has signed again, or InvalidText if no reason is given.
    """
    row = signatures.lock(session, signature_id)
    if not can_happen(row.state, EventKind.RESTORED):
        raise NoLongerPossible(row.state)
    if row.sealed is None:
        raise NoLongerPossible("erased")
    log_action(session, cause, AuditAction.SIGNATURE_RESTORED, f"signature {row.id}", now)
    if not restore_invalidated(session, keyring, [row], live=live, now=now):
        raise AlreadySigned(str(row.id))


def invalidate_rows(
    session: Session, rows: Sequence[SignatureRow], now: datetime, change_id: UUID | None = None
) -> None:
    """Invalidate confirmed signatures, locked in order of id.

    `change_id`: the change by rule that they are part of.
    """
    changes = []
    for row in rows:
        changes.append((row, events.apply(session, row, EventKind.INVALIDATED, now)))
        row.bulk_change_id = change_id
    unsent.drop_all_unsent(session, [row.id for row in rows], now)
    counts.adjust_all(session, changes)


def restore_invalidated(
    session: Session, keyring: Keyring, rows: Sequence[SignatureRow], *, live: bool, now: datetime
) -> int:
    """Restore invalidated signatures, locked in order of id; return how many.

    Those that were erased, or whose person has signed again, are skipped.
    """
    taken_out = events.last_at(session, [row.id for row in rows], EventKind.INVALIDATED)
    changes = []
    for row in rows:
        if row.sealed is None:
            continue
        with suppress(AlreadySigned):
            changes.append((row, same_person.restore(session, keyring, row, now)))
            row.bulk_change_id = None
    moments = {row: taken_out[row.id] for row, _ in changes}
    queue_letter.restore_dropped_letters(session, moments, live=live, now=now)
    counts.adjust_all(session, changes)
    return len(changes)
