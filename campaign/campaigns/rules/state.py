"""The state of a campaign, which follows from what is known of it and is stored nowhere."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from campaign.campaigns.rules.campaign import Facts


class CampaignState(StrEnum):
    """`DRAFT`: nothing is published. `SCHEDULED`: it will be, or opens on a later day."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    ARCHIVED = "archived"


def campaign_state(facts: Facts | None, today: date, *, scheduled: bool) -> CampaignState:
    """Return a campaign's state on a UTC day.

    `facts`: those that are published, if any are. `scheduled`: a first publication is.
    """
    if facts is None:
        return CampaignState.SCHEDULED if scheduled else CampaignState.DRAFT
    if facts.archived_on is not None:
        return CampaignState.ARCHIVED
    if facts.is_closed_on(today):
        return CampaignState.CLOSED
    return CampaignState.OPEN if facts.is_open_on(today) else CampaignState.SCHEDULED
