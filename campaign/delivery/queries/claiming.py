"""Claiming: which messages may be sent now, and which worker has a lease on them.

Letters are claimed at each recipient's pace: its row is locked and its next time moved on in the
claim's transaction, so any number of workers keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Integer, bindparam, exists, or_, select

from campaign.delivery.queries import budgets
from campaign.delivery.queries.budgets import NO_BUDGET
from campaign.delivery.queries.transitions import move
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.delivery import LEASE
from campaign.delivery.rules.outgoing import (
    DeliveryPolicy,
    OutgoingEvent,
    OutgoingKind,
    OutgoingState,
)
from campaign.letters.queries.letters import NOT_TO_BE_DROPPED
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries.addresses import has_verified_email
from campaign.recipients.rows import AddressRow, RecipientRow
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.pace import PaceLimits
from campaign.store.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import Actor
    from campaign.delivery.queries.budgets import Budget
    from campaign.recipients.rules.pace import Holiday


@dataclass(frozen=True)
class SitePace:
    """The site's settings by which messages are claimed; `PaceLimits` are those of a recipient.

    `live`: only for recipients with a verified address. `enforced`: only in office hours and not
    faster than each recipient's limits; `per_hour` and `per_day` apply where it has no figures of
    its own, `holidays` says which days are public holidays, `jitter` makes gaps uneven.
    `budget`: of the site's own mails.
    """

    live: bool
    enforced: bool = False
    per_hour: int = 30
    per_day: int = 200
    holidays: Callable[[str], Holiday] = lambda _: lambda _: False
    jitter: Callable[[], float] = lambda: 0.0
    budget: Budget = NO_BUDGET

    def limits_for(self, recipient: RecipientRow, language: str = "") -> PaceLimits:
        """Return the limits of the address for letters in a language, by default the usual one."""
        address = recipient.address_for(Channel.EMAIL, language, live=self.live) or AddressRow()
        return PaceLimits(
            address.zone or recipient.zone,
            address.per_hour or recipient.per_hour or self.per_hour,
            address.per_day or recipient.per_day or self.per_day,
            address.opens or recipient.opens,
            address.closes or recipient.closes,
        )


def _due_mails(*which: ColumnElement[bool]) -> Select[OutgoingRow]:
    """Return the query that locks the mails which are due `now`, the longest first; `limit`: most.

    Such queries are built once: they run each time that a worker looks for work, and building one
    takes as long as running it.
    """
    return (
        select(OutgoingRow)
        .where(
            OutgoingRow.state == OutgoingState.QUEUED,
            # What carries letters is claimed with them.
            OutgoingRow.policy == DeliveryPolicy.AT_LEAST_ONCE,
            *which,
            OutgoingRow.due_at <= bindparam("now", type_=UtcDateTime),
        )
        .order_by(OutgoingRow.due_at)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
    )


_MAILS = _due_mails(OutgoingRow.held_signature_id.is_(None), OutgoingRow.news_id.is_(None))
_NEWS = _due_mails(OutgoingRow.held_signature_id.is_(None), OutgoingRow.news_id.is_not(None))
_HELD_MAILS = _due_mails(OutgoingRow.held_signature_id.is_not(None))

_NOT_SINGLY = exists().where(
    RecipientRow.key == LetterRow.recipient,
    or_(RecipientRow.paused_on.is_not(None), RecipientRow.digest),
)
_LETTERS = (
    select(LetterRow)
    .where(
        LetterRow.state == LetterState.QUEUED,
        LetterRow.due_at <= bindparam("now", type_=UtcDateTime),
        ~_NOT_SINGLY,
        NOT_TO_BE_DROPPED,
    )
    .order_by(LetterRow.due_at, LetterRow.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)


def claim_mails(
    session: Session, holder: Actor, now: datetime, limit: int, pace: SitePace
) -> list[OutgoingRow]:
    """Claim mails that somebody is waiting for: neither news nor those of held submissions."""
    due = session.scalars(_MAILS, {"now": now, "limit": limit}).all()
    return _claim_mails(session, due, holder, now, pace.budget)


def claim_news(
    session: Session, holder: Actor, now: datetime, limit: int, pace: SitePace
) -> list[OutgoingRow]:
    due = session.scalars(_NEWS, {"now": now, "limit": limit}).all()
    return _claim_mails(session, due, holder, now, pace.budget)


def claim_held_mails(
    session: Session, holder: Actor, now: datetime, limit: int, pace: SitePace
) -> list[OutgoingRow]:
    """Claim mails of held submissions, within their own budget.

    There may be very many, so none are even read once the budget is spent.
    """
    budget = pace.budget.for_held_mails
    limit = min(limit, budgets.remaining(session, budget, now))
    if not limit:
        return []
    due = session.scalars(_HELD_MAILS, {"now": now, "limit": limit}).all()
    return _claim_mails(session, due, holder, now, budget)


def _claim_mails(
    session: Session,
    due: Sequence[OutgoingRow],
    holder: Actor,
    now: datetime,
    budget: Budget,
) -> list[OutgoingRow]:
    rows = budgets.spend(session, due, budget, now) if due else []
    for row in rows:
        lease(row, holder, now)
    return rows


def claim_letters(
    session: Session, holder: Actor, now: datetime, limit: int, pace: SitePace
) -> list[OutgoingRow]:
    """Claim letters that are sent alone: each in a message of its own, under its id."""
    if pace.live or pace.enforced:
        rows: Sequence[LetterRow] = _next_of_each_recipient(session, now, limit, pace)
    else:
        rows = session.scalars(_LETTERS, {"now": now, "limit": limit}).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    known = session.scalars(select(OutgoingRow).where(OutgoingRow.id.in_(ids)))
    earlier = {message.id: message for message in known}
    claimed = []
    for row in rows:
        message = earlier.get(row.id) or message_for([row], row.id, OutgoingKind.LETTER, now)
        message.first_tried_at = row.first_tried_at
        carry(session, message, [row], holder, now)
        claimed.append(message)
    return claimed


def _next_of_each_recipient(
    session: Session, now: datetime, limit: int, pace: SitePace
) -> Sequence[LetterRow]:
    """Return at most one letter for each recipient that may be written to now.

    The recipient's row is locked and its next time moved on in this transaction, so
    any number of workers keeps the pace.
    """
    rows = []
    due = recipients_due(live=pace.live, digest=False)
    for recipient in session.scalars(due, {"now": now, "limit": limit}):
        letter = session.scalar(
            select(LetterRow)
            .where(
                LetterRow.recipient == recipient.key,
                LetterRow.state == LetterState.QUEUED,
                LetterRow.due_at <= now,
                NOT_TO_BE_DROPPED,
            )
            .order_by(LetterRow.due_at, LetterRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if letter is None:
            continue
        if pace.enforced:
            limits = pace.limits_for(recipient, letter.language)
            if not is_open_or_defer(recipient, limits, now, pace):
                continue
            _count_sent(recipient, limits, now, pace)
        rows.append(letter)
    return rows


@cache
def recipients_due(*, live: bool, digest: bool) -> Select[RecipientRow]:
    """Return the query that locks recipients that may be written to `now` and have letters queued.

    `digest`: those that get their letters in one mail a day; otherwise those that get single ones.
    It has the parameters `now` and `limit`.
    """
    now = bindparam("now", type_=UtcDateTime)
    waiting = select(LetterRow).where(
        LetterRow.recipient == RecipientRow.key,
        LetterRow.state == LetterState.QUEUED,
        LetterRow.due_at <= now,
        NOT_TO_BE_DROPPED,
    )
    recipients = select(RecipientRow).where(
        or_(RecipientRow.next_write_at.is_(None), RecipientRow.next_write_at <= now),
        RecipientRow.paused_on.is_(None),
        RecipientRow.digest if digest else ~RecipientRow.digest,
        waiting.correlate(RecipientRow).exists(),
    )
    if live:
        recipients = recipients.where(has_verified_email(RecipientRow.key.expression))
    return (
        recipients.order_by(RecipientRow.key)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def is_open_or_defer(
    recipient: RecipientRow, limits: PaceLimits, now: datetime, pace: SitePace
) -> bool:
    """Return whether the recipient may be written to now; if not, postpone its next time."""
    holiday = pace.holidays(recipient.government)
    today = limits.local_date(now)
    opening = limits.next_opening(now, holiday)
    if opening <= now and recipient.sent_on == today and recipient.sent_today >= limits.per_day:
        opening = limits.next_working_day_opening(today, holiday)
    if opening <= now:
        return True
    recipient.next_write_at = opening
    return False


def _count_sent(recipient: RecipientRow, limits: PaceLimits, now: datetime, pace: SitePace) -> None:
    today = limits.local_date(now)
    if recipient.sent_on != today:
        recipient.sent_on, recipient.sent_today = today, 0
    recipient.sent_today += 1
    recipient.next_write_at = now + limits.send_interval(pace.jitter())


def message_for(
    letters: Sequence[LetterRow], message_id: UUID, kind: OutgoingKind, now: datetime
) -> OutgoingRow:
    """Return a new message for letters to one recipient."""
    return OutgoingRow(
        id=message_id,
        recipient=letters[0].recipient,
        kind=kind,
        policy=DeliveryPolicy.AT_MOST_ONCE,
        language=letters[0].language,
        state=OutgoingState.QUEUED,
        queued_at=now,
    )


def carry(
    session: Session,
    message: OutgoingRow,
    letters: Sequence[LetterRow],
    holder: Actor,
    now: datetime,
) -> None:
    """Claim a message and the letters that it carries."""
    session.add(message)
    lease(message, holder, now)
    for letter in letters:
        letter.state, letter.outgoing_id, letter.changed_at = LetterState.CLAIMED, message.id, now


def lease(row: OutgoingRow, holder: Actor, now: datetime) -> None:
    move(row, OutgoingEvent.CLAIM, now)
    row.lease_until, row.lease_holder = now + LEASE, holder.name
