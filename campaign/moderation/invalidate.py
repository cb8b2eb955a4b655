"""Take signatures out of the count that are no person's, and bring them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.delivery import send_letter as dispatching
from campaign.errors import AlreadySigned, NoLongerPossible
from campaign.letters.queries import letters
from campaign.organisers.audit_log import note
from campaign.organisers.rules.audit_log import Action
from campaign.signatures.queries import counts, events, signatures
from campaign.signatures.rules.signature import EventKind, State, effect, is_counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import Cause
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.store.keyring import Keyring


def invalidate_one(session: Session, signature_id: UUID, cause: Cause, now: datetime) -> None:
    """Take one signature out of the count; a letter that has not left is dropped.

    Raise NotFound, NoLongerPossible for one that is not confirmed, or UnacceptableText
    where no reason is given.
    """
    row = signatures.lock(session, signature_id)
    if row.state is not State.CONFIRMED:
        raise NoLongerPossible(row.state)
    note(session, cause, Action.SIGNATURE_INVALIDATED, f"signature {row.id}", now)
    take_out(session, [row], now)


def restore_one(
    session: Session,
    keyring: Keyring,
    signature_id: UUID,
    cause: Cause,
    *,
    live: bool,
    now: datetime,
) -> None:
    """Bring one signature back; its letter goes on if it was dropped with the signature.

    Raise NotFound, NoLongerPossible for one that is not invalidated or was erased since,
    AlreadySigned if the person has signed again, UnacceptableText where no reason is given.
    """
    row = signatures.lock(session, signature_id)
    if row.state is not State.INVALIDATED:
        raise NoLongerPossible(row.state)
    if row.sealed is None:
        raise NoLongerPossible("erased")
    note(session, cause, Action.SIGNATURE_RESTORED, f"signature {row.id}", now)
    if not bring_back(session, keyring, [row], live=live, now=now):
        raise AlreadySigned(str(row.id))


def take_out(
    session: Session, rows: Sequence[SignatureRow], now: datetime, change_id: UUID | None = None
) -> None:
    """Invalidate confirmed signatures, locked in the order of their ids.

    `change_id`: the change by rule that they are part of.
    """
    changes = []
    for row in rows:
        change = effect(before=is_counted(row.state, held=row.held), after=False)
        row.state, row.bulk_change_id = State.INVALIDATED, change_id
        events.append(session, row, EventKind.INVALIDATED, change, now)
        changes.append((row, change))
    letters.drop_all_unclaimed(session, [row.id for row in rows], now)
    counts.apply_all(session, changes)


def bring_back(
    session: Session, keyring: Keyring, rows: Sequence[SignatureRow], *, live: bool, now: datetime
) -> int:
    """Restore invalidated signatures, locked in the order of their ids; return how many.

    Left out are those that were erased, and whose person has signed again.
    """
    taken_out = events.last_at(session, [row.id for row in rows], EventKind.INVALIDATED)
    whole = [row for row in rows if row.sealed is not None]
    back = [row for row in whole if _confirmed_again(session, keyring, row)]
    changes = []
    for row in back:
        row.bulk_change_id = None
        change = effect(before=False, after=is_counted(row.state, held=row.held))
        events.append(session, row, EventKind.RESTORED, change, now)
        changes.append((row, change))
    moments = {row: taken_out[row.id] for row in back}
    dispatching.take_up_again(session, moments, live=live, now=now)
    counts.apply_all(session, changes)
    return len(back)


def _confirmed_again(session: Session, keyring: Keyring, row: SignatureRow) -> bool:
    try:
        signatures.mark_restored(session, keyring, row)
    except AlreadySigned:
        return False
    return True
