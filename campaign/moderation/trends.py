"""What stands out among the last day's signatures: sources, mail domains, hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.errors import SealError
from campaign.moderation.queries import trends
from campaign.signatures.rules.identity import domain_of
from campaign.signatures.sealing import unseal_person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.moderation.queries.trends import CommonValue
    from campaign.store.keyring import Keyring

TOP = 5
"""How many of each are shown."""

HOURS = 24
MIN_DOMAIN_SIGNATURES = 10
"""Signatures from which on a mail domain is named: a smaller one may be a family's own."""


@dataclass(frozen=True)
class Trends:
    """The most common values; `hours`: the busiest hours, with their numbers."""

    sources: Sequence[CommonValue]
    domains: Sequence[CommonValue]
    hours: Sequence[tuple[datetime, int]]

    @property
    def standing_out(self) -> list[tuple[str, CommonValue]]:
        """Return sources and domains with many more signatures than before, or with held ones."""
        every = [
            *(("source", one) for one in self.sources),
            *(("domain", one) for one in self.domains),
        ]
        return [(kind, one) for kind, one in every if _stands_out(one)]


MANY_TIMES = 3
"""So many times the day before's signatures stand out, if they are not few."""


def _stands_out(value: CommonValue) -> bool:
    is_much = value.submitted >= max(MIN_DOMAIN_SIGNATURES, MANY_TIMES * value.before)
    return is_much or value.held > 0


def find_trends(session: Session, keyring: Keyring, campaign_id: int, now: datetime) -> Trends:
    by_hour = trends.submitted_by_hour(session, campaign_id, HOURS, now)
    busiest = sorted((pair for pair in by_hour if pair[1]), key=lambda pair: -pair[1])
    return Trends(
        sources=trends.top_sources(session, campaign_id, now, TOP),
        domains=_named(session, keyring, campaign_id, now),
        hours=busiest[:TOP],
    )


def _named(
    session: Session, keyring: Keyring, campaign_id: int, now: datetime
) -> list[CommonValue]:
    """Return the mail domains by name; one that cannot be opened has no name."""
    found = trends.top_domains(session, campaign_id, now, TOP)
    return [
        replace(trend, value=_domain_behind(session, keyring, campaign_id, trend.value))
        for trend in found
        if trend.submitted >= MIN_DOMAIN_SIGNATURES
    ]


def _domain_behind(session: Session, keyring: Keyring, campaign_id: int, domain_hash: bytes) -> str:
    row = trends.find_openable_of_domain(session, campaign_id, domain_hash)
    if row is None or row.sealed is None:
        return ""
    try:
        return domain_of(unseal_person(keyring, row.id, row.sealed).email)
    except SealError:
        return ""
