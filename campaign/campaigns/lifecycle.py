"""A campaign's way from its publication to the archive, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from campaign.campaigns.bundle_facts import slug_fault
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.draft import Edit, applied
from campaign.campaigns.draft_texts import keep_marks
from campaign.campaigns.drafts import load_draft
from campaign.campaigns.queries import (
    bundle_versions,
    campaigns as queries,
    rehearsals,
    schedule,
)
from campaign.campaigns.serialization import facts_json, parse_facts
from campaign.errors import InvalidText, NoLongerPossible
from campaign.organisers.queries import audit_log, campaign_roles
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.rows import CampaignRow
    from campaign.campaigns.rules.campaign import Facts


@dataclass(frozen=True)
class Act:
    """Who does something to a campaign, why, and when."""

    by: str
    now: datetime
    reason: str = ""

    @property
    def day(self) -> date:
        return self.now.date()


def close(session: Session, campaign_id: int, act: Act, *, drops_letters: bool) -> None:
    """Close a campaign at once, whatever its dates are; raise NoLongerPossible if it is closed.

    With `drops_letters`, no letter is begun to be sent from now on; the worker drops them.
    """
    row, facts = _published(session, campaign_id)
    if facts.is_closed_on(act.day):
        raise NoLongerPossible("closed")
    row.drops_letters = drops_letters
    _store(session, row, replace(facts, closed_on=act.day), AuditAction.CAMPAIGN_CLOSED, act)


def reopen(session: Session, campaign_id: int, closes_on: date | None, act: Act) -> None:
    """Open a closed campaign again, until a day or without an end.

    Raise InvalidText if that day is past, and NoLongerPossible if it is open or archived.
    """
    row, facts = _published(session, campaign_id)
    if facts.archived_on is not None or not facts.is_closed_on(act.day):
        raise NoLongerPossible("not closed")
    if closes_on is not None and closes_on < act.day:
        raise InvalidText("past")
    if facts.closes_on != closes_on:
        _write_end(session, row, closes_on, act)
    row.drops_letters = False
    facts = replace(facts, closed_on=None, closes_on=closes_on)
    _store(session, row, facts, AuditAction.CAMPAIGN_REOPENED, act)


def archive(session: Session, campaign_id: int, act: Act) -> None:
    """Put a closed campaign away: its pages stay as they are, and nothing is accepted any more.

    Raise NoLongerPossible if it is not closed, or archived already.
    """
    row, facts = _published(session, campaign_id)
    if facts.archived_on is not None or not facts.is_closed_on(act.day):
        raise NoLongerPossible("not closed")
    schedule.remove(session, campaign_id)
    _store(session, row, replace(facts, archived_on=act.day), AuditAction.CAMPAIGN_ARCHIVED, act)


def take_out_of_archive(session: Session, campaign_id: int, act: Act) -> None:
    """Make an archived campaign a closed one again; raise NoLongerPossible if it is none."""
    row, facts = _published(session, campaign_id)
    if facts.archived_on is None:
        raise NoLongerPossible("not archived")
    _store(session, row, replace(facts, archived_on=None), AuditAction.CAMPAIGN_UNARCHIVED, act)


def unpublish(
    session: Session, campaign_id: int, act: Act, was_signed: Callable[[Session, int], bool]
) -> None:
    """Make a campaign that nobody has signed a draft again; raise NoLongerPossible if somebody has.

    Its revisions go, too: nobody endorsed them.
    """
    row, _ = _published(session, campaign_id, alone=True)
    if was_signed(session, campaign_id):
        raise NoLongerPossible("signed")
    queries.delete_revisions(session, campaign_id)
    schedule.remove(session, campaign_id)
    row.facts, row.published_version = "", None
    _log(session, row, AuditAction.CAMPAIGN_UNPUBLISHED, act)


def change_address(session: Session, campaign_id: int, slug: str, act: Act) -> None:
    """Give a campaign another address; the one before leads there for good.

    Raise InvalidText if another campaign has or had it, or if it is none.
    """
    row = queries.lock(session, campaign_id)
    if fault := slug_fault(slug, is_new=True):
        raise InvalidText(fault)
    other = queries.find_by_address(session, slug)
    if other is not None and other.id != campaign_id:
        raise InvalidText("slug-taken")
    if slug == row.slug:
        return
    before = row.slug
    try:
        with session.begin_nested():
            row.slug = slug
    except IntegrityError:
        # Somebody gave it to another campaign in this moment.
        raise InvalidText("slug-taken") from None
    queries.take_address_back(session, slug)
    if row.facts:
        queries.keep_address(session, before, campaign_id, act.now)
        row.facts = facts_json(replace(parse_facts(row.facts), slug=slug))
    _write(session, row, [Edit(FACTS_FILE, ("slug",), slug)], f"Address changed to {slug}", act)
    session.flush()
    _log(session, row, AuditAction.ADDRESS_CHANGED, act, f"{before} to {slug}")


def delete_draft(session: Session, campaign_id: int, act: Act) -> None:
    """Delete a campaign of which nothing is published; raise NoLongerPossible if it is in use."""
    row = queries.lock(session, campaign_id, alone=True)
    if row.facts:
        raise NoLongerPossible("published")
    _log(session, row, AuditAction.CAMPAIGN_DELETED, act, row.name)
    campaign_roles.remove_all_of_campaign(session, campaign_id)
    rehearsals.end(session, campaign_id, act.now)
    try:
        with session.begin_nested():
            queries.delete_campaign(session, campaign_id)
    except IntegrityError:
        # It was published once: there is news, an export or an answer filed under it.
        raise NoLongerPossible("in use") from None


def _published(
    session: Session, campaign_id: int, *, alone: bool = False
) -> tuple[CampaignRow, Facts]:
    row = queries.lock(session, campaign_id, alone=alone)
    if not row.facts:
        raise NoLongerPossible("not published")
    return row, parse_facts(row.facts)


def _store(session: Session, row: CampaignRow, facts: Facts, action: AuditAction, act: Act) -> None:
    row.facts = facts_json(facts)
    session.flush()
    _log(session, row, action, act, f"until {facts.ends_on}" if facts.ends_on else "")


def _write_end(session: Session, row: CampaignRow, closes_on: date | None, act: Act) -> None:
    note = f"Open until {closes_on}" if closes_on else "Open without an end"
    _write(session, row, [Edit(FACTS_FILE, ("closes_on",), closes_on)], note, act)


def _write(session: Session, row: CampaignRow, edits: list[Edit], note: str, act: Act) -> None:
    """Write a changed fact into the files that are published, and into the draft."""
    published, draft = row.published_version, row.draft_version

    def changed(number: int, parent: int) -> int:
        texts = applied(bundle_versions.files(session, row.id, number), edits)
        return bundle_versions.add(
            session, row.id, texts, parent=parent, by=act.by, note=note, now=act.now
        )

    if published is not None:
        row.published_version = changed(published, published)
    if draft is None or draft == published:
        row.draft_version = row.published_version
        return
    # A draft that was made from what is published has this change of it, too.
    follows = published is not None and published in bundle_versions.ancestors(
        session, row.id, draft
    )
    if not follows:
        row.draft_version = changed(draft, draft)
        return
    before = load_draft(session, row.id, draft)
    row.draft_version = changed(draft, row.published_version or draft)
    keep_marks(session, before, row.draft_version)


def _log(
    session: Session, row: CampaignRow, action: AuditAction, act: Act, detail: str = ""
) -> None:
    entry = AuditEntry(act.by, action, f"campaign {row.slug}", detail, act.reason)
    audit_log.append(session, entry, act.now)
