"""Retention: personal data is erased a set time after a campaign's end; the count stays.

Its organisers are told a week before what will be erased; then the worker erases in batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.queries import campaigns as queries
from campaign.campaigns.rules.campaign import erasure_date, is_announcement_due, is_erasure_due
from campaign.delivery.mailer import RenderedMail, render_mail
from campaign.delivery.queries import inbound, mails
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.organisers.audit_log import log_action
from campaign.organisers.rules.audit_log import AuditAction, Justification
from campaign.privacy.erase import erase_signature
from campaign.privacy.ledger import LedgerAction
from campaign.privacy.queries import retention

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache, LoadedCampaign
    from campaign.delivery.message_builder import MessageBuilder
    from campaign.delivery.rows import OutgoingRow
    from campaign.privacy.ledger import Ledger
    from campaign.privacy.queries.retention import PersonalDataCounts
    from campaign.store.database import Database

BATCH = 100
"""Signatures per transaction; few, so that nobody waits long for one."""

WORKER = "worker"
"""Actor in the audit log for what nobody does by hand."""


@dataclass(frozen=True)
class RetentionReport:
    """What would be erased of a campaign, and when."""

    slug: str
    erased_from: date | None
    held: PersonalDataCounts


def build_report(session: Session, loaded: LoadedCampaign) -> RetentionReport:
    held = retention.count_personal_data(session, loaded.campaign_id)
    return RetentionReport(loaded.slug, erasure_date(loaded.campaign.facts), held)


def announced_reports(session: Session, campaign_cache: CampaignCache) -> list[RetentionReport]:
    """Return the reports of the campaigns whose erasure was announced to the organisers."""
    told = queries.retention_notice_dates(session)
    return [
        build_report(session, one) for one in campaign_cache.all(session) if one.campaign_id in told
    ]


@dataclass(frozen=True)
class RetentionMailWriter:
    """Writes the mail that announces erasures to the organisers (a `MailWriter`)."""

    message_builder: MessageBuilder

    def __call__(self, session: Session, row: OutgoingRow, _written_at: datetime) -> RenderedMail:
        reports = announced_reports(session, self.message_builder.campaign_cache)
        text = render_mail(self.message_builder, row, reports=reports)
        operator = self.message_builder.operator
        return RenderedMail(operator.contact, text, operator)


def announce_erasures(
    session: Session, campaign_cache: CampaignCache, today: date, now: datetime
) -> None:
    """Tell the organisers, in one mail, of every campaign whose data will be erased in a week."""
    due = []
    for loaded in campaign_cache.all(session):
        told_on = queries.retention_notice_dates(session).get(loaded.campaign_id)
        if is_announcement_due(loaded.campaign.facts, told_on, today):
            due.append(loaded)
    for loaded in due:
        queries.record_retention_notice(session, loaded.campaign_id, today)
        held = build_report(session, loaded).held
        cause = Justification(WORKER, f"kept for {loaded.campaign.facts.retention_days} days")
        about = f"campaign {loaded.slug}"
        log_action(session, cause, AuditAction.RETENTION_TOLD, about, now, number=held.signatures)
    if due:
        mails.enqueue_notification(session, OutgoingKind.RETENTION, None, now)


class Eraser:
    """Eraser that erases what is due in batches; it resumes where it was interrupted."""

    def __init__(
        self,
        database: Database,
        campaign_cache: CampaignCache,
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._campaign_cache = campaign_cache
        self._ledger = ledger
        self._clock = clock
        self._after: dict[int, UUID] = {}
        self._empty: set[int] = set()

    def tell(self) -> None:
        now = self._clock()
        with self._database.writing() as session:
            announce_erasures(session, self._campaign_cache, now.date(), now)

    def erase_batch(self) -> bool:
        """Erase one batch of a campaign whose time is over; return False if there is none."""
        now = self._clock()
        with self._database.reading() as session:
            due = self._due(session, now.date())
        if due is None:
            return False
        with self._database.writing() as session:
            self._batch(session, due, now)
        return True

    def _due(self, session: Session, today: date) -> LoadedCampaign | None:
        told = queries.retention_notice_dates(session)
        for loaded in self._campaign_cache.all(session):
            campaign_id = loaded.campaign_id
            if not is_erasure_due(loaded.campaign.facts, told.get(campaign_id), today):
                # It may have been prolonged after it was emptied.
                self._empty.discard(campaign_id)
                self._after.pop(campaign_id, None)
            elif campaign_id not in self._empty:
                if retention.has_personal_data(session, campaign_id, self._after.get(campaign_id)):
                    return loaded
                self._empty.add(campaign_id)
        return None

    def _batch(self, session: Session, loaded: LoadedCampaign, now: datetime) -> None:
        campaign_id = loaded.campaign_id
        rows = retention.next_sealed(session, campaign_id, self._after.get(campaign_id), BATCH)
        self._ledger.append(now, LedgerAction.RETENTION_ENDED, *(row.id for row in rows))
        for row in rows:
            erase_signature(session, row, now)
        if rows:
            self._after[campaign_id] = rows[-1].id
        if len(rows) < BATCH:
            inbound.clear_of_campaign(session, campaign_id)
            cause = Justification(WORKER, f"kept for {loaded.campaign.facts.retention_days} days")
            log_action(session, cause, AuditAction.RETENTION_DONE, f"campaign {loaded.slug}", now)
