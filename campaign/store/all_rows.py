"""All tables, imported together so that the metadata is complete."""

from campaign.campaigns.rows import (
    BundleTextRow,
    BundleVersionRow,
    CampaignAddressRow,
    CampaignRow,
    RevisionRow,
    ScheduledPublicationRow,
)
from campaign.delivery.rows import AttemptRow, InboundRow, MailBudgetRow, OutgoingRow
from campaign.exports.rows import ExportJobRow
from campaign.letters.rows import LetterCapRow, LetterRow, SentenceRow
from campaign.moderation.rows import BulkChangeRow
from campaign.news.rows import NewsRow
from campaign.operations.rows import AlertStateRow, WorkerRow
from campaign.organisers.rows import (
    AuditLogRow,
    CampaignRoleRow,
    OrganiserRow,
    OrganiserSessionRow,
    RecoveryCodeRow,
    SentFormRow,
    SignInThrottleRow,
)
from campaign.privacy.rows import KeyMarkRow
from campaign.recipients.rows import AddressRow, ContactReportRow, RecipientRow
from campaign.signatures.rows import (
    ConsentRow,
    CountRow,
    EventRow,
    MailCapRow,
    SignatureRow,
    SuppressedAddressRow,
)
from campaign.signing.rows import PreviewCountRow
from campaign.store.base import Base
from campaign.store.pending_restore import PendingRestoreRow

__all__ = [
    "AddressRow",
    "AlertStateRow",
    "AttemptRow",
    "AuditLogRow",
    "Base",
    "BulkChangeRow",
    "BundleTextRow",
    "BundleVersionRow",
    "CampaignAddressRow",
    "CampaignRoleRow",
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
    "NewsRow",
    "OrganiserRow",
    "OrganiserSessionRow",
    "OutgoingRow",
    "PendingRestoreRow",
    "PreviewCountRow",
    "RecipientRow",
    "RecoveryCodeRow",
    "RevisionRow",
    "ScheduledPublicationRow",
    "SentFormRow",
    "SentenceRow",
    "SignInThrottleRow",
    "SignatureRow",
    "SuppressedAddressRow",
    "WorkerRow",
]
