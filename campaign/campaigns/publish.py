"""Publish revisions and facts from bundles, and record what each publication changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.campaigns.bundle_document import with_facts_of
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.queries import bundle_versions, campaigns as queries, schedule
from campaign.campaigns.rows import RevisionOrigin
from campaign.campaigns.rules.wording import (
    WordingChange,
    all_demands_equal,
    demand_keys_differ,
    letter_differences,
    only_languages_added,
    only_site_words_differ,
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
    ContentError,
    DifferentLetter,
    InvalidText,
    NotFound,
    WordingChangeUnstated,
)
from campaign.language.text import clean_line
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.bundle import Bundle
    from campaign.campaigns.rows import CampaignRow, RevisionRow
    from campaign.campaigns.rules.campaign import Campaign, Facts, Revision
    from campaign.recipients.rules.government import Government

MAX_CHANGE_REASON = 500

STARTUP_ACTOR = "start"
"""Actor in the audit log for what a start-up imports from a folder."""

_TOLD = ("opens_on", "closes_on", "governments", "retention_days")


@dataclass(frozen=True)
class PublishRequest:
    """What a publisher states. `replace`: this may be a different letter from the one before."""

    by: str
    change: WordingChange | None = None
    reason: str = ""
    replace: bool = False
    origin: RevisionOrigin = RevisionOrigin.COMMAND


def publish_at_startup(
    session: Session,
    bundle: Bundle,
    now: datetime,
    *,
    was_signed: Callable[[Session, int], bool],
) -> bool:
    """Store a folder's revision if its hash is new; return whether its words are the current ones.

    It becomes current on its own if nobody has signed yet, or if it leaves the demands unchanged. A
    restart never undoes what somebody published or unpublished, and never returns to a revision
    that was current before. Facts are updated only together with the words that they were checked
    with, only from a folder that changed since the last start, and never over those that somebody
    published in the console. A new version of the site's own words, which a bundle has from the
    site, does not count as other words. `was_signed` is called with the campaign's id.
    """
    campaign = bundle.campaign
    row = queries.get_or_create(session, campaign.facts.slug)
    is_taken_over = row.draft_version is not None and not row.facts
    known = _find(session, row, campaign)
    current = queries.current_revision(session, row.id)
    version = _keep_version(session, row, bundle, STARTUP_ACTOR, now, "Loaded from the folder")
    is_same_folder, row.folder_version = row.folder_version == version, version
    if is_taken_over:
        # Somebody unpublished it, or has a draft under this address: a start publishes nothing.
        return True
    facts_are_ours = current is None or current.origin is not RevisionOrigin.CONSOLE
    if known is None and _says_the_same(current, campaign):
        if facts_are_ours and not is_same_folder:
            _publish_facts(session, row, campaign.facts, version, STARTUP_ACTOR, now)
        return True
    revision = known or _add(session, row, campaign, RevisionOrigin.STARTUP, now)
    if current is None:
        queries.make_current(session, revision, now)
    elif known is None and current.origin is RevisionOrigin.STARTUP:
        if not was_signed(session, row.id):
            queries.make_current(session, revision, now)
        else:
            _publish_if_demands_same(session, current, revision, campaign, now)
    if revision.current and facts_are_ours:
        revision.version = revision.version or version
        if not is_same_folder or not row.facts:
            _publish_facts(session, row, campaign.facts, version, STARTUP_ACTOR, now)
    if revision is not current and revision.current:
        schedule.remove(session, row.id)
    return revision.current


def _says_the_same(current: RevisionRow | None, campaign: Campaign) -> bool:
    """Return whether what a person published lacks no more than the site's newer words."""
    return (
        current is not None
        and current.origin is not RevisionOrigin.STARTUP
        and only_site_words_differ(parse_revision(current.document), campaign.revision)
    )


def publish(
    session: Session,
    bundle: Bundle,
    publication: PublishRequest,
    now: datetime,
    campaign_id: int | None = None,
) -> str:
    """Make a bundle's revision current, new or not, together with its facts; return its hash.

    `campaign_id`: of which campaign, whatever address its files say; without it, the one at that
    address. What was scheduled is off the schedule then. Raise DifferentLetter if the author, the
    source or the set of demands changes without `replace`, WordingChangeUnstated if a wording is
    replaced and the change is not stated or cannot be true, and InvalidText if the reason is
    missing or too long.
    """
    campaign = bundle.campaign
    if campaign_id is None:
        row = queries.get_or_create(session, campaign.facts.slug)
    else:
        row = queries.lock(session, campaign_id)
    current = queries.current_revision(session, row.id)
    stated = must_be_publishable(session, row, bundle, publication)
    revision = _find(session, row, campaign)
    if revision is None:
        revision = _add(session, row, campaign, publication.origin, now)
    if current is not None and stated is not None:
        _set_change(session, revision, current, *stated)
    version = _keep_version(session, row, bundle, publication.by, now, "Published")
    revision.origin, revision.version = publication.origin, version
    queries.make_current(session, revision, now)
    schedule.remove(session, row.id)
    _publish_facts(session, row, campaign.facts, version, publication.by, now)
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
    known = _find(session, row, bundle.campaign)
    if current is None or known is current:
        return None
    before, after = parse_revision(current.document), bundle.campaign.revision
    _require_replace_flag(before, after, publication)
    if known is not None and known.published_at is not None:
        return None
    return _checked_change(before, after, publication)


def go_back(
    session: Session,
    campaign_id: int,
    revision_id: int,
    governments: Mapping[str, Government],
    by: str,
    now: datetime,
) -> None:
    """Make an earlier wording current again, with the facts that hold now.

    Raise NotFound for a revision that was never published, and ContentError if the facts do not
    fit it: it has not the main language, or no names of `governments` that are asked now.
    """
    row = queries.lock(session, campaign_id)
    known = {one.id: one for one in queries.published_revisions(session, campaign_id)}
    if revision_id not in known or not row.facts:
        raise NotFound(f"revision {revision_id}")
    revision = known[revision_id]
    facts = parse_facts(row.facts)
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


def _keep_version(
    session: Session, row: CampaignRow, bundle: Bundle, by: str, now: datetime, note: str
) -> int:
    """Return the version that has a bundle's files: one that is known, or else a new one."""
    for number in (row.draft_version, row.published_version, row.folder_version):
        if number and bundle_versions.has_files(session, row.id, number, bundle.texts):
            return number
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


def _publish_facts(
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


def _publish_if_demands_same(
    session: Session,
    current: RevisionRow,
    revision: RevisionRow,
    campaign: Campaign,
    now: datetime,
) -> None:
    """Make a start-up's revision current, unless people have signed different demands."""
    before, after = parse_revision(current.document), campaign.revision
    if not all_demands_equal(before, after) or any(letter_differences(before, after)):
        return
    added = only_languages_added(before, after)
    change = WordingChange.TRANSLATION if added else WordingChange.CORRECTION
    _set_change(session, revision, current, change, "")
    queries.make_current(session, revision, now)


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


def _set_change(
    session: Session,
    revision: RevisionRow,
    current: RevisionRow,
    change: WordingChange,
    reason: str,
) -> None:
    begins = change is WordingChange.DEMANDS
    newest = queries.latest_wording_number(session, revision.campaign_id)
    revision.change, revision.reason = change, reason
    revision.wording = newest + 1 if begins else current.wording


def _find(session: Session, row: CampaignRow, campaign: Campaign) -> RevisionRow | None:
    return queries.find_revision(session, row.id, sha256_hex(canonical_json(campaign.revision)))


def _add(
    session: Session, row: CampaignRow, campaign: Campaign, origin: RevisionOrigin, now: datetime
) -> RevisionRow:
    document = canonical_json(campaign.revision)
    return queries.add_revision(session, row.id, sha256_hex(document), document, origin, now)
