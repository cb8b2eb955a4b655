"""Bounces: messages that came back after a server had accepted them, for good or for now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.delivery.queries import attempts, digests, queue
from campaign.delivery.queries.attempts import AttemptResult, WorkerIdentity
from campaign.delivery.rows import MailRow
from campaign.delivery.rules.delivery import (
    GIVE_UP_AFTER,
    PAUSE_AFTER_FAILURES,
    MailState,
    Outcome,
    retry_delay,
)
from campaign.errors import TooEarly
from campaign.letters.queries import letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries import ministries
from campaign.signatures.queries import signatures

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.delivery.rows import AttemptRow

INBOUND = WorkerIdentity("inbound", "")

_SENT_STATES = frozenset({"accepted", "uncertain"})


def apply_report_to_letter(
    session: Session, letter_id: UUID, result: AttemptResult, now: datetime
) -> None:
    """Record what a report says about a letter, and update the letter.

    Permanent failure: it is bounced, and two within five days pause the ministry. Temporary: it is
    retried until five days after its first attempt. Delayed: only recorded. A letter that has moved
    on since stays as it is.
    """
    # Lock her signature first, as the private page does.
    signatures.lock(session, letter_id)
    row = letters.lock(session, letter_id)
    started = _reported_attempt(session, row, None) if row is not None else None
    if row is None or started is None:
        return
    attempts.record(session, row, INBOUND, result.outcome, now, result)
    if result.outcome is Outcome.BOUNCED:
        queue.set_final_state(row, LetterState.BOUNCED, now)
        if started.reaches_recipient:
            _count_bounce(session, row.government, started.at, now)
    elif result.outcome is Outcome.SOFT_BOUNCED:
        _try_again(row, result, LetterState.BOUNCED, now)


def apply_report_to_digest(
    session: Session, digest_id: UUID, result: AttemptResult, now: datetime
) -> int:
    """Requeue the letters of a digest that came back; return how many the report was about.

    One report must not end hundreds of letters: a permanent failure pauses the ministry instead and
    notifies the organisers.
    """
    ids = digests.letter_ids_of(session, digest_id)
    signatures.lock_in_order(session, ids)
    tries = {
        row: started
        for row in letters.lock_in_order(session, ids)
        if (started := _reported_attempt(session, row, digest_id)) is not None
    }
    rows = list(tries)
    back = AttemptResult(
        Outcome.DELAYED if result.outcome is Outcome.DELAYED else Outcome.SOFT_BOUNCED,
        result.code,
        result.reply,
    )
    for row in rows:
        attempts.record(session, row, INBOUND, back.outcome, now, back, digest_id)
        if back.outcome is Outcome.SOFT_BOUNCED:
            row.failures += 1
            queue.requeue(row, now, now + retry_delay(row.failures))
    tired = back.outcome is Outcome.SOFT_BOUNCED and queue.restart_exhausted(rows, back, now)
    for_good = result.outcome is Outcome.BOUNCED
    if rows and (for_good or tired) and tries[rows[0]].reaches_recipient:
        ministry = ministries.lock(session, rows[0].government)
        how = "for good" if for_good else "for five days"
        queue.pause_and_notify(
            session, ministry, f"a mail with {len(rows)} letters came back {how}", now
        )
    return len(rows)


def apply_report_to_mail(
    session: Session, mail_id: UUID, result: AttemptResult, now: datetime
) -> None:
    """Record what a report says about one of the site's own mails, and update the mail."""
    row = session.get(MailRow, mail_id, with_for_update=True)
    if row is None or _reported_attempt(session, row, None) is None:
        return
    attempts.record(session, row, INBOUND, result.outcome, now, result)
    if result.outcome is Outcome.BOUNCED:
        queue.set_final_state(row, MailState.REFUSED, now)
    elif result.outcome is Outcome.SOFT_BOUNCED:
        _try_again(row, result, MailState.REFUSED, now)


def record_auto_reply(session: Session, letter_id: UUID, now: datetime) -> None:
    """Record that a program replied to a letter: neither a bounce nor an answer."""
    row = session.get(LetterRow, letter_id)
    if row is not None:
        attempts.record(session, row, INBOUND, Outcome.AUTO_REPLIED, now)


def _reported_attempt(
    session: Session, row: LetterRow | MailRow, digest_id: UUID | None
) -> AttemptRow | None:
    """Return a message's last attempt, if a report about this mail is about that attempt.

    Raise TooEarly if the worker has not recorded the attempt's result yet.
    """
    if row.state == "claimed" and attempts.last_outcome(session, row) is Outcome.STARTED:
        raise TooEarly(str(row.id))
    last = attempts.unreported_start(session, row)
    about_it = last is not None and last.digest_id == digest_id
    return last if row.state in _SENT_STATES and about_it else None


def _try_again(
    row: LetterRow | MailRow, result: AttemptResult, ends_as: str, now: datetime
) -> None:
    if queue.retries_exhausted(row, result, now):
        queue.set_final_state(row, ends_as, now)
    else:
        row.failures += 1
        queue.requeue(row, now, now + retry_delay(row.failures))


def _count_bounce(session: Session, government: str, left_at: datetime, now: datetime) -> None:
    """Count letters that bounced for good within five days, and pause the ministry at the second.

    A letter sent before the ministry was last resumed says nothing about its address now.
    """
    ministry = ministries.lock(session, government)
    if ministry.resumed_at is not None and left_at < ministry.resumed_at:
        return
    recent = ministry.bounced_at is not None and now - ministry.bounced_at <= GIVE_UP_AFTER
    ministry.bounces = ministry.bounces + 1 if recent else 1
    ministry.bounced_at = now
    if ministry.bounces >= PAUSE_AFTER_FAILURES:
        reason = f"{ministry.bounces} letters came back for good within five days"
        queue.pause_and_notify(session, ministry, reason, now)
