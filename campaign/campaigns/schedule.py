"""Publications at a time: stated by a person, made by the worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.bundle import read_bundle
from campaign.campaigns.bundle_files import FACTS_FILE, bundle_files
from campaign.campaigns.publish import (
    MAX_CHANGE_REASON,
    PublishRequest,
    must_be_publishable,
    publish,
)
from campaign.campaigns.queries import bundle_versions, campaigns as queries, schedule
from campaign.campaigns.rows import RevisionOrigin, ScheduledPublicationRow
from campaign.campaigns.serialization import sha256_hex
from campaign.errors import (
    ContentError,
    DifferentLetter,
    InvalidText,
    NoLongerPossible,
    WordingChangeUnstated,
)
from campaign.language.text import clean_line, normalise_name
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.bundle import Bundle
    from campaign.campaigns.rows import CampaignRow
    from campaign.campaigns.rules.campaign import Facts
    from campaign.campaigns.site_words import BundleContext
    from campaign.store.database import Database


@dataclass(frozen=True)
class PlannedPublication:
    """Which version is published when, and whether a second person has to approve it."""

    version: int
    at: datetime
    needs_approval: bool = False


def schedule_publication(
    session: Session,
    campaign_id: int,
    planned: PlannedPublication,
    stated: PublishRequest,
    bundle: Bundle,
    now: datetime,
) -> None:
    """Let a version be published at a time; it takes the place of what was scheduled before.

    One that needs approval may be for now: it is published once a second person approves. Raise
    InvalidText if its time is past, and what `publish` raises if it could not be published now:
    nobody should learn at night that a reason is missing.
    """
    if planned.at < now or (planned.at == now and not planned.needs_approval):
        raise InvalidText("past")
    row = queries.lock(session, campaign_id)
    reason = clean_line(stated.reason)
    if len(reason) > MAX_CHANGE_REASON:
        raise InvalidText("too-long")
    must_be_publishable(session, row, bundle, stated)
    schedule.put(
        session,
        ScheduledPublicationRow(
            campaign_id=campaign_id,
            version=planned.version,
            publish_at=planned.at,
            change=stated.change,
            reason=reason,
            stated_by=stated.by,
            replaces_letter=stated.replace,
            needs_approval=planned.needs_approval,
            stated_at=now,
        ),
    )
    entry = AuditEntry(
        stated.by,
        AuditAction.PUBLICATION_ASKED
        if planned.needs_approval
        else AuditAction.PUBLICATION_SCHEDULED,
        f"campaign {row.slug}",
        f"version {planned.version} at {planned.at:%Y-%m-%d %H:%M} UTC",
        reason,
    )
    audit_log.append(session, entry, now)


def fingerprint(row: ScheduledPublicationRow) -> str:
    """Return a hash of everything that was stated about a publication, and of when."""
    stated = (row.version, row.publish_at, row.change, row.reason, row.stated_by)
    return sha256_hex(repr((*stated, row.replaces_letter, row.stated_at)))


def approve_publication(
    session: Session, campaign_id: int, shown: str, by: str, known: BundleContext, now: datetime
) -> bool:
    """Approve what somebody else wants published; return whether it is published by that.

    `shown`: the fingerprint of what the person saw. If its time is still to come, the worker
    publishes it then. Raise InvalidText if it is the same person, NoLongerPossible if anything
    else is asked for now, and what `publish` raises.
    """
    campaign = queries.lock(session, campaign_id)
    row = schedule.of_campaign(session, campaign_id)
    if row is None or fingerprint(row) != shown or not row.needs_approval or row.approved_by:
        raise NoLongerPossible("approval")
    if normalise_name(by) == normalise_name(row.stated_by):
        raise InvalidText("same-person")
    row.approved_by = by
    entry = AuditEntry(
        by, AuditAction.PUBLICATION_APPROVED, f"campaign {campaign.slug}", f"version {row.version}"
    )
    audit_log.append(session, entry, now)
    if row.publish_at > now:
        return False
    _publish_as_stated(session, row, known, now)
    return True


def _publish_as_stated(
    session: Session, row: ScheduledPublicationRow, known: BundleContext, now: datetime
) -> None:
    texts = bundle_versions.files(session, row.campaign_id, row.version)
    bundle = read_bundle(bundle_files(texts), known)
    if is_over_before_it_begins(queries.get(session, row.campaign_id), bundle.campaign.facts, now):
        raise ContentError([f"{FACTS_FILE}: closes_on: has passed, so nobody could sign"])
    stated = PublishRequest(
        row.stated_by, row.change, row.reason, row.replaces_letter, RevisionOrigin.CONSOLE
    )
    publish(session, bundle, stated, now, row.campaign_id)


def is_over_before_it_begins(row: CampaignRow, facts: Facts, now: datetime) -> bool:
    """Return whether nobody could ever sign; the words of a published letter may be mended."""
    is_new = row.published_version is None
    return is_new and facts.closes_on is not None and facts.closes_on < now.date()


def cancel_publication(session: Session, campaign_id: int, by: str, now: datetime) -> None:
    """Cancel what is scheduled, if anything is."""
    if schedule.remove(session, campaign_id):
        slug = queries.get(session, campaign_id).slug
        entry = AuditEntry(by, AuditAction.PUBLICATION_CANCELLED, f"campaign {slug}")
        audit_log.append(session, entry, now)


@dataclass(frozen=True)
class ScheduledPublisher:
    """Publishes what is due; what cannot be published any more says why, and waits for a person."""

    database: Database
    bundle_context: BundleContext
    clock: Callable[[], datetime]

    def publish_due(self) -> None:
        """Publish what is due; one that fails unexpectedly does not keep the others waiting."""
        with self.database.reading() as session:
            due = schedule.due(session, self.clock())
        failed: Exception | None = None
        for campaign_id in due:
            try:
                self._publish(campaign_id)
            except Exception as error:  # noqa: BLE001 - raised again, after the others
                failed = error
        if failed is not None:
            raise failed

    def _publish(self, campaign_id: int) -> None:
        now, row = self.clock(), None
        try:
            with self.database.writing() as session:
                # As a person does: the campaign first, then its schedule. It may have another plan
                # since it was found due.
                queries.lock(session, campaign_id)
                row = schedule.find_due(session, campaign_id, now)
                if row is not None:
                    _publish_as_stated(session, row, self.bundle_context, now)
        except (ContentError, DifferentLetter, WordingChangeUnstated, InvalidText) as error:
            assert row is not None
            with self.database.writing() as session:
                schedule.fail(session, row, str(error), now)
