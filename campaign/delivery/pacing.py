"""How fast each ministry is written to: set by organisers, and what that means for a letter."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from campaign.delivery.queries import mails
from campaign.delivery.rules.delivery import MailKind
from campaign.errors import UnacceptableText
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState
from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.recipients.queries import addresses, ministries
from campaign.recipients.rules.directory import Channel

if TYPE_CHECKING:
    from datetime import date, datetime, time

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.claiming import Pace
    from campaign.letters.rows import LetterRow
    from campaign.recipients.rows.ministries import MinistryRow


def through_by(session: Session, row: LetterRow, pace: Pace, now: datetime) -> date | None:
    """Return the day, there, by which a queued letter should have left; None if it is today."""
    if not pace.kept or row.state is not LetterState.QUEUED:
        return None
    ministry = ministries.get(session, row.government)
    if ministry.digest:
        return _next_digest(ministry, row, pace, now)
    return queue_through_by(ministry, letters.queued_before(session, row) + 1, pace, now)


def _next_digest(ministry: MinistryRow, row: LetterRow, pace: Pace, now: datetime) -> date | None:
    """Return the day of the mail that the letter is in; None if that is today."""
    bearable, holiday = pace.bearable(ministry), pace.holidays(ministry.government)
    began = ministry.digest_until
    today = bearable.day_of(now)
    if began and bearable.day_of(began) == today and row.due_at and row.due_at > began:
        return bearable.day_of(bearable.opening_after(today, holiday))
    by = bearable.day_of(bearable.next_opening(now, holiday))
    return by if by > today else None


def queue_through_by(ministry: MinistryRow, queued: int, pace: Pace, now: datetime) -> date | None:
    """Return the day on which so many letters will have left; None for none, or for today."""
    if not queued or ministry.paused_on is not None:
        return None
    bearable = pace.bearable(ministry)
    today = bearable.day_of(now)
    sent_today = ministry.written if ministry.written_on == today else 0
    by = bearable.through_by(queued, now, pace.holidays(ministry.government), sent_today)
    return by if by is not None and by > today else None


@dataclass(frozen=True)
class Wanted:
    """What an organiser sets; None leaves it as it is."""

    per_hour: int | None = None
    per_day: int | None = None
    opens: time | None = None
    closes: time | None = None
    zone: str | None = None

    def in_words(self) -> str:
        """Return what is set, for the log."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in given.items())


def set_pace(
    session: Session, government: str, wanted: Wanted, by: str, now: datetime, address: str = ""
) -> MinistryRow:
    """Change what is given, of the ministry or of one of its e-mail addresses.

    Raise NotFound for an unknown government and UnacceptableText for what cannot be.
    """
    row = ministries.lock(session, government)
    places = list(row.addresses)
    target = addresses.found(row, Channel.EMAIL, address) if address else row
    if target is None:
        raise UnacceptableText("not-in-the-list")
    if wanted.zone is not None:
        _must_be_zone(wanted.zone)
    for name, value in asdict(wanted).items():
        if value is not None:
            setattr(target, name, value)
    hours = [(row.opens, row.closes)]
    # An address that has only one of the two has the other from the ministry.
    hours += [(one.opens or row.opens, one.closes or row.closes) for one in places]
    if any(opens >= closes for opens, closes in hours):
        raise UnacceptableText("closes-before-it-opens")
    row.next_write_at = None
    session.flush()
    log.append(session, Entry(by, Action.PACE_SET, _about(row), wanted.in_words()), now)
    return row


def use_digest(
    session: Session, government: str, *, on: bool, by: str, now: datetime
) -> MinistryRow:
    """Send one mail a day with all letters, or single letters; the first one leaves at once."""
    row = ministries.lock(session, government)
    row.digest, row.digest_until, row.next_write_at = on, None, None
    session.flush()
    action = Action.DIGEST_ON if on else Action.DIGEST_OFF
    log.append(session, Entry(by, action, _about(row)), now)
    return row


def offer_digests(session: Session, pace: Pace, now: datetime) -> None:
    """Tell the organisers of queues longer than five working days: once for each ministry."""
    for government, queued in letters.queued_by_government(session).items():
        row = ministries.get(session, government)
        settled = row.digest or row.digest_offered_on is not None or row.paused_on is not None
        if settled or not pace.bearable(row).is_long(queued, now, pace.holidays(government)):
            continue
        row = ministries.lock(session, government)
        if not row.digest and row.digest_offered_on is None and row.paused_on is None:
            row.digest_offered_on = now.date()
            mails.enqueue_call(session, MailKind.LONG_QUEUE, government, now)


def _about(row: MinistryRow) -> str:
    return f"ministry {row.government}"


def _must_be_zone(zone: str) -> None:
    if zone not in available_timezones():
        raise UnacceptableText("no-zone")
