"""The pace at which each recipient is written to: set by organisers, and forecast for a letter."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from campaign.delivery.queries import mails
from campaign.delivery.queries.digests import next_digest_at
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import InvalidText
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.recipients.queries import addresses, recipients
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.recipient import audit_subject

if TYPE_CHECKING:
    from datetime import date, datetime, time

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.claiming import SitePace
    from campaign.letters.rows import LetterRow
    from campaign.recipients.rows import RecipientRow
    from campaign.recipients.rules.pace import PaceLimits


SOON = timedelta(minutes=15)
"""What is to be sent within this time is said to be on its way."""


def expected_send_time(
    session: Session, row: LetterRow, pace: SitePace, now: datetime
) -> datetime | None:
    """Return about when a queued letter will be sent, in its recipient's zone.

    None if that is soon, or nobody knows.
    """
    if not pace.enforced or row.state is not LetterState.QUEUED:
        return None
    recipient = recipients.get(session, row.recipient)
    limits = pace.limits_for(recipient)
    if recipient.digest:
        at = _next_digest(recipient, row, pace, now)
    elif recipient.paused_on is not None:
        at = None
    else:
        before = letters.count_queued_before(session, row)
        holiday = pace.holidays(recipient.government)
        at = limits.finish_time(before + 1, now, holiday, _sent_today(recipient, limits, now))
    return at.astimezone(ZoneInfo(limits.zone)) if at and at - now > SOON else None


def _next_digest(
    recipient: RecipientRow, row: LetterRow, pace: SitePace, now: datetime
) -> datetime:
    """Return when the digest that the letter will be in may be sent."""
    limits, holiday = pace.limits_for(recipient), pace.holidays(recipient.government)
    began = recipient.digest_until
    today = limits.local_date(now)
    if recipient.weekly and began and row.due_at and row.due_at > began:
        return next_digest_at(recipient, now, pace)
    if began and limits.local_date(began) == today and row.due_at and row.due_at > began:
        return limits.next_working_day_opening(today, holiday)
    return limits.next_opening(now, holiday)


def expected_queue_end(
    recipient: RecipientRow, queued: int, pace: SitePace, now: datetime
) -> date | None:
    """Return the day by which so many letters will have been sent; None for none, or for today."""
    if not queued or recipient.paused_on is not None:
        return None
    limits = pace.limits_for(recipient)
    sent_today = _sent_today(recipient, limits, now)
    by = limits.finish_date(queued, now, pace.holidays(recipient.government), sent_today)
    return by if by is not None and by > limits.local_date(now) else None


def _sent_today(recipient: RecipientRow, limits: PaceLimits, now: datetime) -> int:
    return recipient.sent_today if recipient.sent_on == limits.local_date(now) else 0


@dataclass(frozen=True)
class PaceChange:
    """A change of a recipient's pace; None leaves a value as it is.

    `shares_return_path`: the messages of a day have one return path; never an address's own.
    """

    per_hour: int | None = None
    per_day: int | None = None
    opens: time | None = None
    closes: time | None = None
    zone: str | None = None
    shares_return_path: bool | None = None

    def description(self) -> str:
        """Return the values that are set, for the audit log."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in given.items())


def set_pace(
    session: Session, key: str, wanted: PaceChange, by: str, now: datetime, address: str = ""
) -> RecipientRow:
    """Change the given values of a recipient, or of one of its e-mail addresses.

    Raise NotFound for an unknown key and InvalidText for an invalid value.
    """
    row = recipients.lock(session, key)
    places = list(row.addresses)
    target = addresses.find_address(row, Channel.EMAIL, address) if address else row
    if target is None:
        raise InvalidText("not-in-the-list")
    if wanted.zone is not None:
        _validate_zone(wanted.zone)
    for name, value in asdict(wanted).items():
        if value is not None:
            setattr(row if name == "shares_return_path" else target, name, value)
    hours = [(row.opens, row.closes)]
    # An address that has only one of the two takes the other from the recipient.
    hours += [(one.opens or row.opens, one.closes or row.closes) for one in places]
    if any(opens >= closes for opens, closes in hours):
        raise InvalidText("closes-before-it-opens")
    row.next_write_at = None
    session.flush()
    audit_log.append(
        session,
        AuditEntry(by, AuditAction.PACE_SET, audit_subject(row.key), wanted.description()),
        now,
    )
    return row


def set_digest(
    session: Session, key: str, *, on: bool, by: str, now: datetime, weekly: bool = False
) -> RecipientRow:
    """Switch a recipient to digests or to single letters; the first one is sent at once.

    `weekly`: one a week in place of one a day.
    """
    row = recipients.lock(session, key)
    row.digest, row.digest_until, row.next_write_at = on, None, None
    row.weekly = on and weekly
    session.flush()
    action = AuditAction.DIGEST_ON if on else AuditAction.DIGEST_OFF
    detail = "one a week" if row.weekly else ""
    audit_log.append(session, AuditEntry(by, action, audit_subject(row.key), detail), now)
    return row


def notify_long_queues(session: Session, pace: SitePace, now: datetime) -> None:
    """Notify the organisers of queues longer than five working days, once for each recipient."""
    for key, queued in letters.count_queued_by_recipient(session).items():
        row = recipients.get(session, key)
        settled = row.digest or row.digest_offered_on is not None or row.paused_on is not None
        if settled or not pace.limits_for(row).is_long_queue(
            queued, now, pace.holidays(row.government)
        ):
            continue
        row = recipients.lock(session, key)
        if not row.digest and row.digest_offered_on is None and row.paused_on is None:
            row.digest_offered_on = now.date()
            mails.enqueue_notification(session, OutgoingKind.LONG_QUEUE, row.key, now)


def _validate_zone(zone: str) -> None:
    if zone not in available_timezones():
        raise InvalidText("no-zone")
