"""How long a message waits before it is tried again, and for how long at all."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings, strategies as st

from campaign.delivery.rules.delivery import GIVE_UP_AFTER, LEASE, retry_delay


def test_the_gaps_grow_from_five_minutes_to_three_hours() -> None:
    assert [retry_delay(failures) for failures in range(1, 6)] == [
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=3),
        timedelta(hours=3),
    ]


@settings(deadline=None, database=None)
@given(failures=st.integers(1, 10**9))
def test_a_gap_never_shrinks_and_never_exceeds_three_hours(failures: int) -> None:
    assert retry_delay(failures) <= retry_delay(failures + 1) <= timedelta(hours=3)


def test_a_message_is_tried_many_times_before_it_is_given_up_after_four_to_five_days() -> None:
    tries, waited = 1, timedelta(0)
    while waited < GIVE_UP_AFTER:
        waited += retry_delay(tries)
        tries += 1
    assert timedelta(days=4) <= GIVE_UP_AFTER <= timedelta(days=5)
    assert 30 <= tries <= 60


def test_a_lease_is_over_when_the_message_is_due_again() -> None:
    gaps = [retry_delay(failures) for failures in range(1, 10)]
    assert all(gap >= LEASE for gap in gaps)
