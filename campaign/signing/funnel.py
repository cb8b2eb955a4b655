"""How many get from the preview to a confirmed signature, by day and by source."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from campaign.signatures.queries import statistics
from campaign.signing.queries import preview_counts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.orm import Session

FUNNEL_DAYS = 7


@dataclass(frozen=True)
class FunnelSteps:
    """Previews, signatures and those of them that were confirmed, whatever became of them since.

    Who only signs sees no preview, so there may be more signatures than previews.
    """

    previews: int = 0
    signed: int = 0
    confirmed: int = 0

    def __add__(self, other: FunnelSteps) -> FunnelSteps:
        return FunnelSteps(
            self.previews + other.previews,
            self.signed + other.signed,
            self.confirmed + other.confirmed,
        )


@dataclass(frozen=True)
class Funnel:
    """The steps of the last days: by UTC day, newest first, and by source, most signed first."""

    by_day: Mapping[date, FunnelSteps]
    by_source: Mapping[str, FunnelSteps]


def load_funnel(session: Session, campaign_id: int, today: date) -> Funnel:
    """Return the steps of the last days; a signature counts for the day it was submitted on."""
    days = [today - timedelta(days=number) for number in range(FUNNEL_DAYS)]
    steps = {
        key: FunnelSteps(previews=number)
        for key, number in preview_counts.by_day_and_source(session, campaign_id, days[-1]).items()
    }
    for day in days:
        start = datetime.combine(day, time(), UTC)
        of_day = statistics.submitted_by_source(
            session, campaign_id, start, start + timedelta(days=1)
        )
        for source, (signed, confirmed) in of_day.items():
            known = steps.get((day, source), FunnelSteps())
            steps[day, source] = known + FunnelSteps(signed=signed, confirmed=confirmed)
    by_day, by_source = (
        dict.fromkeys(days, FunnelSteps()),
        defaultdict[str, FunnelSteps](FunnelSteps),
    )
    for (day, source), known in steps.items():
        by_day[day] += known
        by_source[source] += known
    return Funnel(
        by_day=by_day,
        by_source=dict(sorted(by_source.items(), key=lambda one: (-one[1].signed, one[0]))),
    )
