"""What a recipient's replies mean for the next message to it: back off, pause, notify."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, or_, update

from campaign.delivery.queries import mails
from campaign.delivery.rules.delivery import (
    GIVE_UP_AFTER,
    LOCAL_FAULT_CODES,
    PAUSE_AFTER_REFUSALS,
    Outcome,
    retry_delay,
)
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.recipients.queries import recipients
from campaign.recipients.rows import RecipientRow
from campaign.recipients.rules.pace import backoff_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import Actor, AttemptResult
    from campaign.letters.rows import LetterRow
    from campaign.store.base import QueuedMixin


_RUN_ENDS = (
    update(RecipientRow)
    .where(
        RecipientRow.key == bindparam("recipient"),
        or_(RecipientRow.refusals > 0, RecipientRow.refused_for_good > 0),
    )
    .values(refusals=0, refused_for_good=0)
    .execution_options(synchronize_session=False)
)


def is_from_recipient(holder: Actor, result: AttemptResult) -> bool:
    """Return whether a reply is the recipient's: no fault of our own, and not a safe address's."""
    return holder.reaches_recipient and result.code not in LOCAL_FAULT_CODES


def count_outcome(session: Session, key: str, outcome: Outcome, now: datetime) -> None:
    """Count refusals in a row: back off after a run of them, pause and notify after final ones.

    An accepted letter ends the run. Mostly there is none; then the recipient is not even locked.
    """
    if outcome is Outcome.ACCEPTED:
        session.execute(_RUN_ENDS, {"recipient": key})
    elif outcome is not Outcome.UNKNOWN:
        _count_refusal(session, recipients.lock(session, key), outcome, now)


def _count_refusal(
    session: Session, recipient: RecipientRow, outcome: Outcome, now: datetime
) -> None:
    recipient.refusals = min(recipient.refusals + 1, 100)
    if rest := backoff_after(recipient.refusals):
        recipient.next_write_at = max(recipient.next_write_at or now, now + rest)
    final = outcome is Outcome.PERMANENT
    recipient.refused_for_good = recipient.refused_for_good + 1 if final else 0
    if recipient.refused_for_good >= PAUSE_AFTER_REFUSALS:
        reason = f"{PAUSE_AFTER_REFUSALS} letters in a row were permanently refused"
        pause_and_notify(session, recipient, reason, now)


def count_digest_refusal(
    session: Session,
    carried: Sequence[LetterRow],
    holder: Actor,
    result: AttemptResult,
    now: datetime,
) -> None:
    """Count a digest's result, and leave its recipient alone for a while after a refusal.

    One that is refused for good, or for five days, pauses the recipient: one reply must not decide
    about hundreds of letters, so a person has to.
    """
    recipient = recipients.lock(session, carried[0].recipient)
    if result.outcome in {Outcome.TEMPORARY, Outcome.PERMANENT}:
        again = now + retry_delay(max(row.failures for row in carried))
        recipient.next_write_at = max(recipient.next_write_at or again, again)
    if not is_from_recipient(holder, result):
        return
    for_good = result.outcome is Outcome.PERMANENT
    tired = result.outcome is Outcome.TEMPORARY and restart_exhausted(carried, result, now)
    if for_good or tired:
        how = "was permanently refused" if for_good else "has been refused for five days"
        pause_and_notify(session, recipient, f"{counted_digest(len(carried))} {how}", now)
    count_outcome(session, recipient.key, result.outcome, now)


def retries_exhausted(tried: QueuedMixin, result: AttemptResult, now: datetime) -> bool:
    """Return whether a message has been refused for five days, not counting local faults.

    The time counts from its first attempt: a long wait in the queue is not a long trial.
    """
    since = tried.first_tried_at
    old = since is not None and now - since > GIVE_UP_AFTER
    return result.code not in LOCAL_FAULT_CODES and old


def restart_exhausted(rows: Iterable[LetterRow], result: AttemptResult, now: datetime) -> bool:
    """Return whether letters sent together have been tried for five days; restart that time if so.

    One reply ends none of them: their five days start again, once a person has looked.
    """
    old = [row for row in rows if retries_exhausted(row, result, now)]
    for row in old:
        row.first_tried_at = None
    return bool(old)


def counted_digest(letters: int) -> str:
    """Return the words for a digest with so many letters, for the organisers."""
    return f"a digest with {letters} letter{'' if letters == 1 else 's'}"


def pause_and_notify(session: Session, recipient: RecipientRow, reason: str, now: datetime) -> None:
    """Pause a recipient that is not paused yet, and notify the organisers."""
    if recipient.paused_on is None:
        recipient.paused_on, recipient.pause_reason = now.date(), reason
        mails.enqueue_notification(session, OutgoingKind.MINISTRY_PAUSED, recipient.key, now)


def uncount_sent(session: Session, letter: LetterRow) -> None:
    """Subtract a letter that was not sent from what its recipient has had today."""
    recipient = recipients.lock(session, letter.recipient)
    recipient.sent_today = max(recipient.sent_today - 1, 0)
