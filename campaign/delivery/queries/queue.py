"""What happens to a claimed message: two of the three short transactions around each.

A claim (`claiming`) is a lease. `begin_attempt` appends a row just before the message is handed
over, and extends the lease beyond the slowest server; `finish_attempt` appends the result. A lease
that expires without a start goes back into the queue; with a start and no result a letter is
uncertain, because it may have arrived, and a supporter's mail is sent again under the same
Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import bindparam, func, select, update

from campaign.delivery.queries import attempts, letter_caps, mails
from campaign.delivery.queries.attempts import AttemptResult, LetterStart, WorkerIdentity
from campaign.delivery.rows import MailRow
from campaign.delivery.rules.delivery import (
    CODE_KINDS,
    GIVE_UP_AFTER,
    LOCAL_FAULT_CODES,
    PAUSE_AFTER_FAILURES,
    SEND_LEASE,
    MailKind,
    MailState,
    Outcome,
    retry_delay,
)
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import ONE_LETTER_CODE, LetterState
from campaign.recipients.queries import ministries
from campaign.recipients.rules.pace import backoff_after
from campaign.signatures.rows.signatures import SignatureRow
from campaign.store.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select, Update
    from sqlalchemy.orm import Session

    from campaign.recipients.rows import MinistryRow

QueuedRow = LetterRow | MailRow
FAILED_STATES = frozenset({LetterState.REFUSED, LetterState.BOUNCED})
"""Final states of letters that did not arrive."""

_CODE_TRIES_ANEW = (
    update(SignatureRow)
    .where(SignatureRow.id == bindparam("signature"), SignatureRow.code_tries > 0)
    .values(code_tries=0)
    .execution_options(synchronize_session=False)
)

QueuedRowT = TypeVar("QueuedRowT", bound=LetterRow | MailRow)


def count_refusals(
    session: Session, ministry: MinistryRow, outcome: Outcome, now: datetime
) -> None:
    """Count refusals in a row: back off after a run of them, pause and notify after final ones."""
    if outcome is Outcome.UNKNOWN:
        return
    if outcome is Outcome.ACCEPTED:
        ministry.refusals = ministry.refused_for_good = 0
        return
    ministry.refusals = min(ministry.refusals + 1, 100)
    if rest := backoff_after(ministry.refusals):
        ministry.next_write_at = max(ministry.next_write_at or now, now + rest)
    final = outcome is Outcome.PERMANENT
    ministry.refused_for_good = ministry.refused_for_good + 1 if final else 0
    if ministry.refused_for_good >= PAUSE_AFTER_FAILURES:
        reason = f"{PAUSE_AFTER_FAILURES} letters in a row were refused for good"
        pause_and_notify(session, ministry, reason, now)


def pause_and_notify(session: Session, ministry: MinistryRow, reason: str, now: datetime) -> None:
    """Pause a ministry that is not paused yet, and notify the organisers."""
    if ministry.paused_on is None:
        ministry.paused_on, ministry.pause_reason = now.date(), reason
        mails.enqueue_notification(session, MailKind.MINISTRY_PAUSED, ministry.government, now)


def is_from_recipient(holder: WorkerIdentity, result: AttemptResult) -> bool:
    """Return whether a reply is the ministry's: no fault of our own, and not a safe address's."""
    return holder.reaches_recipient and result.code not in LOCAL_FAULT_CODES


def _uncount_sent(session: Session, row: QueuedRow) -> None:
    """Subtract a letter that was not sent from what its ministry has had today."""
    if isinstance(row, LetterRow):
        ministry = ministries.lock(session, row.government)
        ministry.written = max(ministry.written - 1, 0)


def _begun(kind: type[LetterRow | MailRow]) -> Update:
    """Return the statement that extends a lease, if it is still its holder's."""
    return (
        update(kind)
        .where(
            kind.id == bindparam("row"),
            kind.state == "claimed",
            kind.lease_holder == bindparam("holder"),
            kind.lease_until > bindparam("now", type_=UtcDateTime),
        )
        .values(
            lease_until=bindparam("until", type_=UtcDateTime),
            first_tried_at=func.coalesce(kind.first_tried_at, bindparam("now", type_=UtcDateTime)),
        )
    )


# Built once: they run for every message, and building one takes longer than running it.
_BEGUN = {kind.__tablename__: _begun(kind) for kind in (LetterRow, MailRow)}
_LOCKED: dict[str, Select[Any]] = {
    kind.__tablename__: select(kind)
    .where(kind.id == bindparam("wanted"))
    .with_for_update()
    .execution_options(populate_existing=True)
    for kind in (LetterRow, MailRow)
}


def begin_attempt(
    session: Session,
    kind: type[QueuedRowT],
    row_id: UUID,
    holder: WorkerIdentity,
    now: datetime,
    letter: LetterStart | None = None,
) -> bool:
    """Record that a message is about to be sent; return False if it must not be.

    It must not be if the lease is lost. Nor must a letter if another one by its writer was handed
    over within 30 days: it is dropped.
    """
    session.flush()
    lease = {"row": row_id, "holder": holder.name, "now": now, "until": now + SEND_LEASE}
    begun = session.connection().execute(_BEGUN[kind.__tablename__], lease)
    if begun.rowcount == 0:
        return False
    if letter is not None and not letter_caps.acquire(session, letter.caps, row_id, now.date()):
        row = session.scalars(_LOCKED[kind.__tablename__], {"wanted": row_id}).one()
        drop_over_limit(session, row, holder, now)
        _uncount_sent(session, row)
        return False
    attempts.record_start(session, row_id, holder, now, letter, is_letter=kind is LetterRow)
    return True


def finish_attempt(
    session: Session,
    kind: type[QueuedRowT],
    row_id: UUID,
    holder: WorkerIdentity,
    result: AttemptResult,
    now: datetime,
) -> QueuedRowT:
    """Record an attempt's result, and update the message unless somebody else already has.

    An uncertain letter whose worker reports late is settled by that report. Return the
    message's row, locked.
    """
    row: QueuedRowT = session.scalars(_LOCKED[kind.__tablename__], {"wanted": row_id}).one()
    attempts.record(session, row, holder, result.outcome, now, result)
    if row.lease_holder == holder.name and row.state in {"claimed", "uncertain"}:
        _settle(row, result, now)
        if isinstance(row, LetterRow) and is_from_recipient(holder, result):
            count_refusals(session, ministries.lock(session, row.government), result.outcome, now)
        if isinstance(row, MailRow) and row.state is MailState.ACCEPTED and row.kind in CODE_KINDS:
            _reset_code_tries(session, row.signature_id)
    return row


def retry_unsent(
    session: Session,
    kind: type[QueuedRowT],
    row_id: UUID,
    holder: WorkerIdentity,
    result: AttemptResult,
    now: datetime,
) -> None:
    """Requeue a claimed message that was never handed over because no connection was made."""
    row = lock_if_leased(session, kind, row_id, holder)
    if row is not None and row.state == "claimed":
        attempts.record(session, row, holder, result.outcome, now, result)
        _settle(row, result, now)
        _uncount_sent(session, row)


def unclaim(
    session: Session, kind: type[QueuedRowT], row_id: UUID, holder: WorkerIdentity, now: datetime
) -> None:
    """Put a claimed message back as if it had not been claimed."""
    row = lock_if_leased(session, kind, row_id, holder)
    if row is not None and row.state == "claimed":
        requeue(row, now, row.due_at or now)
        _uncount_sent(session, row)


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
    row = session.get(LetterRow, letter_id, with_for_update=True)
    if row is None:
        raise NotFound(str(letter_id))
    if row.state is not LetterState.UNCERTAIN:
        raise NoLongerPossible(row.state)
    outcome = Outcome.RELEASED if send else Outcome.DROPPED
    holder = WorkerIdentity(decision.by, "")
    attempts.record(session, row, holder, outcome, now, AttemptResult(outcome, "", decision.reason))
    if send:
        row.first_tried_at = None
        requeue(row, now, now)
    else:
        set_final_state(row, "dropped", now)
    return row


def retry_failed(
    session: Session, letter_id: UUID, decision: DecisionReason, now: datetime
) -> LetterRow:
    """Requeue a letter that was refused or bounced, as if it had never been tried.

    Raise NotFound for an unknown id and NoLongerPossible for a letter that did not fail.
    """
    row = session.get(LetterRow, letter_id, with_for_update=True)
    if row is None:
        raise NotFound(str(letter_id))
    if row.state not in FAILED_STATES or row.sealed is None:
        raise NoLongerPossible(row.state)
    holder, result = (
        WorkerIdentity(decision.by, ""),
        AttemptResult(Outcome.RELEASED, "", decision.reason),
    )
    attempts.record(session, row, holder, Outcome.RELEASED, now, result)
    row.first_tried_at, row.failures, row.queued_at = None, 0, now
    requeue(row, now, now)
    return row


def drop(row: QueuedRow, now: datetime) -> None:
    """Drop a claimed message that must not be sent any more."""
    set_final_state(row, "dropped", now)


def drop_over_limit(
    session: Session, row: QueuedRow, holder: WorkerIdentity, now: datetime
) -> None:
    """Drop a letter whose recipient already has another one by the same writer."""
    reply = "its recipient has had another letter of the same person within 30 days"
    result = AttemptResult(Outcome.DROPPED, ONE_LETTER_CODE, reply)
    attempts.record(session, row, holder, result.outcome, now, result)
    set_final_state(row, "dropped", now)


def expire_leases(session: Session, kind: type[QueuedRowT], now: datetime, limit: int) -> int:
    """Settle messages whose lease expired without word from the worker; return how many."""
    rows = session.scalars(
        select(kind)
        .where(kind.state == "claimed", kind.lease_until < now)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        if attempts.last_outcome(session, row) is Outcome.STARTED:
            holder = WorkerIdentity(row.lease_holder or "", "")
            result = AttemptResult(Outcome.UNKNOWN, "lease-over")
            attempts.record(session, row, holder, result.outcome, now, result)
            _settle(row, result, now)
        else:
            # In its old place: a digest that never started is still today's.
            requeue(row, now, row.due_at or now)
    return len(rows)


def _reset_code_tries(session: Session, signature_id: UUID | None) -> None:
    """Reset the code tries of a signature: a new code has arrived.

    Mostly there were none. Then the signature is not touched, and this does not wait for anybody
    who holds it and wants this mail.
    """
    session.execute(_CODE_TRIES_ANEW, {"signature": signature_id})


def lock_if_leased(
    session: Session, kind: type[QueuedRowT], row_id: UUID, holder: WorkerIdentity
) -> QueuedRowT | None:
    row = session.get(kind, row_id, with_for_update=True)
    return row if row is not None and row.lease_holder == holder.name else None


def _settle(row: QueuedRow, result: AttemptResult, now: datetime) -> None:
    outcome = result.outcome
    if outcome is Outcome.UNKNOWN and isinstance(row, LetterRow):
        # The lease holder stays: its late report may still settle the letter.
        row.state, row.changed_at = LetterState.UNCERTAIN, now
    elif outcome is Outcome.ACCEPTED:
        set_final_state(row, "accepted", now)
    elif outcome is Outcome.PERMANENT or retries_exhausted(row, result, now):
        set_final_state(row, "refused", now)
    else:
        row.failures += 1
        requeue(row, now, now + retry_delay(row.failures))


def retries_exhausted(row: QueuedRow, result: AttemptResult, now: datetime) -> bool:
    """Return whether a message has been refused for five days, not counting local faults.

    The time counts from its first attempt: a long wait in the queue is not a long trial.
    """
    tried_since = row.first_tried_at
    old = tried_since is not None and now - tried_since > GIVE_UP_AFTER
    return result.code not in LOCAL_FAULT_CODES and old


def restart_exhausted(rows: Iterable[LetterRow], result: AttemptResult, now: datetime) -> bool:
    """Return whether letters sent together have been tried for five days; restart that time if so.

    One reply ends none of them: their five days start again, once a person has looked.
    """
    old = [row for row in rows if retries_exhausted(row, result, now)]
    for row in old:
        row.first_tried_at = None
    return bool(old)


def set_final_state(row: QueuedRow, state: str, now: datetime) -> None:
    if isinstance(row, MailRow):
        row.state = MailState(state)
        row.accepted_at = now if row.state is MailState.ACCEPTED else None
    else:
        row.state = LetterState(state)
    row.lease_until = row.lease_holder = None
    row.changed_at = now


def requeue(row: QueuedRow, now: datetime, due_at: datetime) -> None:
    if isinstance(row, MailRow):
        row.state = MailState.QUEUED
    else:
        row.state = LetterState.QUEUED
    row.lease_until = row.lease_holder = None
    row.due_at, row.changed_at = due_at, now
