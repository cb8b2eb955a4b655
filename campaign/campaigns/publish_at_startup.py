"""What a start takes over from the folder of a campaign, and what it leaves as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.publish import (
    add_revision,
    find_revision,
    keep_version,
    publish_facts,
    set_change,
)
from campaign.campaigns.queries import campaigns as queries, schedule
from campaign.campaigns.rows import RevisionOrigin
from campaign.campaigns.rules.wording import (
    WordingChange,
    all_demands_equal,
    letter_differences,
    only_languages_added,
    only_site_words_differ,
)
from campaign.campaigns.serialization import parse_revision

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.bundle import Bundle
    from campaign.campaigns.rows import RevisionRow
    from campaign.campaigns.rules.campaign import Campaign

STARTUP_ACTOR = "start"
"""Actor in the audit log for what a start-up imports from a folder."""


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
    known = find_revision(session, row, campaign)
    current = queries.current_revision(session, row.id)
    version = keep_version(session, row, bundle, STARTUP_ACTOR, now, "Loaded from the folder")
    is_same_folder, row.folder_version = row.folder_version == version, version
    if is_taken_over:
        # Somebody unpublished it, or has a draft under this address: a start publishes nothing.
        return True
    facts_are_ours = current is None or current.origin is not RevisionOrigin.CONSOLE
    if known is None and _says_the_same(current, campaign):
        if facts_are_ours and not is_same_folder:
            publish_facts(session, row, campaign.facts, version, STARTUP_ACTOR, now)
        return True
    revision = known or add_revision(session, row, campaign, RevisionOrigin.STARTUP, now)
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
            publish_facts(session, row, campaign.facts, version, STARTUP_ACTOR, now)
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
    set_change(session, revision, current, change, "")
    queries.make_current(session, revision, now)
