"""The public counts: by government, and by wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.queries import campaigns as queries
from campaign.campaigns.rules.wording import WordingChange
from campaign.signatures.queries import counts
from campaign.signatures.rules.counts import NO_FILTER, Dimension

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache, LoadedCampaign
    from campaign.campaigns.rows import RevisionRow
    from campaign.campaigns.rules.campaign import Campaign
    from campaign.recipients.rules.government import Government
    from campaign.signatures.rules.counts import CountFilter


@dataclass(frozen=True)
class PublicCounts:
    """A campaign's public counts: totals per government and per day, never crossed."""

    total: int
    by_government: dict[str, int]
    by_day: list[tuple[date, int]]
    on_earlier_wordings: int
    """How many of the total signed an earlier wording of the demands."""


def public_counts(
    session: Session, loaded: LoadedCampaign, governments: Iterable[Government], today: date
) -> PublicCounts:
    """Return the public counts; every government of the campaign is included, even at zero."""
    counted, by_day = counts.by_government_and_day(session, loaded.campaign_id)
    asked = loaded.campaign.facts.governments
    shown = [government.code for government in asked.choose(governments, today)]
    codes = [*shown, *sorted(counted.keys() - set(shown))]
    return PublicCounts(
        total=sum(counted.values()),
        by_government={code: counted.get(code, 0) for code in codes},
        by_day=list(by_day.items()),
        on_earlier_wordings=count_on_earlier_wordings(session, loaded),
    )


@dataclass(frozen=True)
class MinorRevision:
    """A correction or translation that left the demands unchanged, with its UTC day."""

    day: date
    reason: str


@dataclass(frozen=True)
class Wording:
    """Demands that people signed, in the words of their last revision.

    `since`: the UTC day on which it was first published. `reason`: why the demands were changed
    to these, as the publisher states it; empty for the first. `signatures`: online ones.
    """

    number: int
    since: date
    reason: str
    minor_revisions: list[MinorRevision]
    signatures: int
    campaign: Campaign


def count_on_earlier_wordings(session: Session, loaded: LoadedCampaign) -> int:
    """Return how many online signatures endorse a wording other than the current one."""
    if loaded.wordings == 1:
        return 0
    by_wording = _by_wording(session, loaded, NO_FILTER)
    return sum(number for wording, number in by_wording.items() if wording != loaded.wording)


def list_wordings(
    session: Session,
    campaign_cache: CampaignCache,
    loaded: LoadedCampaign,
    only: CountFilter = NO_FILTER,
) -> list[Wording]:
    """Return all published wordings, the current one first; `only` filters what is counted."""
    revisions: dict[int, list[RevisionRow]] = {}
    for row in queries.published_revisions(session, loaded.campaign_id):
        revisions.setdefault(row.wording, []).append(row)
    counted = _by_wording(session, loaded, only)
    made = [
        _wording(session, campaign_cache, rows, counted.get(number, 0))
        for number, rows in revisions.items()
    ]
    return sorted(made, key=lambda one: (one.number != loaded.wording, -one.number))


def _wording(
    session: Session, campaign_cache: CampaignCache, rows: Sequence[RevisionRow], signatures: int
) -> Wording:
    first, last = rows[0], next((row for row in rows if row.current), rows[-1])
    began = first.change is WordingChange.DEMANDS
    return Wording(
        number=first.wording,
        since=_day(first),
        reason=first.reason if began else "",
        minor_revisions=[MinorRevision(_day(row), row.reason) for row in rows[1:]],
        signatures=signatures,
        campaign=campaign_cache.with_revision(session, first.campaign_id, last.id),
    )


def _day(row: RevisionRow) -> date:
    assert row.published_at is not None
    return row.published_at.date()


def _by_wording(session: Session, loaded: LoadedCampaign, only: CountFilter) -> dict[int, int]:
    found = counts.count_by(session, loaded.campaign_id, [Dimension.WORDING], only)
    return {key[0]: number for key, number in found}
