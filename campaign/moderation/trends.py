"""What stands out among the signatures of the last day: sources, mail domains, hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.errors import SealError
from campaign.moderation.queries import trends as store
from campaign.signatures.rules.identity import domain_of
from campaign.signatures.sealing import open_person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.moderation.queries.trends import Trend
    from campaign.store.keyring import Keyring

MOST = 5
"""So many of each are shown."""

HOURS = 24
DOMAIN_FROM = 10
"""A mail domain is named from so many signatures on: a smaller one may be a family's own."""


@dataclass(frozen=True)
class Trends:
    """The values that most signatures have in common; `hours`: the busiest, with their numbers."""

    sources: Sequence[Trend]
    domains: Sequence[Trend]
    hours: Sequence[tuple[datetime, int]]


def trends(session: Session, keyring: Keyring, campaign_id: int, now: datetime) -> Trends:
    by_hour = store.begun_by_hour(session, campaign_id, HOURS, now)
    busiest = sorted((pair for pair in by_hour if pair[1]), key=lambda pair: -pair[1])
    return Trends(
        sources=store.sources(session, campaign_id, now, MOST),
        domains=_named(session, keyring, campaign_id, now),
        hours=busiest[:MOST],
    )


def _named(session: Session, keyring: Keyring, campaign_id: int, now: datetime) -> list[Trend]:
    """Return the mail domains by their names; what cannot be opened stays without one."""
    found = store.domains(session, campaign_id, now, MOST)
    return [
        replace(trend, value=_name(session, keyring, campaign_id, trend.value))
        for trend in found
        if trend.begun >= DOMAIN_FROM
    ]


def _name(session: Session, keyring: Keyring, campaign_id: int, domain_hash: bytes) -> str:
    row = store.one_of_domain(session, campaign_id, domain_hash)
    if row is None or row.sealed is None:
        return ""
    try:
        return domain_of(open_person(keyring, row.id, row.sealed).email)
    except SealError:
        return ""
