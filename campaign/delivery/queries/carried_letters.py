"""Messages and the letters that they carry: locked together, and changed together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from campaign.delivery.queries import attempts
from campaign.delivery.queries.attempts import Actor, AttemptResult
from campaign.delivery.queries.transitions import move_if_possible
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.delivery import Outcome, retry_delay
from campaign.delivery.rules.outgoing import OutgoingEvent, letter_state_after
from campaign.letters.queries import letters
from campaign.letters.rules.letter import ONE_LETTER_CODE, LetterState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from campaign.letters.rows import LetterRow
    from campaign.store.base import QueuedMixin

UNSETTLED_LETTERS = frozenset({LetterState.CLAIMED, LetterState.UNCERTAIN})
"""States of letters whose message has not been settled."""

# Built once: it runs for every message, and building it takes longer than running it.
LOCKED: Select[Any] = (
    select(OutgoingRow)
    .where(OutgoingRow.id == bindparam("wanted"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_with_letters(
    session: Session, message_id: UUID, states: Collection[LetterState] = UNSETTLED_LETTERS
) -> tuple[OutgoingRow, Sequence[LetterRow]]:
    """Return a message and the letters in these states that it carries, locked."""
    carried = letters.lock_carried(session, message_id, states)
    return session.scalars(LOCKED, {"wanted": message_id}).one(), carried


def leave_digest(session: Session, ids: Collection[UUID], digest_id: UUID, now: datetime) -> None:
    """Put claimed letters that did not fit into a digest back in their place in the queue."""
    for letter in letters.lock_in_order(session, ids):
        if letter.outgoing_id == digest_id and letter.state is LetterState.CLAIMED:
            letter.state, letter.outgoing_id, letter.changed_at = LetterState.QUEUED, None, now


def sealed_message(session: Session, letter_id: UUID) -> bytes | None:
    """Return a letter's sealed bytes as they were last handed over, if it was sent alone."""
    return session.scalar(select(OutgoingRow.message).where(OutgoingRow.id == letter_id))


def clear_messages(session: Session, letter_ids: Collection[UUID]) -> None:
    """Clear the bytes of letters as they were handed over alone."""
    session.execute(update(OutgoingRow).where(OutgoingRow.id.in_(letter_ids)).values(message=None))


def drop(letter: LetterRow, now: datetime) -> None:
    letter.state, letter.waiting_for, letter.changed_at = LetterState.DROPPED, None, now


def drop_over_limit(session: Session, letter: LetterRow, holder: Actor, now: datetime) -> None:
    """Drop a letter whose recipient already has another one by the same writer."""
    reply = "its recipient has had another letter of the same person within 30 days"
    result = AttemptResult(Outcome.DROPPED, ONE_LETTER_CODE, reply)
    attempts.record(session, [(None, letter.id)], holder, result, now)
    drop(letter, now)


def settle_unbuilt(
    session: Session,
    letter: LetterRow,
    holder: Actor,
    result: AttemptResult,
    now: datetime,
) -> None:
    """Record that a letter of a digest could not be built; refuse it, or try it again later."""
    attempts.record(session, [(None, letter.id)], holder, result, now)
    letter.outgoing_id, letter.changed_at = None, now
    if result.outcome is Outcome.PERMANENT:
        letter.state = LetterState.REFUSED
    else:
        letter.state = LetterState.QUEUED
        retry_later(letter, now)


def move_own_message(
    session: Session, letter: LetterRow, event: OutgoingEvent, now: datetime
) -> None:
    """Let an event happen to the message that carries this letter alone, if it can."""
    if letter.outgoing_id == letter.id:
        row = session.scalars(LOCKED, {"wanted": letter.id}).one()
        move_if_possible(row, event, now)


def follow(
    row: OutgoingRow, carried: Sequence[LetterRow], event: OutgoingEvent, now: datetime
) -> None:
    """Let the letters that a message carries follow it."""
    for letter in carried:
        letter.state, letter.changed_at = letter_state_after(event, row.kind), now


def retry_later(tried: QueuedMixin, now: datetime) -> None:
    """Count a temporary failure of what waits in a queue, and postpone it."""
    tried.failures += 1
    tried.due_at = now + retry_delay(tried.failures)
