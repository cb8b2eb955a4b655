"""The figures that everybody sees, and the check that they are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.recipients.rules.government import members_on
from campaign.signatures.queries import counts
from campaign.signatures.wordings import count_on_earlier_wordings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.recipients.rules.government import Government


@dataclass(frozen=True)
class PublicCounts:
    """A campaign's public count: totals per government and per day, never crossed."""

    total: int
    by_government: dict[str, int]
    by_day: list[tuple[date, int]]
    on_earlier_wordings: int
    """How many of the total signed an earlier wording of the demands."""


def public_counts(
    session: Session, shelved: LoadedCampaign, governments: Iterable[Government], today: date
) -> PublicCounts:
    """Return the public figures; every government of the campaign is named, also at zero."""
    counted, by_day = counts.by_government_and_day(session, shelved.campaign_id)
    fixed = shelved.campaign.facts.governments_on
    shown = [government.code for government in members_on(governments, fixed, today)]
    codes = [*shown, *sorted(counted.keys() - set(shown))]
    return PublicCounts(
        total=sum(counted.values()),
        by_government={code: counted.get(code, 0) for code in codes},
        by_day=list(by_day.items()),
        on_earlier_wordings=count_on_earlier_wordings(session, shelved),
    )
