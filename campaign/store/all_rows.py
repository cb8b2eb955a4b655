"""The tables, one noun a file. Imported together so that the metadata is whole."""

from campaign.campaigns.rows import CampaignRow, RevisionRow
from campaign.delivery.rows.inbound import InboundRow
from campaign.delivery.rows.queue import AttemptRow, MailRow
from campaign.exports.rows import ExportJobRow
from campaign.letters.rows import LetterRow, SentenceRow
from campaign.moderation.rows import BulkChangeRow
from campaign.news.rows import NewsRow
from campaign.operations.rows import AlertStateRow, WorkerRow
from campaign.organisers.rows.audit_log import AuditLogRow
from campaign.organisers.rows.organisers import (
    OrganiserRow,
    OrganiserSessionRow,
    RecoveryCodeRow,
    SignInThrottleRow,
    UsedFormRow,
)
from campaign.recipients.rows.addresses import AddressRow, ContactReportRow
from campaign.recipients.rows.ministries import MinistryRow
from campaign.signatures.rows.counts import (
    CountRow,
    KeyMarkRow,
    LetterCapRow,
    MailBudgetRow,
    MailCapRow,
    SuppressedAddressRow,
)
from campaign.signatures.rows.signatures import ConsentRow, EventRow, SignatureRow
from campaign.store.base import Base
from campaign.store.restore_rows import PendingRestoreRow

__all__ = [
    "AddressRow",
    "AlertStateRow",
    "AttemptRow",
    "AuditLogRow",
    "Base",
    "BulkChangeRow",
    "CampaignRow",
    "ConsentRow",
    "ContactReportRow",
    "CountRow",
    "EventRow",
    "ExportJobRow",
    "InboundRow",
    "KeyMarkRow",
    "LetterCapRow",
    "LetterRow",
    "MailBudgetRow",
    "MailCapRow",
    "MailRow",
    "MinistryRow",
    "NewsRow",
    "OrganiserRow",
    "OrganiserSessionRow",
    "PendingRestoreRow",
    "RecoveryCodeRow",
    "RevisionRow",
    "SentenceRow",
    "SignInThrottleRow",
    "SignatureRow",
    "SuppressedAddressRow",
    "UsedFormRow",
    "WorkerRow",
]
