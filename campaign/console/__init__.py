"""The organisers' console. Its rooms are imported here, so that their routes are there."""

from campaign.console.access import console
from campaign.delivery.console import answers, unfiled
from campaign.exports.console import exports, order
from campaign.letters.console import letters, printing
from campaign.moderation.console import attack_mode, change, changes
from campaign.news.console import drafts, news
from campaign.operations.console import dashboard, overview
from campaign.organisers.console import (
    account,
    audit_log,
    invitation,
    people,
    sign_in,
)
from campaign.recipients import console as ministries
from campaign.signatures.console import counts, finding, signature, signatures

__all__ = [
    "account",
    "answers",
    "attack_mode",
    "audit_log",
    "change",
    "changes",
    "console",
    "counts",
    "dashboard",
    "drafts",
    "exports",
    "finding",
    "invitation",
    "letters",
    "ministries",
    "news",
    "order",
    "overview",
    "people",
    "printing",
    "sign_in",
    "signature",
    "signatures",
    "unfiled",
]
