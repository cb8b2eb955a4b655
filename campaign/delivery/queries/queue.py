"""What happens to a claimed message: two of the three short transactions around each.

A claim (`claiming`) is a lease. `begin_attempt` appends a row just before the message is handed
over, and extends the lease beyond the slowest server; `finish_attempt` appends the result. A lease
that expires without a start goes back into the queue; with a start and no result, the message's
policy decides: one that may go out at most once is uncertain, any other is sent again.

Every change of state goes through the table in `rules/outgoing.py`. Letters are locked before the
message that carries them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, update

from campaign.delivery.queries import attempts, letter_caps, refusals
from campaign.delivery.queries.attempts import Actor, AttemptResult
from campaign.delivery.queries.carried_letters import (
    LOCKED,
    UNSETTLED_LETTERS,
    clear_messages,
    drop,
    drop_over_limit,
    follow,
    lock_with_letters,
    move_own_message,
    retry_later,
)
from campaign.delivery.queries.transitions import move
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.delivery import (
    SEND_LEASE,
    Outcome,
)
from campaign.delivery.rules.outgoing import (
    CODE_KINDS,
    OutgoingEvent,
    OutgoingKind,
    OutgoingState,
    event_after,
)
from campaign.letters.queries import letters
from campaign.signatures.rows import SignatureRow
from campaign.store.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import MessageStart
    from campaign.letters.rows import LetterRow
    from campaign.store.base import QueuedMixin

_UNSETTLED = frozenset({OutgoingState.CLAIMED, OutgoingState.UNCERTAIN})

_CODE_TRIES_ANEW = (
    update(SignatureRow)
    .where(SignatureRow.id == bindparam("signature"), SignatureRow.code_tries > 0)
    .values(code_tries=0)
    .execution_options(synchronize_session=False)
)

# Built once: they run for every message, and building one takes longer than running it.
_BEGUN = (
    update(OutgoingRow)
    .where(
        OutgoingRow.id == bindparam("row"),
        OutgoingRow.state == OutgoingState.CLAIMED,
        OutgoingRow.lease_holder == bindparam("holder"),
        OutgoingRow.lease_until > bindparam("now", type_=UtcDateTime),
    )
    .values(
        lease_until=bindparam("until", type_=UtcDateTime),
        first_tried_at=func.coalesce(
            OutgoingRow.first_tried_at, bindparam("now", type_=UtcDateTime)
        ),
    )
)


def begin_attempt(session: Session, start: MessageStart, holder: Actor, now: datetime) -> bool:
    """Record that a message is about to be sent; return False if it must not be.

    It must not be if the lease is lost, or if one of its letters is no longer to be sent. Nor may
    a letter whose writer had another one handed over within 30 days: it is dropped.
    """
    session.flush()
    if start.caps and letters.lock_claimed(session, start.caps, start.id) < len(start.caps):
        return False
    lease = {"row": start.id, "holder": holder.name, "now": now, "until": now + SEND_LEASE}
    if session.connection().execute(_BEGUN, lease).rowcount == 0:
        return False
    if over := _over_limit(session, start, now):
        for letter in letters.lock_in_order(session, over):
            drop_over_limit(session, letter, holder, now)
            move_own_message(session, letter, OutgoingEvent.DROP, now)
            if not start.is_digest:
                refusals.uncount_sent(session, letter)
        return False
    attempts.record_start(session, start, holder, now)
    if start.is_digest:
        clear_messages(session, start.caps)
    return True


def _over_limit(session: Session, start: MessageStart, now: datetime) -> list[UUID]:
    """Record all its letters as handed over, or none; return those over the limit."""

    def is_over(letter_id: UUID) -> bool:
        return not letter_caps.acquire(session, start.caps[letter_id], letter_id, now.date())

    # Ordered, so that no two workers wait for each other.
    ids = sorted(start.caps)
    if len(ids) <= 1:
        return [one for one in ids if is_over(one)]
    noted = session.begin_nested()
    over = [one for one in ids if is_over(one)]
    if over:
        noted.rollback()
    else:
        noted.commit()
    return over


def finish_attempt(
    session: Session,
    message_id: UUID,
    holder: Actor,
    result: AttemptResult,
    now: datetime,
    letter_ids: Collection[UUID] = (),
) -> list[LetterRow]:
    """Record an attempt's result, and update the message unless somebody else already has.

    One that is uncertain is settled by its worker's late report. `letter_ids`: those of the letters
    that it carries; return those that changed, locked.
    """
    carried = letters.lock_in_order(session, letter_ids) if letter_ids else ()
    row = session.scalars(LOCKED, {"wanted": message_id}).one()
    attempts.record(session, attempts.subjects(row.id, carried), holder, result, now)
    if row.lease_holder != holder.name or row.state not in _UNSETTLED:
        return []
    moved = [one for one in carried if one.outgoing_id == row.id and one.state in UNSETTLED_LETTERS]
    _settle(row, moved, result, now)
    if row.kind is OutgoingKind.DIGEST and moved:
        refusals.count_digest_refusal(session, moved, holder, result, now)
    elif moved and refusals.is_from_recipient(holder, result):
        refusals.count_outcome(session, moved[0].recipient, result.outcome, now)
    if row.state is OutgoingState.ACCEPTED and row.kind in CODE_KINDS:
        _reset_code_tries(session, row.signature_id)
    return moved


def retry_unsent(
    session: Session, message_id: UUID, holder: Actor, result: AttemptResult, now: datetime
) -> None:
    """Requeue a claimed message that was never handed over because no connection was made."""
    row, carried = lock_with_letters(session, message_id)
    if row.lease_holder == holder.name and row.state is OutgoingState.CLAIMED:
        attempts.record(session, attempts.subjects(row.id, carried), holder, result, now)
        _settle(row, carried, result, now)
        for letter in carried:
            refusals.uncount_sent(session, letter)


def unclaim(session: Session, message_id: UUID, holder: Actor, now: datetime) -> None:
    """Put a claimed message back as if it had not been claimed."""
    row, carried = lock_with_letters(session, message_id)
    if row.lease_holder == holder.name and row.state is OutgoingState.CLAIMED:
        _give_back(row, carried, now)
        if row.kind is OutgoingKind.LETTER:
            for letter in carried:
                refusals.uncount_sent(session, letter)


def expire_leases(session: Session, now: datetime, limit: int) -> int:
    """Settle messages whose lease expired without word from the worker; return how many."""
    lapsed = OutgoingRow.state == OutgoingState.CLAIMED, OutgoingRow.lease_until < now
    settled = 0
    for message_id in session.scalars(select(OutgoingRow.id).where(*lapsed).limit(limit)).all():
        row, carried = lock_with_letters(session, message_id)
        if row.state is not OutgoingState.CLAIMED or row.lease_until is None:
            continue  # its worker, or another one, was faster
        settled += 1
        if attempts.last_outcome_of_message(session, row.id) is Outcome.STARTED:
            holder = Actor(row.lease_holder or "", "")
            result = AttemptResult(Outcome.UNKNOWN, "lease-over")
            attempts.record(session, attempts.subjects(row.id, carried), holder, result, now)
            _settle(row, carried, result, now)
        else:
            # In its old place: a digest that never started is still today's.
            _give_back(row, carried, now)
    return settled


def drop_claimed(session: Session, row: OutgoingRow, now: datetime) -> None:
    """Drop a claimed message that must not be sent any more, and its letter if it is one."""
    if row.kind is OutgoingKind.LETTER:
        for letter in letters.lock_carried(session, row.id, UNSETTLED_LETTERS):
            drop(letter, now)
    move(row, OutgoingEvent.DROP, now)


def _settle(
    row: OutgoingRow, carried: Sequence[LetterRow], result: AttemptResult, now: datetime
) -> None:
    """Update a message and its letters; a digest's letters keep their places in the queue."""
    shared = row.kind is OutgoingKind.DIGEST
    for letter in carried:
        letter.first_tried_at = letter.first_tried_at or row.first_tried_at
    final = shared or result.outcome is Outcome.PERMANENT
    tried: Sequence[QueuedMixin] = carried or [row]
    if not shared:
        final = final or any(refusals.retries_exhausted(one, result, now) for one in tried)
    event = event_after(result.outcome, row.policy, final=final)
    move(row, event, now)
    follow(row, carried, event, now)
    for one in tried:
        if event is OutgoingEvent.DEFER:
            retry_later(one, now)
        elif shared and event is OutgoingEvent.REFUSE:
            one.failures, one.due_at = one.failures + 1, one.due_at or now


def _give_back(row: OutgoingRow, carried: Sequence[LetterRow], now: datetime) -> None:
    event = OutgoingEvent.DROP if row.kind is OutgoingKind.DIGEST else OutgoingEvent.UNCLAIM
    move(row, event, now)
    follow(row, carried, event, now)


def _reset_code_tries(session: Session, signature_id: UUID | None) -> None:
    """Reset the code tries of a signature: a new code has arrived.

    Mostly there were none. Then the signature is not touched, and this does not wait for anybody
    who holds it and wants this mail.
    """
    session.execute(_CODE_TRIES_ANEW, {"signature": signature_id})
