"""The tables, one noun a file. Imported together so that the metadata is whole."""

from campaign.campaigns.rows import CampaignRow, RevisionRow
from campaign.delivery.rows.inbound import InboundRow
from campaign.delivery.rows.queue import AttemptRow, MailRow
from campaign.exports.rows import ExportJobRow
from campaign.letters.rows import LetterRow, SentenceRow
from campaign.moderation.rows import BulkChangeRow
from campaign.news.rows import NewsRow
from campaign.operations.rows import WatchRow, WorkerRow
from campaign.organisers.rows.audit_log import LogRow
from campaign.organisers.rows.organisers import (
    OrganiserRow,
    OrganiserSessionRow,
    RecoveryCodeRow,
    SentFormRow,
    SignInTryRow,
)
from campaign.recipients.rows.addresses import AddressRow, ContactReportRow
from campaign.recipients.rows.ministries import MinistryRow
from campaign.signatures.rows.counts import (
    CountRow,
    KeyMarkRow,
    LetterCapRow,
    MailBudgetRow,
    MailCapRow,
    StoppedRow,
)
from campaign.signatures.rows.signatures import ConsentRow, EventRow, SignatureRow
from campaign.store.base import Base
from campaign.store.restore_rows import UnsettledRow

__all__ = [
    "AddressRow",
    "AttemptRow",
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
    "LogRow",
    "MailBudgetRow",
    "MailCapRow",
    "MailRow",
    "MinistryRow",
    "NewsRow",
    "OrganiserRow",
    "OrganiserSessionRow",
    "RecoveryCodeRow",
    "RevisionRow",
    "SentFormRow",
    "SentenceRow",
    "SignInTryRow",
    "SignatureRow",
    "StoppedRow",
    "UnsettledRow",
    "WatchRow",
    "WorkerRow",
]
