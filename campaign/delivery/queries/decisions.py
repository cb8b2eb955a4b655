"""A person's decisions about letters that a worker cannot settle: send them again, or drop them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.delivery.queries import attempts, carried_letters, digests
from campaign.delivery.queries.attempts import Actor, AttemptResult
from campaign.delivery.queries.transitions import move
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.delivery import Outcome
from campaign.delivery.rules.outgoing import OutgoingEvent, OutgoingState
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.letters.rows import LetterRow

FAILED_STATES = frozenset({LetterState.REFUSED, LetterState.BOUNCED})
"""Final states of letters that did not arrive."""


@dataclass(frozen=True)
class DecisionReason:
    """The person who decided about a letter, and the reason."""

    by: str
    reason: str


def resolve_uncertain(
    session: Session, letter_id: UUID, decision: DecisionReason, *, send: bool, now: datetime
) -> LetterRow:
    """Send an uncertain letter again, under the same Message-ID, or drop it.

    Raise NotFound for an unknown id and NoLongerPossible for a letter that is not uncertain.
    """
    row = letters.lock(session, letter_id)
    if row is None:
        raise NotFound(str(letter_id))
    if row.state is not LetterState.UNCERTAIN:
        raise NoLongerPossible(row.state)
    _record(session, row, decision, Outcome.RELEASED if send else Outcome.DROPPED, now)
    if send:
        row.first_tried_at = None
        _requeue(row, now)
    else:
        carried_letters.drop(row, now)
    carried_letters.move_own_message(
        session, row, OutgoingEvent.RETRY if send else OutgoingEvent.DROP, now
    )
    return row


def resolve_uncertain_digest(
    session: Session, digest_id: UUID, decision: DecisionReason, *, send: bool, now: datetime
) -> int:
    """Send the uncertain letters of a digest again, or drop them; return how many.

    Raise NotFound if there are none.
    """
    rows = letters.lock_in_order(session, digests.letter_ids_of(session, digest_id))
    uncertain = [row for row in rows if row.state is LetterState.UNCERTAIN]
    if not uncertain:
        raise NotFound(str(digest_id))
    for row in uncertain:
        resolve_uncertain(session, row.id, decision, send=send, now=now)
    digest = session.get_one(OutgoingRow, digest_id, with_for_update=True)
    if digest.state is OutgoingState.UNCERTAIN:
        move(digest, OutgoingEvent.DROP, now)
    return len(uncertain)


def retry_failed(
    session: Session, letter_id: UUID, decision: DecisionReason, now: datetime
) -> LetterRow:
    """Requeue a letter that was refused or bounced, as if it had never been tried.

    Raise NotFound for an unknown id and NoLongerPossible for a letter that did not fail.
    """
    row = letters.lock(session, letter_id)
    if row is None:
        raise NotFound(str(letter_id))
    if row.state not in FAILED_STATES or row.sealed is None:
        raise NoLongerPossible(row.state)
    _record(session, row, decision, Outcome.RELEASED, now)
    row.first_tried_at, row.failures, row.queued_at = None, 0, now
    _requeue(row, now)
    carried_letters.move_own_message(session, row, OutgoingEvent.RETRY, now)
    return row


def _requeue(row: LetterRow, now: datetime) -> None:
    row.state, row.due_at, row.changed_at = LetterState.QUEUED, now, now


def _record(
    session: Session, row: LetterRow, decision: DecisionReason, outcome: Outcome, now: datetime
) -> None:
    holder, result = Actor(decision.by, ""), AttemptResult(outcome, "", decision.reason)
    attempts.record(session, [(None, row.id)], holder, result, now)
