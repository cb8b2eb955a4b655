"""Rehearsals: colleagues sign a draft under a secret address, and nothing of it counts.

A rehearsal is a campaign of its own, whose slug is the secret, so that its signatures, letters and
counts meet no others (docs/adr/0068).
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.campaigns.publish import add_revision, find_revision
from campaign.campaigns.queries import campaigns as queries, rehearsals
from campaign.campaigns.rows import RevisionOrigin
from campaign.campaigns.rules.campaign import Campaign
from campaign.campaigns.serialization import facts_json
from campaign.errors import NoLongerPossible
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.bundle import Bundle

LIFETIME = timedelta(days=30)
"""How long a rehearsal lasts if nobody ends it."""

_PREFIX = "rehearsal-"
_SECRET_BYTES = 16


def start_rehearsal(
    session: Session, campaign_id: int, version: int, bundle: Bundle, by: str, now: datetime
) -> str:
    """Let colleagues sign a version of a draft; return the slug under which they do.

    One that goes on shows this version from now on, under the same address. Two who start it at
    once start one.
    """
    campaign = queries.lock(session, campaign_id)
    row = rehearsals.of_campaign(session, campaign_id, now)
    if row is not None and row.rehearsed_version == version:
        return row.slug
    if row is None:
        row = queries.create(session, f"{_PREFIX}{secrets.token_hex(_SECRET_BYTES)}")
        row.rehearses_id = campaign_id
        # Whatever is queued in it, a worker sends none of it.
        row.drops_letters = True
    facts = replace(
        bundle.campaign.facts,
        slug=row.slug,
        opens_on=None,
        closes_on=None,
        closed_on=None,
        archived_on=None,
    )
    row.facts, row.name = facts_json(facts), campaign.name
    row.rehearsal_ends_at, row.rehearsed_version = now + LIFETIME, version
    rehearsed = Campaign(facts, bundle.campaign.revision)
    revision = find_revision(session, row, rehearsed) or add_revision(
        session, row, rehearsed, RevisionOrigin.CONSOLE, now
    )
    queries.make_current(session, revision, now)
    entry = AuditEntry(
        by, AuditAction.REHEARSAL_STARTED, f"campaign {campaign.slug}", f"version {version}"
    )
    audit_log.append(session, entry, now)
    return row.slug


def end_rehearsal(session: Session, campaign_id: int, by: str, now: datetime) -> None:
    """End a rehearsal; a worker erases what was signed in it."""
    campaign = queries.lock(session, campaign_id)
    if rehearsals.end(session, campaign_id, now):
        entry = AuditEntry(by, AuditAction.REHEARSAL_ENDED, f"campaign {campaign.slug}")
        audit_log.append(session, entry, now)


def record_letter_read(session: Session, campaign_id: int, version: int, by: str) -> None:
    """Record who has read a letter of the version that is rehearsed.

    Raise NoLongerPossible if another version is rehearsed now.
    """
    campaign = queries.lock(session, campaign_id)
    rehearsed = rehearsals.rehearsed_version(session, campaign_id)
    if rehearsed != version:
        raise NoLongerPossible("rehearsal")
    campaign.letter_read_version, campaign.letter_read_by = version, by
