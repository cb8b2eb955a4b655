"""Office hours, holidays, gaps and the day by which a queue is through."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from campaign.recipients.public_holidays import PublicHolidays
from campaign.recipients.reference_data import load_reference_data
from campaign.recipients.rules.pace import BACKOFF_THRESHOLD, PaceLimits, backoff_after
from campaign.recipients.rules.recipient import UNION, government_of
from campaign.settings.settings import BASE_DIR

ZONES = {
    government_of(key): recipient.zone
    for key, recipient in load_reference_data(BASE_DIR / "campaign" / "data").recipients.items()
}
BERLIN = PaceLimits("Europe/Berlin", per_hour=30, per_day=200)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
thorough = settings(deadline=None, database=None, max_examples=300)


def never(_day: date) -> bool:
    return False


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-11-02T09:00", "2026-11-02T09:00"),
        ("2026-11-02T16:59", "2026-11-02T16:59"),
        ("2026-11-02T17:00", "2026-11-03T09:00"),
        ("2026-11-02T03:00", "2026-11-02T09:00"),
        ("2026-11-06T18:00", "2026-11-09T09:00"),
        ("2026-11-07T12:00", "2026-11-09T09:00"),
        ("2026-12-24T18:00", "2026-12-28T09:00"),
        ("2026-10-24T12:00", "2026-10-26T09:00"),
    ],
)
def test_letters_leave_on_working_days_in_office_hours(now: str, opening: str) -> None:
    germany = PublicHolidays().is_holiday_in("DE")
    assert BERLIN.next_opening(berlin(now), germany) == berlin(opening)


def test_hours_are_those_of_the_ministrys_zone() -> None:
    ten_utc = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)
    athens = PaceLimits("Europe/Athens", 30, 200)
    lisbon = PaceLimits("Europe/Lisbon", 30, 200)
    assert athens.next_opening(ten_utc, never) == ten_utc
    assert lisbon.next_opening(ten_utc, never) == datetime(2026, 11, 2, 9, tzinfo=UTC)


@thorough
@given(now=MOMENTS, government=st.sampled_from(sorted(ZONES)))
def test_the_next_opening_is_open_and_not_in_the_past(now: datetime, government: str) -> None:
    limits = PaceLimits(ZONES[government], 30, 200)
    holiday = CALENDARS.is_holiday_in(government)
    opening = limits.next_opening(now, holiday).astimezone(ZoneInfo(limits.zone))
    assert opening >= now
    assert opening.weekday() < 5
    assert not holiday(opening.date())
    assert time(9) <= opening.time() < time(17)


@given(chance=st.floats(0, 1), per_hour=st.integers(1, 3600))
def test_no_gap_is_shorter_than_an_even_share_of_the_hour(chance: float, per_hour: int) -> None:
    gap = PaceLimits("Europe/Berlin", per_hour, 200).send_interval(chance)
    assert timedelta(hours=1) / per_hour <= gap <= timedelta(hours=1.26) / per_hour


@pytest.mark.parametrize(
    ("letters", "now", "by"),
    [
        (1, "2026-11-02T10:00", date(2026, 11, 2)),
        (200, "2026-11-02T09:00", date(2026, 11, 2)),
        (201, "2026-11-02T09:00", date(2026, 11, 3)),
        (1000, "2026-11-02T09:00", date(2026, 11, 6)),
        (1001, "2026-11-02T09:00", date(2026, 11, 9)),
        (10, "2026-11-07T09:00", date(2026, 11, 9)),
        (40, "2026-11-02T16:00", date(2026, 11, 3)),
    ],
)
def test_a_queue_is_through_by_a_day_that_can_be_said(letters: int, now: str, by: date) -> None:
    assert BERLIN.finish_date(letters, berlin(now), never) == by


def test_what_was_sent_today_is_taken_from_todays_room() -> None:
    now = berlin("2026-11-02T12:00")
    assert BERLIN.finish_date(50, now, never, sent_today=100) == date(2026, 11, 2)
    assert BERLIN.finish_date(50, now, never, sent_today=180) == date(2026, 11, 3)


def test_a_server_in_trouble_is_left_alone_longer_and_longer() -> None:
    rests = [backoff_after(refusals) for refusals in range(20)]
    assert rests[BACKOFF_THRESHOLD - 1] == timedelta(0)
    assert rests[BACKOFF_THRESHOLD] == timedelta(minutes=15)
    assert rests[BACKOFF_THRESHOLD + 1] == timedelta(minutes=30)
    assert rests[-1] == timedelta(days=1)


def test_every_government_has_a_zone_and_a_calendar() -> None:
    states = {code: zone for code, zone in ZONES.items() if code != UNION}
    for government, zone in states.items():
        assert ZoneInfo(zone)
        assert PublicHolidays().is_holiday_in(government)(date(2021, 1, 1))


CALENDARS = PublicHolidays()
