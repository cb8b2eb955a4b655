"""Carry out changes by rule, in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.moderation.hold import release_rows
from campaign.moderation.invalidate import invalidate_rows, restore_invalidated
from campaign.moderation.queries import bulk_changes
from campaign.moderation.rules import ChangeKind, ChangeState
from campaign.signatures.queries import signatures
from campaign.signatures.rules.signature import SignatureState, UnrecordedEvent
from campaign.signing.request_mail import discard_pending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.moderation.rows import BulkChangeRow
    from campaign.store.keyring import Keyring


BATCH_SIZE = 200
"""Signatures in one transaction, so that nobody waits long for one of them."""


def process_next_batch(session: Session, keyring: Keyring, *, live: bool, now: datetime) -> bool:
    """Process one batch of the change that has waited longest; return False if there is none."""
    row = bulk_changes.lock_next(session)
    if row is None:
        return False
    _batch(session, keyring, row, live=live, now=now)
    return True


def _batch(
    session: Session, keyring: Keyring, row: BulkChangeRow, *, live: bool, now: datetime
) -> None:
    """Process the next signatures.

    The cursor moves in their transaction, so none is processed twice.
    """
    undoing = row.state is ChangeState.UNDOING
    ids = (bulk_changes.next_invalidated_ids if undoing else bulk_changes.next_ids)(
        session, row, BATCH_SIZE
    )
    if ids:
        row.last_id = ids[-1]
    if len(ids) < BATCH_SIZE:
        row.state = ChangeState.UNDONE if undoing else ChangeState.DONE
        row.finished_at = now
    if undoing:
        _bring_back(session, keyring, row, ids, live=live, now=now)
    else:
        _change(session, keyring, row, ids, live=live, now=now)


def _change(
    session: Session,
    keyring: Keyring,
    row: BulkChangeRow,
    ids: Sequence[UUID],
    *,
    live: bool,
    now: datetime,
) -> None:
    meant = bulk_changes.lock_still_matching(session, row, ids)
    row.done += len(meant)
    if row.kind is ChangeKind.INVALIDATE:
        invalidate_rows(session, meant, now, row.id)
    elif row.kind is ChangeKind.RELEASE:
        release_rows(session, keyring, meant, live=live, now=now)
    else:
        for one in meant:
            discard_pending(session, one, UnrecordedEvent.DROPPED, now)


def _bring_back(
    session: Session,
    keyring: Keyring,
    row: BulkChangeRow,
    ids: Sequence[UUID],
    *,
    live: bool,
    now: datetime,
) -> None:
    locked = signatures.lock_in_order(session, ids).values()
    out = [one for one in locked if one.state is SignatureState.INVALIDATED]
    back = restore_invalidated(session, keyring, out, live=live, now=now)
    row.undone += back
    row.skipped += len(out) - back
