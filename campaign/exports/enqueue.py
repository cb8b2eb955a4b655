"""Queue large exports for the worker, and record them in the audit log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.exports.queries import records
from campaign.exports.rows import ExportJobRow
from campaign.exports.rules import ExportKind, JobState
from campaign.exports.tables import describe_filter, log_export
from campaign.language.text import redact
from campaign.letters.queries import printable
from campaign.organisers.rules.audit_log import MAX_REASON, AuditAction
from campaign.recipients.queries import recipients
from campaign.recipients.rules.recipient import audit_subject, government_of
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.exports.queries.records import SignatureExportFilter
    from campaign.letters.rules.letter import LetterState
    from campaign.organisers.rules.audit_log import AuditEntry

MAX_LETTERS_PER_FILE = 1_000
"""Letters per file: what a worker can typeset without growing too large."""


def enqueue_signatures(
    session: Session,
    loaded: LoadedCampaign,
    form: str,
    wanted: SignatureExportFilter,
    entry: AuditEntry,
    now: datetime,
) -> UUID:
    """Queue a table of signatures in a format and return the job's id.

    `entry` says who asks and why; it is logged with what is exported and how many rows. Raise
    InvalidText without a reason.
    """
    noted = replace(
        entry,
        action=AuditAction.SIGNATURES_EXPORTED,
        about=f"campaign {loaded.slug}",
        detail=", ".join(part for part in (form, describe_filter(wanted)) if part),
        number=records.count_signatures(session, loaded.campaign_id, wanted),
    )
    log_export(session, noted, now)
    parameters = {"state": wanted.state.value, "held": wanted.held, "revision": wanted.revision}
    row = _new_job(loaded, ExportKind.SIGNATURES, noted, now)
    row.format, row.government, row.parameters = form, wanted.government, parameters
    session.add(row)
    return row.id


def enqueue_handover_pack(
    session: Session, loaded: LoadedCampaign, government: str, entry: AuditEntry, now: datetime
) -> UUID:
    """Queue a government's hand-over pack, in the same way."""
    noted = replace(
        entry,
        action=AuditAction.PACK_EXPORTED,
        about=f"campaign {loaded.slug}",
        detail=f"government {government}",
        number=records.count_named(session, loaded.campaign_id, government),
    )
    log_export(session, noted, now)
    row = _new_job(loaded, ExportKind.PACK, noted, now)
    row.format, row.government, row.parameters = "zip", government, {}
    session.add(row)
    return row.id


def enqueue_letters_pdf(
    session: Session,
    loaded: LoadedCampaign,
    recipient: str,
    state: LetterState,
    entry: AuditEntry,
    now: datetime,
) -> UUID:
    """Queue a PDF file, to be posted, of the oldest letters to a recipient in a state.

    Raise NotFound for an unknown recipient.
    """
    recipients.get(session, recipient)
    number = printable.count_printable(session, loaded.campaign_id, recipient, [state])
    noted = replace(
        entry,
        action=AuditAction.LETTERS_PRINTED,
        about=audit_subject(recipient),
        detail=f"{state} letters of {loaded.slug}",
        number=min(number, MAX_LETTERS_PER_FILE),
    )
    log_export(session, noted, now)
    row = _new_job(loaded, ExportKind.LETTERS, noted, now)
    row.format, row.government = "pdf", government_of(recipient)
    row.parameters = {"state": state.value, "recipient": recipient}
    session.add(row)
    return row.id


def _new_job(
    loaded: LoadedCampaign, what: ExportKind, noted: AuditEntry, now: datetime
) -> ExportJobRow:
    return ExportJobRow(
        id=uuid7(now),
        campaign_id=loaded.campaign_id,
        what=what,
        reason=redact(noted.reason, most=MAX_REASON),
        asked_by=noted.who,
        asked_at=now,
        state=JobState.WAITING,
    )
