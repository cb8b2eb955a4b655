"""The organisers' console. Its rooms are imported here, so that their routes are there."""

from campaign.console.guard import console
from campaign.delivery.console import answers, unfiled as messages
from campaign.exports.console import exports, order as exporting
from campaign.letters.console import letters, printing
from campaign.moderation.console import attack_mode as attack, change as rule, changes as rules
from campaign.news.console import drafts as news_drafts, news
from campaign.operations.console import dashboard as today, overview
from campaign.organisers.console import (
    account,
    audit_log as log,
    people,
    sign_in as signing_in,
    welcome,
)
from campaign.recipients import console as ministries
from campaign.signatures.console import counts, finding, signature, signatures

__all__ = [
    "account",
    "answers",
    "attack",
    "console",
    "counts",
    "exporting",
    "exports",
    "finding",
    "letters",
    "log",
    "messages",
    "ministries",
    "news",
    "news_drafts",
    "overview",
    "people",
    "printing",
    "rule",
    "rules",
    "signature",
    "signatures",
    "signing_in",
    "today",
    "welcome",
]
