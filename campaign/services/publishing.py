"""Bring campaigns from bundles into the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.content.document import canonical, digest, facts_document
from campaign.domain.log import Action, Entry
from campaign.store import campaigns, log
from campaign.store.rows.campaigns import RevisionOrigin

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.domain.campaign import Campaign
    from campaign.store.rows import CampaignRow, RevisionRow


def load_at_start(session: Session, campaign: Campaign, now: datetime) -> bool:
    """Store a bundle's revision if its hash is new, and say whether it is the current one.

    A new revision becomes current unless the current one was published by command:
    what somebody decided on purpose, a restart does not undo. Nor does a restart go
    back to a revision that was current before. Facts are refreshed only together with
    the words that they were checked with.
    """
    row = campaigns.get_or_add(session, campaign.facts.slug, facts_document(campaign.facts))
    known = _find(session, row, campaign)
    current = campaigns.current_revision(session, row.id)
    revision = known or _add(session, row, campaign, RevisionOrigin.STARTUP, now)
    if known is None and (current is None or current.origin is RevisionOrigin.STARTUP):
        campaigns.make_current(session, revision)
    if revision.current:
        row.facts = facts_document(campaign.facts)
    return revision.current


def publish(session: Session, campaign: Campaign, by: str, now: datetime) -> str:
    """Make a bundle's revision the current one, new or not, with its facts; return its hash."""
    row = campaigns.get_or_add(session, campaign.facts.slug, facts_document(campaign.facts))
    revision = _find(session, row, campaign) or _add(
        session, row, campaign, RevisionOrigin.COMMAND, now
    )
    revision.origin = RevisionOrigin.COMMAND
    campaigns.make_current(session, revision)
    row.facts = facts_document(campaign.facts)
    act = Entry(by, Action.REVISION_PUBLISHED, f"campaign {row.slug}", revision.digest)
    log.append(session, act, now)
    return revision.digest


def _find(session: Session, row: CampaignRow, campaign: Campaign) -> RevisionRow | None:
    return campaigns.find_revision(session, row.id, digest(canonical(campaign.revision)))


def _add(
    session: Session, row: CampaignRow, campaign: Campaign, origin: RevisionOrigin, now: datetime
) -> RevisionRow:
    document = canonical(campaign.revision)
    return campaigns.add_revision(session, row.id, digest(document), document, origin, now)
