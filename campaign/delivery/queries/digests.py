"""Digests: one mail a day to a ministry, with all its letters.

Each letter has its own rows in the attempt log, so that everything known of a letter is recorded
in the same way, whether it was sent alone or in a digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.delivery.queries import attempts, letter_caps, queue
from campaign.delivery.queries.claiming import is_open_or_defer, ministries_due, take_lease
from campaign.delivery.rows import AttemptRow
from campaign.delivery.rules.delivery import SEND_LEASE, Outcome, retry_delay
from campaign.errors import NotFound
from campaign.letters.queries import letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries import ministries
from campaign.recipients.rows import MinistryRow
from campaign.recipients.rules.addresses import Channel
from campaign.signatures.queries import signatures

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import AttemptResult, LetterStart, WorkerIdentity
    from campaign.delivery.queries.claiming import Pace
    from campaign.delivery.queries.queue import DecisionReason
    from campaign.recipients.rows import AddressRow
    from campaign.signatures.rows.signatures import SignatureRow

MAX_LETTERS_PER_DIGEST = 500
"""Letters in one digest: as many as a worker can typeset without growing too large."""


def claim(session: Session, holder: WorkerIdentity, now: datetime, pace: Pace) -> list[LetterRow]:
    """Claim the letters of one digest: to one ministry, of one campaign, oldest first.

    The day's digests contain the letters that were queued when the first of them began, so that
    a ministry gets one a day of each campaign, or more if one would be too large.
    """
    due = ministries_due(now, pace).where(MinistryRow.digest).limit(10)
    for ministry in session.scalars(due.with_for_update(skip_locked=True)):
        if pace.enforced and not is_open_or_defer(ministry, pace.limits_for(ministry), now, pace):
            continue
        rows = _todays_letters(session, ministry, now, pace)
        if rows is None:
            ministry.next_write_at = next_digest_at(ministry, now, pace)
        elif rows:
            for row in rows:
                row.state = LetterState.CLAIMED
                take_lease(row, holder, now)
            if pace.enforced:
                ministry.next_write_at = now + pace.limits_for(ministry).send_interval(
                    pace.jitter()
                )
            return list(rows)
    return []


def next_digest_at(ministry: MinistryRow, now: datetime, pace: Pace) -> datetime:
    """Return when the next digest after today's may be sent."""
    limits = pace.limits_for(ministry)
    if pace.enforced:
        return limits.next_working_day_opening(
            limits.local_date(now), pace.holidays(ministry.government)
        )
    return limits.midnight_after(limits.local_date(now))


def _todays_letters(
    session: Session, ministry: MinistryRow, now: datetime, pace: Pace
) -> Sequence[LetterRow] | None:
    """Return today's letters that are not claimed; None when all of today's have been sent."""
    day_of = pace.limits_for(ministry).local_date
    if ministry.digest_until is None or day_of(ministry.digest_until) != day_of(now):
        ministry.digest_until = now
    queued = (
        select(LetterRow)
        .where(
            LetterRow.government == ministry.government,
            LetterRow.state == LetterState.QUEUED,
            LetterRow.due_at <= ministry.digest_until,
        )
        .order_by(LetterRow.due_at, LetterRow.id)
    )
    first = session.scalar(queued.limit(1))
    if first is None:
        return None
    together = queued.where(
        LetterRow.campaign_id == first.campaign_id,
        LetterRow.language.in_(_languages_to_same_address(session, queued, ministry, first, pace)),
    )
    return session.scalars(
        together.limit(MAX_LETTERS_PER_DIGEST).with_for_update(skip_locked=True)
    ).all()


def _languages_to_same_address(
    session: Session,
    queued: Select[LetterRow],
    ministry: MinistryRow,
    first: LetterRow,
    pace: Pace,
) -> list[str]:
    """Return the languages whose letters go to the same address as the first one."""

    def target(language: str) -> AddressRow | None:
        return ministry.address_for(Channel.EMAIL, language, live=pace.live)

    languages = session.scalars(
        queued.with_only_columns(LetterRow.language).order_by(None).distinct()
    )
    return [one for one in languages if target(one) is target(first.language)]


def begin_attempt(
    session: Session, starts: Mapping[UUID, LetterStart], holder: WorkerIdentity, now: datetime
) -> bool:
    """Record that each letter is about to be sent; False, recording nothing, if one must not be.

    Those whose lease was lost must not be, nor those whose ministry has another letter by the
    same writer: these are dropped.
    """
    rows = letters.lock_in_order(session, starts.keys())
    if not all(
        row.lease_holder == holder.name
        and row.state is LetterState.CLAIMED
        and row.lease_until is not None
        and row.lease_until > now
        for row in rows
    ):
        return False
    if not _take_caps(session, rows, starts, holder, now):
        return False
    for row in rows:
        attempts.record_start(session, row.id, holder, now, starts[row.id], is_letter=True)
        row.first_tried_at = row.first_tried_at or now
        row.message = None  # what an earlier attempt alone would have handed over
        row.lease_until, row.changed_at = now + SEND_LEASE, now
    return True


def _take_caps(
    session: Session,
    rows: Sequence[LetterRow],
    starts: Mapping[UUID, LetterStart],
    holder: WorkerIdentity,
    now: datetime,
) -> bool:
    """Record all these letters as handed over, or none: then drop those over the limit."""
    noted, today = session.begin_nested(), now.date()
    over = [
        row for row in rows if not letter_caps.acquire(session, starts[row.id].caps, row.id, today)
    ]
    if not over:
        noted.commit()
        return True
    noted.rollback()
    for row in over:
        queue.drop_over_limit(session, row, holder, now)
    return False


def finish_attempt(
    session: Session,
    ids: Collection[UUID],
    digest_id: UUID,
    holder: WorkerIdentity,
    result: AttemptResult,
    now: datetime,
) -> list[tuple[LetterRow, SignatureRow]]:
    """Record the mail's result for each letter; return the letters that are accepted now.

    A mail that is refused for good ends no letter: it pauses the ministry and notifies the
    organisers, because one reply must not decide about hundreds.
    """
    writers = signatures.lock_in_order(session, ids)
    moved = []
    for row in letters.lock_in_order(session, ids):
        attempts.record(session, row, holder, result.outcome, now, result, digest_id)
        if row.lease_holder == holder.name and row.state in {"claimed", "uncertain"}:
            _settle(row, result, now)
            moved.append(row)
    if moved:
        _update_ministry(session, moved, holder, result, now)
    return [(row, writers[row.id]) for row in moved if row.state is LetterState.ACCEPTED]


def defer_ministry(
    session: Session, ids: Collection[UUID], holder: WorkerIdentity, now: datetime
) -> None:
    """Put claimed letters back into the queue, and leave their ministry alone for a while."""
    rows = letters.lock_in_order(session, ids)
    unclaim(session, ids, holder, now)
    for government in sorted({row.government for row in rows}):
        ministries.lock(session, government).next_write_at = now + retry_delay(1)


def unclaim(session: Session, ids: Collection[UUID], holder: WorkerIdentity, now: datetime) -> None:
    """Put claimed letters back in their place in the queue, as if they had not been claimed."""
    for row in letters.lock_in_order(session, ids):
        if row.lease_holder == holder.name and row.state is LetterState.CLAIMED:
            queue.requeue(row, now, row.due_at or now)


def drop(session: Session, letter_id: UUID, holder: WorkerIdentity, now: datetime) -> None:
    """Drop a claimed letter that must not be sent any more."""
    for row in letters.lock_in_order(session, [letter_id]):
        if row.lease_holder == holder.name and row.state is LetterState.CLAIMED:
            queue.drop(row, now)


def resolve_uncertain(
    session: Session, digest_id: UUID, decision: DecisionReason, *, send: bool, now: datetime
) -> int:
    """Send the uncertain letters of a digest again, or drop them; return how many.

    Raise NotFound if there are none.
    """
    rows = letters.lock_in_order(session, letter_ids_of(session, digest_id))
    uncertain = [row for row in rows if row.state is LetterState.UNCERTAIN]
    if not uncertain:
        raise NotFound(str(digest_id))
    for row in uncertain:
        queue.resolve_uncertain(session, row.id, decision, send=send, now=now)
    return len(uncertain)


def last_digest_of(session: Session, letter_id: UUID) -> UUID | None:
    """Return the digest of a letter's last attempt; None if it was tried alone."""
    return session.scalar(
        select(AttemptRow.digest_id)
        .where(AttemptRow.letter_id == letter_id, AttemptRow.outcome == Outcome.STARTED)
        .order_by(AttemptRow.id.desc())
        .limit(1)
    )


def letter_ids_of(session: Session, digest_id: UUID) -> Sequence[UUID]:
    """Return the ids of the letters that were sent in this digest, or were about to be."""
    found = session.scalars(
        select(AttemptRow.letter_id)
        .where(AttemptRow.digest_id == digest_id, AttemptRow.outcome == Outcome.STARTED)
        .order_by(AttemptRow.letter_id)
    )
    return [letter_id for letter_id in found if letter_id is not None]


def _settle(row: LetterRow, result: AttemptResult, now: datetime) -> None:
    """Update one letter. One that is requeued keeps its place, so that it is in today's digest."""
    if result.outcome is Outcome.UNKNOWN:
        row.state, row.changed_at = LetterState.UNCERTAIN, now
    elif result.outcome is Outcome.ACCEPTED:
        queue.set_final_state(row, "accepted", now)
    else:
        row.failures += 1
        queue.requeue(row, now, row.due_at or now)


def _update_ministry(
    session: Session,
    rows: Sequence[LetterRow],
    holder: WorkerIdentity,
    result: AttemptResult,
    now: datetime,
) -> None:
    ministry = ministries.lock(session, rows[0].government)
    failures = max(row.failures for row in rows)
    if result.outcome in {Outcome.TEMPORARY, Outcome.PERMANENT}:
        again = now + retry_delay(max(failures, 1))
        ministry.next_write_at = max(ministry.next_write_at or again, again)
    if not queue.is_from_recipient(holder, result):
        return
    for_good = result.outcome is Outcome.PERMANENT
    tired = result.outcome is Outcome.TEMPORARY and queue.restart_exhausted(rows, result, now)
    if for_good or tired:
        how = "for good" if for_good else "for five days"
        reason = f"a mail with {len(rows)} letters was refused {how}"
        queue.pause_and_notify(session, ministry, reason, now)
    queue.count_refusals(session, ministry, result.outcome, now)
