"""Hold signatures back for a look, and let them go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign import logs
from campaign.delivery import send_letter as dispatching
from campaign.delivery.queries import mails
from campaign.errors import KeyMissing, NoLongerPossible, NotFound, SealError
from campaign.letters.queries import held as held_letters, letters
from campaign.organisers.audit_log import note
from campaign.organisers.rules.audit_log import Action
from campaign.signatures.queries import counts, events, signatures
from campaign.signatures.rules.signature import EventKind, HeldFor, State, effect, is_counted
from campaign.signing import submit as signing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import Cause
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.store.keyring import Keyring

log = logs.get(__name__)

_LIVING = frozenset({State.PENDING, State.CONFIRMED})


def hold_one(session: Session, signature_id: UUID, cause: Cause, now: datetime) -> None:
    """Neither count nor name a signature until it is released; its letter waits for that.

    Holding twice is holding once. Raise NotFound, NoLongerPossible for one that is neither
    pending nor confirmed, or UnacceptableText where no reason is given.
    """
    row = signatures.lock(session, signature_id)
    if row.state not in _LIVING:
        raise NoLongerPossible(row.state)
    if row.held:
        return
    note(session, cause, Action.SIGNATURE_HELD, f"signature {row.id}", now)
    change = effect(before=is_counted(row.state, held=False), after=False)
    row.held, row.held_for = True, HeldFor.ORGANISER
    events.append(session, row, EventKind.HELD, change, now)
    letters.hold_back(session, row.id, now)
    mails.hold(session, row.id)
    counts.apply(session, row, change)


def release(
    session: Session,
    keyring: Keyring,
    ids: Collection[UUID],
    cause: Cause,
    *,
    live: bool,
    now: datetime,
) -> int:
    """Let held signatures go on, pending ones too; return how many, without those not held.

    Raise NotFound for an id that is not there, or UnacceptableText where no reason is given.
    """
    locked = signatures.lock_in_order(session, ids)
    if missing := set(ids) - locked.keys():
        raise NotFound(", ".join(sorted(map(str, missing))))
    rows = [row for row in locked.values() if row.held and row.state in _LIVING]
    for row in rows:
        note(session, cause, Action.SIGNATURE_RELEASED, f"signature {row.id}", now)
    let_go(session, keyring, rows, live=live, now=now)
    return len(rows)


def let_go(
    session: Session, keyring: Keyring, rows: Sequence[SignatureRow], *, live: bool, now: datetime
) -> None:
    """Release held signatures, locked in the order of their ids.

    What is confirmed counts from today on: for the day of its release, also later.
    """
    _give_letters(session, keyring, rows, now)
    changes = []
    for row in rows:
        change = effect(before=False, after=is_counted(row.state, held=False))
        row.held, row.held_for = False, None
        if row.state is State.CONFIRMED:
            row.counted_day = now.date()
        events.append(session, row, EventKind.RELEASED, change, now)
        changes.append((row, change))
    signing.let_mails_go(session, keyring, rows, now)
    dispatching.send_released(session, rows, live=live, now=now)
    counts.apply_all(session, changes)


def _give_letters(
    session: Session, keyring: Keyring, rows: Sequence[SignatureRow], now: datetime
) -> None:
    """Make rows of the letters that lie with signatures; one that is damaged holds up no other."""
    for row in rows:
        try:
            held_letters.make_row(session, keyring, row, now)
        except KeyMissing:
            raise
        except SealError:
            log.exception("the letter of a held signature cannot be opened", signature=str(row.id))
    session.flush()
