"""Claiming: which messages may be sent now, and which worker has a lease on them.

Letters are claimed at each ministry's pace: its row is locked and its next time moved on in the
claim's transaction, so any number of workers keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, or_, select

from campaign.delivery.queries import budgets
from campaign.delivery.queries.budgets import NO_BUDGET
from campaign.delivery.rows import MailRow
from campaign.delivery.rules.delivery import LEASE, MailState
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries.addresses import has_verified_email
from campaign.recipients.rows import AddressRow, MinistryRow
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.pace import PaceLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import WorkerIdentity
    from campaign.delivery.queries.budgets import Budget
    from campaign.delivery.queries.queue import QueuedRow
    from campaign.recipients.rules.pace import Holiday


@dataclass(frozen=True)
class Pace:
    """Settings by which messages are claimed.

    `live`: only for ministries with a verified address. `enforced`: only in office hours and not
    faster than each ministry's limits; `per_hour` and `per_day` apply where it has no figures of
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

    def limits_for(self, ministry: MinistryRow, language: str = "") -> PaceLimits:
        """Return the limits of the address for letters in a language, by default the usual one."""
        address = ministry.address_for(Channel.EMAIL, language, live=self.live) or AddressRow()
        return PaceLimits(
            address.zone or ministry.zone,
            address.per_hour or ministry.per_hour or self.per_hour,
            address.per_day or ministry.per_day or self.per_day,
            address.opens or ministry.opens,
            address.closes or ministry.closes,
        )


def claim_mails(
    session: Session, holder: WorkerIdentity, now: datetime, limit: int, pace: Pace
) -> list[MailRow]:
    """Claim mails that somebody is waiting for: neither news nor those of held submissions."""
    which = MailRow.held_with.is_(None), MailRow.news_id.is_(None)
    return _claim_mails(session, _due_mails(session, which, now, limit), holder, now, pace.budget)


def claim_news(
    session: Session, holder: WorkerIdentity, now: datetime, limit: int, pace: Pace
) -> list[MailRow]:
    which = MailRow.held_with.is_(None), MailRow.news_id.is_not(None)
    return _claim_mails(session, _due_mails(session, which, now, limit), holder, now, pace.budget)


def claim_held_mails(
    session: Session, holder: WorkerIdentity, now: datetime, limit: int, pace: Pace
) -> list[MailRow]:
    """Claim mails of held submissions, within their own budget.

    There may be very many, so none are even read once the budget is spent.
    """
    budget = pace.budget.for_held_mails
    limit = min(limit, budgets.remaining(session, budget, now))
    if not limit:
        return []
    due = _due_mails(session, [MailRow.held_with.is_not(None)], now, limit)
    return _claim_mails(session, due, holder, now, budget)


def _due_mails(
    session: Session, which: Iterable[ColumnElement[bool]], now: datetime, limit: int
) -> Sequence[MailRow]:
    return session.scalars(
        select(MailRow)
        .where(MailRow.state == MailState.QUEUED, *which, MailRow.due_at <= now)
        .order_by(MailRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def _claim_mails(
    session: Session, due: Sequence[MailRow], holder: WorkerIdentity, now: datetime, budget: Budget
) -> list[MailRow]:
    rows = budgets.spend(session, due, budget, now) if due else []
    for row in rows:
        row.state = MailState.CLAIMED
        take_lease(row, holder, now)
    return rows


def claim_letters(
    session: Session, holder: WorkerIdentity, now: datetime, limit: int, pace: Pace
) -> list[LetterRow]:
    if pace.live or pace.enforced:
        rows: Sequence[LetterRow] = _next_of_each_ministry(session, now, limit, pace)
    else:
        rows = _next_ignoring_pace(session, now, limit)
    for row in rows:
        row.state = LetterState.CLAIMED
        take_lease(row, holder, now)
    return list(rows)


def _next_ignoring_pace(session: Session, now: datetime, limit: int) -> Sequence[LetterRow]:
    not_singly = exists().where(
        MinistryRow.government == LetterRow.government,
        or_(MinistryRow.paused_on.is_not(None), MinistryRow.digest),
    )
    return session.scalars(
        select(LetterRow)
        .where(LetterRow.state == LetterState.QUEUED, LetterRow.due_at <= now, ~not_singly)
        .order_by(LetterRow.due_at, LetterRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def _next_of_each_ministry(
    session: Session, now: datetime, limit: int, pace: Pace
) -> Sequence[LetterRow]:
    """Return at most one letter for each ministry that may be written to now.

    The ministry's row is locked and its next time moved on in this transaction, so
    any number of workers keeps the pace.
    """
    rows = []
    for ministry in session.scalars(
        ministries_due(now, pace)
        .where(~MinistryRow.digest)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ):
        letter = session.scalar(
            select(LetterRow)
            .where(
                LetterRow.government == ministry.government,
                LetterRow.state == LetterState.QUEUED,
                LetterRow.due_at <= now,
            )
            .order_by(LetterRow.due_at, LetterRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if letter is None:
            continue
        if pace.enforced:
            limits = pace.limits_for(ministry, letter.language)
            if not is_open_or_defer(ministry, limits, now, pace):
                continue
            _count_sent(ministry, limits, now, pace)
        rows.append(letter)
    return rows


def ministries_due(now: datetime, pace: Pace) -> Select[MinistryRow]:
    """Return the query for ministries that may be written to now and have letters queued."""
    waiting = select(LetterRow).where(
        LetterRow.government == MinistryRow.government,
        LetterRow.state == LetterState.QUEUED,
        LetterRow.due_at <= now,
    )
    ministries = select(MinistryRow).where(
        or_(MinistryRow.next_write_at.is_(None), MinistryRow.next_write_at <= now),
        MinistryRow.paused_on.is_(None),
        waiting.correlate(MinistryRow).exists(),
    )
    if pace.live:
        ministries = ministries.where(has_verified_email(MinistryRow.government.expression))
    return ministries.order_by(MinistryRow.government)


def is_open_or_defer(ministry: MinistryRow, limits: PaceLimits, now: datetime, pace: Pace) -> bool:
    """Return whether the ministry may be written to now; if not, postpone its next time."""
    holiday = pace.holidays(ministry.government)
    today = limits.local_date(now)
    opening = limits.next_opening(now, holiday)
    if opening <= now and ministry.written_on == today and ministry.written >= limits.per_day:
        opening = limits.next_working_day_opening(today, holiday)
    if opening <= now:
        return True
    ministry.next_write_at = opening
    return False


def _count_sent(ministry: MinistryRow, limits: PaceLimits, now: datetime, pace: Pace) -> None:
    today = limits.local_date(now)
    if ministry.written_on != today:
        ministry.written_on, ministry.written = today, 0
    ministry.written += 1
    ministry.next_write_at = now + limits.send_interval(pace.jitter())


def take_lease(row: QueuedRow, holder: WorkerIdentity, now: datetime) -> None:
    row.lease_until = now + LEASE
    row.lease_holder = holder.name
    row.changed_at = now
