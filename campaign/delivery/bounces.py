"""Bounces: messages that came back after a server had accepted them, for good or for now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.delivery.queries import attempts, carried_letters, refusals
from campaign.delivery.queries.attempts import Actor, AttemptResult
from campaign.delivery.queries.transitions import move
from campaign.delivery.rules.delivery import BOUNCE_WINDOW, PAUSE_AFTER_BOUNCES, Outcome
from campaign.delivery.rules.outgoing import CARRIERS, OutgoingEvent, OutgoingKind, OutgoingState
from campaign.errors import TooEarly
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries import recipients
from campaign.signatures.queries import signatures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.delivery.rows import AttemptRow, OutgoingRow
    from campaign.letters.rows import LetterRow

INBOUND = Actor("inbound", "")

_SENT_STATES = frozenset({OutgoingState.ACCEPTED, OutgoingState.UNCERTAIN})
_SENT_LETTERS = frozenset({LetterState.ACCEPTED, LetterState.UNCERTAIN})


def apply_report(session: Session, message_id: UUID, result: AttemptResult, now: datetime) -> int:
    """Record what a report says about a message, and update it and the letters that it carries.

    Permanent failure: it is bounced, and two letters within five days pause the recipient.
    Temporary: it is sent again until five days after its first attempt. Delayed: only recorded.
    What has moved on since stays as it is. Return how many letters the report was about.

    Raise TooEarly if the worker has not recorded the attempt's result yet.
    """
    # Lock the signatures first, as the private page does.
    signatures.lock_in_order(session, letters.writers_of_carried(session, message_id))
    row, carried = carried_letters.lock_with_letters(session, message_id, _SENT_LETTERS)
    if _is_being_sent(session, row):
        raise TooEarly(str(row.id))
    starts = attempts.unreported_starts(session, row.id)
    moved_on = row.kind in CARRIERS and not carried
    if row.state not in _SENT_STATES or not starts or moved_on:
        return 0
    started = {start.letter_id: start for start in starts}
    if row.kind is OutgoingKind.DIGEST:
        returned = [letter for letter in carried if letter.id in started]
        _apply_to_digest(session, row, returned, starts[0], result, now)
        return len(returned)
    attempts.record(session, attempts.subjects(row.id, carried), INBOUND, result, now)
    if result.outcome is not Outcome.DELAYED:
        _apply(row, carried, result, now)
    if carried and result.outcome is Outcome.BOUNCED and starts[0].reaches_recipient:
        _count_bounce(session, carried[0].recipient, starts[0].at, now)
    return len(carried)


def _is_being_sent(session: Session, row: OutgoingRow) -> bool:
    return (
        row.state is OutgoingState.CLAIMED
        and attempts.last_outcome_of_message(session, row.id) is Outcome.STARTED
    )


def _apply(
    row: OutgoingRow, carried: Sequence[LetterRow], result: AttemptResult, now: datetime
) -> None:
    tried = carried[0] if carried else row
    for_good = result.outcome is Outcome.BOUNCED or refusals.retries_exhausted(tried, result, now)
    event = OutgoingEvent.BOUNCE if for_good else OutgoingEvent.RETRY
    move(row, event, now)
    carried_letters.follow(row, carried, event, now)
    if not for_good:
        carried_letters.retry_later(tried, now)


def _apply_to_digest(
    session: Session,
    row: OutgoingRow,
    returned: Sequence[LetterRow],
    started: AttemptRow,
    result: AttemptResult,
    now: datetime,
) -> None:
    """Requeue the letters of a digest that came back.

    One report must not end hundreds of letters: a permanent failure pauses the recipient instead
    and notifies the organisers.
    """
    delayed, for_good = result.outcome is Outcome.DELAYED, result.outcome is Outcome.BOUNCED
    outcome = Outcome.DELAYED if delayed else Outcome.SOFT_BOUNCED
    back = AttemptResult(outcome, result.code, result.reply)
    if not returned:
        return
    attempts.record(session, [(row.id, letter.id) for letter in returned], INBOUND, back, now)
    if delayed:
        return
    move(row, OutgoingEvent.BOUNCE, now)
    carried_letters.follow(row, returned, OutgoingEvent.BOUNCE, now)
    for letter in returned:
        carried_letters.retry_later(letter, now)
    tired = refusals.restart_exhausted(returned, back, now)
    if (for_good or tired) and started.reaches_recipient:
        recipient = recipients.lock(session, returned[0].recipient)
        how = "bounced permanently" if for_good else "has been bouncing for five days"
        reason = f"{refusals.counted_digest(len(returned))} {how}"
        refusals.pause_and_notify(session, recipient, reason, now)


def record_auto_reply(session: Session, letter_id: UUID, now: datetime) -> None:
    """Record that a program replied to a letter: neither a bounce nor an answer."""
    letter = letters.find(session, letter_id)
    if letter is not None:
        reply = AttemptResult(Outcome.AUTO_REPLIED)
        attempts.record(session, [(letter.outgoing_id, letter.id)], INBOUND, reply, now)


def _count_bounce(session: Session, key: str, left_at: datetime, now: datetime) -> None:
    """Count letters that bounced for good within five days, and pause the recipient at the second.

    A letter sent before the recipient was last resumed says nothing about its address now.
    """
    recipient = recipients.lock(session, key)
    if recipient.resumed_at is not None and left_at < recipient.resumed_at:
        return
    recent = recipient.bounced_at is not None and now - recipient.bounced_at <= BOUNCE_WINDOW
    recipient.bounces = recipient.bounces + 1 if recent else 1
    recipient.bounced_at = now
    if recipient.bounces >= PAUSE_AFTER_BOUNCES:
        reason = f"{recipient.bounces} letters bounced permanently within five days"
        refusals.pause_and_notify(session, recipient, reason, now)
