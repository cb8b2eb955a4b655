"""Letters that have not been sent: drop them, or make them wait for a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.delivery.queries import attempts, carried_letters
from campaign.delivery.rules.delivery import Outcome
from campaign.delivery.rules.outgoing import OutgoingEvent
from campaign.letters.queries import letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import UNSENT_STATES, LetterState, SendMethod, WaitingFor
from campaign.signatures.rows import SignatureRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def drop_unsent(session: Session, signature_id: UUID, now: datetime) -> None:
    drop_all_unsent(session, [signature_id], now)


def drop_all_unsent(session: Session, ids: Collection[UUID], now: datetime) -> None:
    """Drop letters that have not been sent yet, including those that a worker has claimed.

    The worker locks the row before it starts, and finds the letter gone. `ids`: of the signatures.
    """
    for row in letters.lock_of_signatures(session, ids):
        if _not_started(session, row):
            _set_aside(row, LetterState.DROPPED, None, now)
            carried_letters.move_own_message(session, row, OutgoingEvent.DROP, now)


def hold_for_release(session: Session, signature_id: UUID, now: datetime) -> None:
    """Make letters that have not been sent wait for their signature's release."""
    for row in letters.lock_of_signatures(session, [signature_id]):
        ours = row.send_method is SendMethod.WE_SEND and row.state is not LetterState.DRAFT
        if ours and _not_started(session, row):
            _set_aside(row, LetterState.WAITING, WaitingFor.RELEASE, now)
            carried_letters.move_own_message(session, row, OutgoingEvent.UNCLAIM, now)


def hold_back_queued(session: Session, now: datetime, limit: int) -> None:
    """Make letters wait that came back into the queue after their signatures were held."""
    rows = session.scalars(
        select(LetterRow)
        .join(SignatureRow, SignatureRow.id == LetterRow.signature_id)
        .where(LetterRow.state == LetterState.QUEUED, SignatureRow.held)
        .limit(limit)
        # Lock the signatures too: one that is being released at this moment is skipped.
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _set_aside(row, LetterState.WAITING, WaitingFor.RELEASE, now)


def drop_of_campaigns(
    session: Session, campaign_ids: Collection[int], now: datetime, limit: int
) -> Sequence[LetterRow]:
    """Drop letters of these campaigns that nobody has begun to send, and return them."""
    if not campaign_ids:
        return []
    rows = session.scalars(
        select(LetterRow)
        .where(
            LetterRow.campaign_id.in_(campaign_ids),
            LetterRow.state.in_((LetterState.QUEUED, LetterState.WAITING)),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _set_aside(row, LetterState.DROPPED, None, now)
        carried_letters.move_own_message(session, row, OutgoingEvent.DROP, now)
    return rows


def _not_started(session: Session, row: LetterRow) -> bool:
    if row.state is LetterState.CLAIMED:
        return attempts.last_outcome(session, row.id) is not Outcome.STARTED
    return row.state in UNSENT_STATES


def _set_aside(
    row: LetterRow, state: LetterState, waiting_for: WaitingFor | None, now: datetime
) -> None:
    row.state, row.waiting_for, row.changed_at = state, waiting_for, now
