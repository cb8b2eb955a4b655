"""The tables, one noun a file. Imported together so that the metadata is whole."""

from campaign.store.rows.addresses import AddressRow, ContactReportRow
from campaign.store.rows.base import Base
from campaign.store.rows.bulk import BulkChangeRow
from campaign.store.rows.campaigns import CampaignRow, RevisionRow
from campaign.store.rows.counts import (
    CountRow,
    KeyMarkRow,
    LetterCapRow,
    MailBudgetRow,
    MailCapRow,
    StoppedRow,
)
from campaign.store.rows.exports import ExportJobRow
from campaign.store.rows.inbound import InboundRow
from campaign.store.rows.log import LogRow
from campaign.store.rows.ministries import MinistryRow
from campaign.store.rows.news import NewsRow
from campaign.store.rows.organisers import (
    OrganiserRow,
    OrganiserSessionRow,
    RecoveryCodeRow,
    SentFormRow,
    SignInTryRow,
)
from campaign.store.rows.queue import AttemptRow, LetterRow, MailRow
from campaign.store.rows.restores import UnsettledRow
from campaign.store.rows.sentences import SentenceRow
from campaign.store.rows.signatures import ConsentRow, EventRow, SignatureRow
from campaign.store.rows.watch import WatchRow, WorkerRow

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
