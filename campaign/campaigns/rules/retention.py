"""When a campaign's personal data is erased, and from when on its organisers are told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from campaign.campaigns.rules.campaign import Facts

NOTICE_PERIOD = timedelta(days=7)
"""How long before the erasure organisers are told of it."""


def erasure_date(facts: Facts) -> date | None:
    """Return the day from which on everything personal is erased; None while no end is set."""
    if facts.closes_on is None:
        return None
    return facts.closes_on + timedelta(days=facts.retention_days)


def was_announced(facts: Facts, told_on: date | None) -> bool:
    """Return whether the notice was about this end: the campaign may have been prolonged since."""
    ends = erasure_date(facts)
    return ends is not None and told_on is not None and told_on >= ends - NOTICE_PERIOD


def is_announcement_due(facts: Facts, told_on: date | None, today: date) -> bool:
    ends = erasure_date(facts)
    return ends is not None and today >= ends - NOTICE_PERIOD and not was_announced(facts, told_on)


def is_erasure_due(facts: Facts, told_on: date | None, today: date) -> bool:
    """Return whether the time is over and the organisers were told in time."""
    ends = erasure_date(facts)
    if ends is None or told_on is None or not was_announced(facts, told_on):
        return False
    return today >= max(ends, told_on + NOTICE_PERIOD)
