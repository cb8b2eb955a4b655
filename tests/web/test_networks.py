"""One process's own counts of what networks send."""

from __future__ import annotations

from datetime import date

from campaign.web.rate_limits import IN_MEMORY, FixedWindowStorage, NetworkLimits, RateLimiter

TODAY = date(2026, 11, 28)


def test_a_network_is_over_its_limit_by_itself_and_for_each_form() -> None:
    rate_limiter = RateLimiter(
        IN_MEMORY, b"a made-up key", NetworkLimits(per_campaign=2, overall=3, mails=1)
    )
    assert rate_limiter.hit_signature("192.0.2.1", "a", TODAY)
    assert rate_limiter.hit_signature("192.0.2.1", "a", TODAY)
    assert not rate_limiter.hit_signature("192.0.2.1", "a", TODAY)
    assert rate_limiter.hit_signature("192.0.2.2", "a", TODAY)


def test_an_hour_later_counting_begins_anew() -> None:
    counts = FixedWindowStorage()
    assert [counts.incr("a", 0.0) for _ in range(2)] == [1, 1]
    assert [counts.incr("b", 3600.0) for _ in range(2)] == [1, 2]


def test_more_networks_than_fit_begin_anew_instead_of_filling_the_memory() -> None:
    counts = FixedWindowStorage(most=3)
    for name in "abcd":
        counts.incr(name, 3600.0)
    assert counts.incr("d", 3600.0) == 2
    assert counts.incr("a", 3600.0) == 1
