"""Bring campaigns from bundles into the database, and say what each publication changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns import queries as campaigns
from campaign.campaigns.document import (
    canonical,
    digest,
    facts_document,
    read_facts,
    read_revision,
)
from campaign.campaigns.rows import RevisionOrigin
from campaign.campaigns.rules.wording import (
    WordingChange,
    demand_keys_differ,
    demands_are_the_same,
    no_demand_differs,
    only_languages_added,
    other_letter,
)
from campaign.errors import NotFound, OtherLetter, UnacceptableText, WordingUnstated
from campaign.language.text import clean_line
from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Action, Entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.rows import CampaignRow, RevisionRow
    from campaign.campaigns.rules.campaign import Campaign, Facts, Revision

MAX_REASON = 500

START = "start"
"""Who stands in the log for what a start takes over from a folder."""

_DATES = ("opens_on", "closes_on", "governments_on", "retention_days")


@dataclass(frozen=True)
class Publication:
    """What a publisher states. `replace`: that it may be another letter than before."""

    by: str
    change: WordingChange | None = None
    reason: str = ""
    replace: bool = False


def load_at_start(
    session: Session,
    campaign: Campaign,
    now: datetime,
    *,
    was_signed: Callable[[Session, int], bool],
) -> bool:
    """Store a bundle's revision if its hash is new, and say whether it is the current one.

    It becomes current by itself if nobody has signed yet, or if it leaves the demands as they
    are. A restart undoes nothing that somebody published by command, and never goes back to a
    revision that was current before. Facts are refreshed only together with the words that they
    were checked with. `was_signed` is asked with the id of the campaign.
    """
    row = campaigns.get_or_add(session, campaign.facts.slug, facts_document(campaign.facts))
    known = _find(session, row, campaign)
    current = campaigns.current_revision(session, row.id)
    revision = known or _add(session, row, campaign, RevisionOrigin.STARTUP, now)
    if current is None:
        campaigns.make_current(session, revision, now)
    elif known is None and current.origin is RevisionOrigin.STARTUP:
        if not was_signed(session, row.id):
            campaigns.make_current(session, revision, now)
        else:
            _take_over(session, current, revision, campaign, now)
    if revision.current:
        _set_facts(session, row, campaign.facts, START, now)
    return revision.current


def publish(session: Session, campaign: Campaign, publication: Publication, now: datetime) -> str:
    """Make a bundle's revision the current one, new or not, with its facts; return its hash.

    Raise OtherLetter where author, source or the set of demands are others than before and
    nobody said that this is meant, WordingUnstated where a wording is replaced and nobody said
    what changes, and UnacceptableText without a reason for it.
    """
    row = campaigns.get_or_add(session, campaign.facts.slug, facts_document(campaign.facts))
    current = campaigns.current_revision(session, row.id)
    known = _find(session, row, campaign)
    if current is not None and known is not current:
        _must_be_meant(read_revision(current.document), campaign.revision, publication)
    revision = known or _add(session, row, campaign, RevisionOrigin.COMMAND, now)
    if current is not None and revision.published_at is None:
        before = read_revision(current.document)
        change, reason = _stated(before, campaign.revision, publication)
        _set_change(session, revision, current, change, reason)
    revision.origin = RevisionOrigin.COMMAND
    campaigns.make_current(session, revision, now)
    _set_facts(session, row, campaign.facts, publication.by, now)
    act = Entry(
        publication.by,
        Action.REVISION_PUBLISHED,
        f"campaign {row.slug}",
        " ".join(filter(None, (publication.change, revision.digest))),
        publication.reason,
    )
    log.append(session, act, now)
    return revision.digest


def dropped_languages(session: Session, campaign: Campaign) -> list[str]:
    """Return the languages that are published under a bundle's slug and not in the bundle."""
    try:
        current = campaigns.by_slug(session, campaign.facts.slug)
    except NotFound:
        return []
    published = read_revision(campaigns.revision_document(session, current.revision_id))
    return sorted(set(published.languages) - set(campaign.revision.languages))


def _set_facts(session: Session, row: CampaignRow, facts: Facts, by: str, now: datetime) -> None:
    """Store a campaign's facts; what people were told a day for stands in the log if it moves."""
    before, row.facts = read_facts(row.facts), facts_document(facts)
    moved = [
        f"{name}: {getattr(before, name) or 'none'} to {getattr(facts, name) or 'none'}"
        for name in _DATES
        if getattr(before, name) != getattr(facts, name)
    ]
    if moved:
        act = Entry(by, Action.DATES_CHANGED, f"campaign {row.slug}", "; ".join(moved))
        log.append(session, act, now)


def _take_over(
    session: Session,
    current: RevisionRow,
    revision: RevisionRow,
    campaign: Campaign,
    now: datetime,
) -> None:
    """Make a start's revision current, unless people signed other demands."""
    before, after = read_revision(current.document), campaign.revision
    if not demands_are_the_same(before, after) or any(other_letter(before, after)):
        return
    added = only_languages_added(before, after)
    change = WordingChange.TRANSLATION if added else WordingChange.CORRECTION
    _set_change(session, revision, current, change, "")
    campaigns.make_current(session, revision, now)


def _must_be_meant(before: Revision, after: Revision, publication: Publication) -> None:
    differences = [*other_letter(before, after)]
    if differences and not publication.replace:
        raise OtherLetter(differences)


def _stated(
    before: Revision, after: Revision, publication: Publication
) -> tuple[WordingChange, str]:
    """Return what the publisher states, if it can be true."""
    change, reason = publication.change, clean_line(publication.reason)
    if change is None:
        raise WordingUnstated("no-change")
    if not reason or len(reason) > MAX_REASON:
        raise UnacceptableText("too-long" if reason else "no-reason")
    if change is not WordingChange.DEMANDS and demand_keys_differ(before, after):
        raise WordingUnstated("demands-differ")
    if change is WordingChange.TRANSLATION and not no_demand_differs(before, after):
        raise WordingUnstated("texts-differ")
    return change, reason


def _set_change(
    session: Session,
    revision: RevisionRow,
    current: RevisionRow,
    change: WordingChange,
    reason: str,
) -> None:
    begins = change is WordingChange.DEMANDS
    newest = campaigns.newest_wording(session, revision.campaign_id)
    revision.change, revision.reason = change, reason
    revision.wording = newest + 1 if begins else current.wording


def _find(session: Session, row: CampaignRow, campaign: Campaign) -> RevisionRow | None:
    return campaigns.find_revision(session, row.id, digest(canonical(campaign.revision)))


def _add(
    session: Session, row: CampaignRow, campaign: Campaign, origin: RevisionOrigin, now: datetime
) -> RevisionRow:
    document = canonical(campaign.revision)
    return campaigns.add_revision(session, row.id, digest(document), document, origin, now)
