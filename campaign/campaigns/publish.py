"""Publish revisions and facts from bundles, and record what each publication changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.campaigns.queries import bundle_versions, campaigns as queries
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
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.bundle import Bundle
    from campaign.campaigns.rows import CampaignRow, RevisionRow
    from campaign.campaigns.rules.campaign import Campaign, Facts, Revision

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
    restart never undoes what somebody published, and never returns to a revision that was current
    before. Facts are updated only together with the words that they were checked with, and only
    from a folder that changed since the last start: what was changed in the console since stays. A
    new version of the site's own words, which a bundle has from the site, does not count as other
    words. `was_signed` is called with the campaign's id.
    """
    campaign = bundle.campaign
    row = queries.get_or_create(session, campaign.facts.slug)
    known = _find(session, row, campaign)
    current = queries.current_revision(session, row.id)
    version = _keep_version(session, row, bundle, STARTUP_ACTOR, now, "Loaded from the folder")
    is_same_folder, row.folder_version = row.folder_version == version, version
    if known is None and _says_the_same(current, campaign):
        if not is_same_folder:
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
    if revision.current:
        revision.version = revision.version or version
        if not is_same_folder:
            _publish_facts(session, row, campaign.facts, version, STARTUP_ACTOR, now)
    return revision.current


def _says_the_same(current: RevisionRow | None, campaign: Campaign) -> bool:
    """Return whether what a person published lacks no more than the site's newer words."""
    return (
        current is not None
        and current.origin is not RevisionOrigin.STARTUP
        and only_site_words_differ(parse_revision(current.document), campaign.revision)
    )


def publish(session: Session, bundle: Bundle, publication: PublishRequest, now: datetime) -> str:
    """Make a bundle's revision current, new or not, together with its facts; return its hash.

    Raise DifferentLetter if the author, the source or the set of demands changes without `replace`,
    WordingChangeUnstated if a wording is replaced and the change is not stated or cannot be true,
    and InvalidText if the reason is missing or too long.
    """
    campaign = bundle.campaign
    row = queries.get_or_create(session, campaign.facts.slug)
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


def go_back(session: Session, campaign_id: int, revision_id: int, by: str, now: datetime) -> None:
    """Make an earlier wording current again, with the facts that hold now.

    Raise NotFound for a revision that was never published, and ContentError if the facts do not
    fit it: it has not the main language, or no names of the governments that are asked now.
    """
    row = queries.lock(session, campaign_id)
    known = {one.id: one for one in queries.published_revisions(session, campaign_id)}
    if revision_id not in known or not row.facts:
        raise NotFound(f"revision {revision_id}")
    revision = known[revision_id]
    faults = list(facts_faults(parse_facts(row.facts), parse_revision(revision.document)))
    if faults:
        raise ContentError(faults)
    revision.origin = RevisionOrigin.CONSOLE
    queries.make_current(session, revision, now)
    if revision.version is not None:
        row.published_version = revision.version
    entry = AuditEntry(
        by, AuditAction.REVISION_PUBLISHED, f"campaign {row.slug}", f"back to {revision.digest}"
    )
    audit_log.append(session, entry, now)


def facts_faults(facts: Facts, revision: Revision) -> Iterator[str]:
    """Yield why a revision cannot be published with these facts."""
    if facts.default_language not in revision.words:
        yield f"it has no words in the main language, {facts.default_language}"
    named = [code for code in facts.governments.also if code not in _named(revision)]
    if named:
        yield f"it has no names of {', '.join(named)}"


def _named(revision: Revision) -> set[str]:
    """Return the governments that every language has names of."""
    every = [set(words.governments) for words in revision.words.values()]
    return set.intersection(*every) if every else set()


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
    before = parse_facts(row.facts) if row.facts else None
    if before is not None:
        facts = replace(
            facts,
            slug=row.slug,
            closed_on=before.closed_on,
            archived_on=before.archived_on,
            drops_letters=before.drops_letters,
        )
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
