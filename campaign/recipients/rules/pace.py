"""When a recipient may be written to next: in its office hours, and within its limits.

The largest European tool sends at most 30 letters an hour to each target, in office
hours, with jitter, because officials' servers refuse more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DEFAULT_OPENS, DEFAULT_CLOSES = time(9), time(17)
"""Usual office hours, Monday to Friday, if an organiser has set no others."""

JITTER = 0.25
"""The part by which an interval may be longer: letters like clockwork look like a machine's."""

BACKOFF_THRESHOLD = 3
"""After so many refusals in a row, of whatever kind, sending to the recipient backs off."""

_MIN_BACKOFF = timedelta(minutes=15)
_MAX_BACKOFF = timedelta(days=1)
LONG_QUEUE_DAYS = 5
"""A queue of more working days than this is better sent as digests."""

_FORECAST_HORIZON = timedelta(days=366)
_SATURDAY = 5

Holiday = Callable[[date], bool]
"""Returns whether a day is a public holiday where the recipient is."""


@dataclass(frozen=True)
class PaceLimits:
    """A recipient's limits: letters an hour and a day, and its local office hours."""

    zone: str
    per_hour: int
    per_day: int
    opens: time = DEFAULT_OPENS
    closes: time = DEFAULT_CLOSES

    def local_date(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.zone)).date()

    def next_opening(self, now: datetime, holiday: Holiday) -> datetime:
        """Return when letters may be sent next: now, or at the next working day's opening."""
        zone = ZoneInfo(self.zone)
        local = now.astimezone(zone)
        if _is_working_day(local.date(), holiday):
            if self.opens <= local.time() < self.closes:
                return now
            if local.time() < self.opens:
                return datetime.combine(local.date(), self.opens, zone)
        return self.next_working_day_opening(local.date(), holiday)

    def next_working_day_opening(self, day: date, holiday: Holiday) -> datetime:
        """Return the opening of the first working day after that day."""
        following = day + timedelta(days=1)
        while not _is_working_day(following, holiday):
            following += timedelta(days=1)
        return datetime.combine(following, self.opens, ZoneInfo(self.zone))

    def midnight_after(self, day: date) -> datetime:
        return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self.zone))

    def is_long_queue(self, letters: int, now: datetime, holiday: Holiday) -> bool:
        """Return whether so many letters take more than five working days."""
        opening = self.next_opening(now, holiday)
        for _ in range(LONG_QUEUE_DAYS - 1):
            opening = self.next_working_day_opening(self.local_date(opening), holiday)
        by = self.finish_date(letters, now, holiday)
        return by is None or by > self.local_date(opening)

    def send_interval(self, chance: float) -> timedelta:
        """Return the time to the next letter; `chance` from 0 to 1 makes it uneven.

        Never shorter than an even share of the hour, so that no hour gets too many.
        """
        return timedelta(hours=1) / self.per_hour * (1 + JITTER * chance)

    def finish_date(
        self, letters: int, now: datetime, holiday: Holiday, sent_today: int = 0
    ) -> date | None:
        """Return the local day by which so many letters will be sent; None beyond a year."""
        by = self.finish_time(letters, now, holiday, sent_today)
        return self.local_date(by) if by else None

    def finish_time(
        self, letters: int, now: datetime, holiday: Holiday, sent_today: int = 0
    ) -> datetime | None:
        """Return about when the last of so many letters will be sent; None beyond a year."""
        opening = self.next_opening(now, holiday)
        used = sent_today if self.local_date(opening) == self.local_date(now) else 0
        while opening < now + _FORECAST_HORIZON:
            capacity, day = self._capacity(opening, used), self.local_date(opening)
            if letters <= capacity:
                return opening + self.send_interval(0.5) * (letters - 1)
            letters -= capacity
            opening, used = self.next_working_day_opening(day, holiday), 0
        return None

    def _capacity(self, opening: datetime, used: int) -> int:
        """Return how many letters can be sent from `opening` until closing, after `used` others."""
        local = opening.astimezone(ZoneInfo(self.zone))
        closing = datetime.combine(local.date(), self.closes, local.tzinfo)
        # The first is sent at once, the others after an interval each.
        by_hour = int((closing - local) / self.send_interval(0.5)) + 1
        return max(min(by_hour, self.per_day - used), 0)


def backoff_after(refusals: int) -> timedelta:
    """Return how long to leave a recipient alone after so many refusals in a row."""
    if refusals < BACKOFF_THRESHOLD:
        return timedelta(0)
    doublings: int = min(refusals - BACKOFF_THRESHOLD, 10)
    return min(_MIN_BACKOFF * (1 << doublings), _MAX_BACKOFF)


def _is_working_day(day: date, holiday: Holiday) -> bool:
    return day.weekday() < _SATURDAY and not holiday(day)
