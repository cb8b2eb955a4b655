"""Publish revisions and facts from bundles, and record what each publication changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.campaigns.queries import (
    bundle_versions,
    campaigns as queries,
    rehearsals,
    schedule,
)
from campaign.campaigns.rows import RevisionOrigin
from campaign.campaigns.rules.wording import (
    WordingChange,
    demand_keys_differ,
    letter_differences,
    shared_demands_equal,
)
from campaign.campaigns.serialization import (
    canonical_json,
    facts_json,
    parse_facts,
    parse_revision,
    sha256_hex,
)
from campaign.errors import (
    DifferentLetter,
    InvalidText,
    NotFound,
    WordingChangeUnstated,
)
from campaign.language.text import clean_line
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.bundle import Bundle
    from campaign.campaigns.rows import CampaignRow, RevisionRow
    from campaign.campaigns.rules.campaign import Campaign, Facts, Revision

MAX_CHANGE_REASON = 500

_TOLD = ("opens_on", "closes_on", "governments", "retention_days")


@dataclass(frozen=True)
class PublishRequest:
    """What a publisher states. `replace`: this may be a different letter from the one before."""

    by: str
    change: WordingChange | None = None
    reason: str = ""
    replace: bool = False
    origin: RevisionOrigin = RevisionOrigin.COMMAND


def publish(
    session: Session,
    bundle: Bundle,
    publication: PublishRequest,
    now: datetime,
    campaign_id: int | None = None,
) -> str:
    """Make a bundle's revision current, new or not, together with its facts; return its hash.

    `campaign_id`: of which campaign, whatever address its files say; without it, the one at that
    address. What was scheduled is off the schedule then, and a rehearsal is over. Raise
    DifferentLetter if the author, the source or the set of demands changes without `replace`,
    WordingChangeUnstated if a wording is replaced and the change is not stated or cannot be true,
    and InvalidText if the reason is missing or too long.
    """
    campaign = bundle.campaign
    if campaign_id is None:
        row = queries.get_or_create(session, campaign.facts.slug)
    else:
        row = queries.lock(session, campaign_id)
    current = queries.current_revision(session, row.id)
    stated = must_be_publishable(session, row, bundle, publication)
    revision = find_revision(session, row, campaign)
    if revision is None:
        revision = add_revision(session, row, campaign, publication.origin, now)
    if current is not None and stated is not None:
        set_change(session, revision, current, *stated)
    version = keep_version(session, row, bundle, publication.by, now, "Published")
    revision.origin, revision.version = publication.origin, version
    queries.make_current(session, revision, now)
    schedule.remove(session, row.id)
    rehearsals.end(session, row.id, now)
    publish_facts(session, row, campaign.facts, version, publication.by, now)
    act = AuditEntry(
        publication.by,
        AuditAction.REVISION_PUBLISHED,
        f"campaign {row.slug}",
        " ".join(filter(None, (publication.change, revision.digest))),
        publication.reason,
    )
    audit_log.append(session, act, now)
    return revision.digest


def must_be_publishable(
    session: Session, row: CampaignRow, bundle: Bundle, publication: PublishRequest
) -> tuple[WordingChange, str] | None:
    """Return the change and reason that are to be stored, or None if nobody has to state them.

    Raise what `publish` raises.
    """
    current = queries.current_revision(session, row.id)
    known = find_revision(session, row, bundle.campaign)
    if current is None or known is current:
        return None
    before, after = parse_revision(current.document), bundle.campaign.revision
    _require_replace_flag(before, after, publication)
    if known is not None and known.published_at is not None:
        return None
    return _checked_change(before, after, publication)


def keep_version(
    session: Session, row: CampaignRow, bundle: Bundle, by: str, now: datetime, note: str
) -> int:
    """Return the version that has a bundle's files: the draft or the newest, or else a new one."""
    for number in (row.draft_version, row.published_version, row.folder_version):
        if number and bundle_versions.has_files(session, row.id, number, bundle.texts):
            return number
    if (known := bundle_versions.newest_with_files(session, row.id, bundle.texts)) is not None:
        return known
    parent = row.published_version
    return bundle_versions.add(
        session, row.id, bundle.texts, parent=parent, by=by, note=note, now=now
    )


def dropped_languages(session: Session, campaign: Campaign) -> list[str]:
    """Return the published languages of the bundle's campaign that the bundle no longer has."""
    try:
        current = queries.by_slug(session, campaign.facts.slug)
    except NotFound:
        return []
    published = parse_revision(queries.revision_document(session, current.revision_id))
    return sorted(set(published.languages) - set(campaign.revision.languages))


def publish_facts(
    session: Session, row: CampaignRow, facts: Facts, version: int, by: str, now: datetime
) -> None:
    """Store a campaign's facts, and log a change of the dates and governments people were told.

    What organisers did to it stays: its address, and that it was closed or archived. A draft with
    nothing that is unpublished follows.
    """
    facts = replace(facts, slug=row.slug)
    before = parse_facts(row.facts) if row.facts else None
    if before is not None:
        facts = replace(facts, closed_on=before.closed_on, archived_on=before.archived_on)
        _log_what_people_were_told(session, row, before, facts, by, now)
    row.facts = facts_json(facts)
    if row.draft_version in {None, row.published_version}:
        row.draft_version = version
    row.published_version = version


def _log_what_people_were_told(
    session: Session, row: CampaignRow, before: Facts, after: Facts, by: str, now: datetime
) -> None:
    moved = [
        f"{name}: {getattr(before, name) or 'none'} to {getattr(after, name) or 'none'}"
        for name in _TOLD
        if getattr(before, name) != getattr(after, name)
    ]
    if moved:
        act = AuditEntry(by, AuditAction.DATES_CHANGED, f"campaign {row.slug}", "; ".join(moved))
        audit_log.append(session, act, now)


def _require_replace_flag(before: Revision, after: Revision, publication: PublishRequest) -> None:
    differences = [*letter_differences(before, after)]
    if differences and not publication.replace:
        raise DifferentLetter(differences)


def _checked_change(
    before: Revision, after: Revision, publication: PublishRequest
) -> tuple[WordingChange, str]:
    """Return the change and reason that the publisher states; raise if they cannot be true."""
    change, reason = publication.change, clean_line(publication.reason)
    if change is None:
        raise WordingChangeUnstated("no-change")
    if not reason or len(reason) > MAX_CHANGE_REASON:
        raise InvalidText("too-long" if reason else "no-reason")
    if change is not WordingChange.DEMANDS and demand_keys_differ(before, after):
        raise WordingChangeUnstated("demands-differ")
    if change is WordingChange.TRANSLATION and not shared_demands_equal(before, after):
        raise WordingChangeUnstated("texts-differ")
    return change, reason


def set_change(
    session: Session,
    revision: RevisionRow,
    current: RevisionRow,
    change: WordingChange,
    reason: str,
) -> None:
    """Record how a revision differs from the one before; other demands begin a new wording."""
    begins = change is WordingChange.DEMANDS
    newest = queries.latest_wording_number(session, revision.campaign_id)
    revision.change, revision.reason = change, reason
    revision.wording = newest + 1 if begins else current.wording


def find_revision(session: Session, row: CampaignRow, campaign: Campaign) -> RevisionRow | None:
    """Return the revision with exactly these words, if the campaign has one."""
    return queries.find_revision(session, row.id, sha256_hex(canonical_json(campaign.revision)))


def add_revision(
    session: Session, row: CampaignRow, campaign: Campaign, origin: RevisionOrigin, now: datetime
) -> RevisionRow:
    """Store a new revision."""
    document = canonical_json(campaign.revision)
    return queries.add_revision(session, row.id, sha256_hex(document), document, origin, now)
