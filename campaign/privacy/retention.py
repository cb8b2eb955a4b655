"""Retention: what is personal goes a set time after a campaign's end, and the count stays.

Its organisers are told a week before what will go; then the worker erases in batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns import queries as campaigns
from campaign.delivery.queries import inbound, mails
from campaign.delivery.rules.delivery import MailKind
from campaign.organisers.audit_log import note
from campaign.organisers.rules.audit_log import Action, Cause
from campaign.privacy.erase import forget
from campaign.privacy.ledger import Taken
from campaign.privacy.queries import retention
from campaign.privacy.rules import erased_from, may_erase, must_tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelf, Shelved
    from campaign.privacy.ledger import Ledger
    from campaign.privacy.queries.retention import Held
    from campaign.store.database import Database

BATCH = 100
"""Signatures in one transaction, so that nobody waits long for one of them."""

WORKER = "worker"
"""Who stands in the log for what nobody does by hand."""


@dataclass(frozen=True)
class Report:
    """What would be erased of a campaign, and when; nothing is done by looking."""

    slug: str
    erased_from: date | None
    held: Held


def report(session: Session, shelved: Shelved) -> Report:
    held = retention.held_by(session, shelved.campaign_id)
    return Report(shelved.slug, erased_from(shelved.campaign.facts), held)


def announced(session: Session, shelf: Shelf) -> list[Report]:
    """Return the reports of campaigns whose organisers are told."""
    told = campaigns.told_of_retention(session)
    return [report(session, one) for one in shelf.all(session) if one.campaign_id in told]


def tell(session: Session, shelf: Shelf, today: date, now: datetime) -> None:
    """Tell the organisers, in one mail, of every campaign whose data goes in a week."""
    due = []
    for shelved in shelf.all(session):
        told_on = campaigns.told_of_retention(session).get(shelved.campaign_id)
        if must_tell(shelved.campaign.facts, told_on, today):
            due.append(shelved)
    for shelved in due:
        campaigns.note_told(session, shelved.campaign_id, today)
        held = report(session, shelved).held
        cause = Cause(WORKER, f"kept for {shelved.campaign.facts.retention_days} days")
        about = f"campaign {shelved.slug}"
        note(session, cause, Action.RETENTION_TOLD, about, now, number=held.signatures)
    if due:
        mails.enqueue_call(session, MailKind.RETENTION, None, now)


class Eraser:
    """Erases batch by batch what may be erased; where it was ended, it goes on."""

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._ledger = ledger
        self._clock = clock
        self._after: dict[int, UUID] = {}
        self._empty: set[int] = set()

    def tell(self) -> None:
        now = self._clock()
        with self._database.writing() as session:
            tell(session, self._shelf, now.date(), now)

    def work(self) -> bool:
        """Do one batch of a campaign whose time is over; False if there is none."""
        now = self._clock()
        with self._database.reading() as session:
            due = self._due(session, now.date())
        if due is None:
            return False
        with self._database.writing() as session:
            self._batch(session, due, now)
        return True

    def _due(self, session: Session, today: date) -> Shelved | None:
        told = campaigns.told_of_retention(session)
        for shelved in self._shelf.all(session):
            campaign_id = shelved.campaign_id
            if not may_erase(shelved.campaign.facts, told.get(campaign_id), today):
                # It may have been opened again since it was empty.
                self._empty.discard(campaign_id)
                self._after.pop(campaign_id, None)
            elif campaign_id not in self._empty:
                if retention.has_any(session, campaign_id, self._after.get(campaign_id)):
                    return shelved
                self._empty.add(campaign_id)
        return None

    def _batch(self, session: Session, shelved: Shelved, now: datetime) -> None:
        campaign_id = shelved.campaign_id
        rows = retention.next_sealed(session, campaign_id, self._after.get(campaign_id), BATCH)
        self._ledger.note(now, Taken.ENDED, *(row.id for row in rows))
        for row in rows:
            forget(session, row, now)
        if rows:
            self._after[campaign_id] = rows[-1].id
        if len(rows) < BATCH:
            inbound.forget_of_campaign(session, campaign_id)
            cause = Cause(WORKER, f"kept for {shelved.campaign.facts.retention_days} days")
            note(session, cause, Action.RETENTION_DONE, f"campaign {shelved.slug}", now)
