"""Make an earlier wording of a campaign current again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.bundle_document import with_facts_of
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.queries import bundle_versions, campaigns as queries, schedule
from campaign.campaigns.rows import RevisionOrigin
from campaign.campaigns.serialization import parse_facts, parse_revision
from campaign.errors import ContentError, NoLongerPossible, NotFound
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.rows import CampaignRow, RevisionRow
    from campaign.campaigns.rules.campaign import Facts, Revision
    from campaign.recipients.rules.government import Government


def go_back(
    session: Session,
    campaign_id: int,
    revision_id: int,
    governments: Mapping[str, Government],
    by: str,
    now: datetime,
) -> None:
    """Make an earlier wording current again, with the facts that hold now.

    Raise NotFound for a revision that was never published, NoLongerPossible if the campaign was
    archived, and ContentError if the facts do not fit it: it has not the main language, or no names
    of `governments` that are asked now.
    """
    row = queries.lock(session, campaign_id)
    known = {one.id: one for one in queries.published_revisions(session, campaign_id)}
    if revision_id not in known or not row.facts:
        raise NotFound(f"revision {revision_id}")
    revision = known[revision_id]
    facts = parse_facts(row.facts)
    if facts.archived_on is not None:
        raise NoLongerPossible("archived")
    faults = list(_facts_faults(facts, parse_revision(revision.document), governments))
    if faults:
        raise ContentError(faults)
    revision.origin = RevisionOrigin.CONSOLE
    queries.make_current(session, revision, now)
    schedule.remove(session, row.id)
    row.published_version = _version_of_wording(session, row, revision, by, now)
    entry = AuditEntry(
        by, AuditAction.REVISION_PUBLISHED, f"campaign {row.slug}", f"back to {revision.digest}"
    )
    audit_log.append(session, entry, now)


def _version_of_wording(
    session: Session, row: CampaignRow, revision: RevisionRow, by: str, now: datetime
) -> int | None:
    """Return a version with a revision's words and the facts that are published, if it is known."""
    if revision.version is None or row.published_version is None:
        return row.published_version
    words = bundle_versions.files(session, row.id, revision.version)
    facts = bundle_versions.files(session, row.id, row.published_version)[FACTS_FILE]
    texts = {**words, FACTS_FILE: with_facts_of(words[FACTS_FILE], facts)}
    revision.version = bundle_versions.add(
        session,
        row.id,
        texts,
        parent=row.published_version,
        by=by,
        note=f"Back to wording {revision.wording}",
        now=now,
    )
    return revision.version


def _facts_faults(
    facts: Facts, revision: Revision, governments: Mapping[str, Government]
) -> Iterator[str]:
    """Yield why a revision cannot be published with these facts."""
    if facts.default_language not in revision.words:
        yield f"it has no words in the main language, {facts.default_language}"
    every = [set(words.governments) for words in revision.words.values()]
    named = set.intersection(*every) if every else set()
    asked = {one.code for one in facts.governments.choose_any_day(governments.values())}
    if asked - named:
        yield f"it has no names of {', '.join(sorted(asked - named))}"
