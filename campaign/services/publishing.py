"""Bring campaigns from bundles into the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.content.document import canonical, digest, facts_document
from campaign.store import campaigns
from campaign.store.rows.campaigns import RevisionOrigin

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.domain.campaign import Campaign


def load_at_start(session: Session, campaign: Campaign, now: datetime) -> None:
    """Refresh a bundle's facts; store its revision only if the hash is new.

    A new revision becomes current unless the current one was published by command:
    what somebody decided on purpose, a restart does not undo. Nor does a restart go
    back to a revision that was current before.
    """
    _store(session, campaign, RevisionOrigin.STARTUP, now)


def publish(session: Session, campaign: Campaign, now: datetime) -> str:
    """Make a bundle's revision the current one, new or not; return its hash."""
    return _store(session, campaign, RevisionOrigin.COMMAND, now)


def _store(session: Session, campaign: Campaign, origin: RevisionOrigin, now: datetime) -> str:
    row = campaigns.save_facts(session, campaign.facts.slug, facts_document(campaign.facts))
    document = canonical(campaign.revision)
    hashed = digest(document)
    found = campaigns.find_revision(session, row.id, hashed)
    revision = found or campaigns.add_revision(session, row.id, hashed, document, origin, now)
    current = campaigns.current_revision(session, row.id)
    if origin is RevisionOrigin.COMMAND:
        revision.origin = RevisionOrigin.COMMAND
        campaigns.make_current(session, revision)
    elif found is None and (current is None or current.origin is RevisionOrigin.STARTUP):
        campaigns.make_current(session, revision)
    return hashed
