"""Identifiers that sort by the moment in which they were made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import RFC_4122, UUID

from hypothesis import example, given, settings, strategies as st

from campaign.store.ids import uuid7

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MILLISECOND = timedelta(milliseconds=1)

thorough = settings(deadline=None, database=None, max_examples=500)


def made_at(identifier: UUID) -> datetime:
    """Read the milliseconds in the first 48 bits (RFC 9562, section 5.7)."""
    return datetime(1970, 1, 1, tzinfo=UTC) + (identifier.int >> 80) * MILLISECOND


@thorough
@given(now=MOMENTS)
def test_an_identifier_is_a_uuid_of_version_7(now: datetime) -> None:
    identifier = uuid7(now)
    assert identifier.version == 7
    assert identifier.variant == RFC_4122


@thorough
@given(now=MOMENTS)
@example(now=datetime(2038, 2, 1, 0, 0, 0, 2000, tzinfo=UTC))
def test_an_identifier_carries_its_moment_to_the_millisecond(now: datetime) -> None:
    assert made_at(uuid7(now)) == now.replace(microsecond=now.microsecond // 1000 * 1000)


@thorough
@given(now=MOMENTS)
def test_an_identifier_of_the_next_millisecond_sorts_behind(now: datetime) -> None:
    assert uuid7(now) < uuid7(now + MILLISECOND)


def test_every_millisecond_of_a_second_is_told_from_the_next_one() -> None:
    start = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    moments = [start + n * MILLISECOND for n in range(1000)]
    assert [made_at(uuid7(moment)) for moment in moments] == moments


def test_identifiers_of_one_moment_differ() -> None:
    now = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    assert len({uuid7(now) for _ in range(1_000)}) == 1_000


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    now = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    here = now.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert made_at(uuid7(here)) == now
