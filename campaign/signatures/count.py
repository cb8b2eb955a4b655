"""The figures that everybody sees, and the check that they are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.recipients.rules.government import governments_on
from campaign.signatures.queries import counts
from campaign.signatures.wordings import signed_earlier

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelved
    from campaign.recipients.rules.government import Government


@dataclass(frozen=True)
class Figures:
    """A campaign's public count: totals per government and per day, never crossed."""

    total: int
    by_government: dict[str, int]
    by_day: list[tuple[date, int]]
    earlier: int
    """How many of the total signed an earlier wording of the demands."""


def figures(
    session: Session, shelved: Shelved, governments: Iterable[Government], today: date
) -> Figures:
    """Return the public figures; every government of the campaign is named, also at zero."""
    counted, by_day = counts.public(session, shelved.campaign_id)
    fixed = shelved.campaign.facts.governments_on
    shown = [government.code for government in governments_on(governments, fixed, today)]
    codes = [*shown, *sorted(counted.keys() - set(shown))]
    return Figures(
        total=sum(counted.values()),
        by_government={code: counted.get(code, 0) for code in codes},
        by_day=list(by_day.items()),
        earlier=signed_earlier(session, shelved),
    )
