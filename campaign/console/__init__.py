"""The organisers' console. Its pages are imported here to register their routes."""

from campaign.campaigns.console import (
    campaigns,
    changes,
    draft,
    history,
    languages,
    lifecycle,
    preview,
    publication,
    rehearsal,
    variants,
)
from campaign.console.access import console
from campaign.delivery.console import answers, unfiled
from campaign.exports import console as exports
from campaign.letters.console import letter, letters
from campaign.moderation.console import attack_mode, bulk_changes
from campaign.news.console import drafts, news
from campaign.operations import console as operations
from campaign.organisers.console import account, audit_log, invitation, people, sign_in, team
from campaign.recipients import console as recipients
from campaign.signatures.console import counts, signature, signatures

__all__ = [
    "account",
    "answers",
    "attack_mode",
    "audit_log",
    "bulk_changes",
    "campaigns",
    "changes",
    "console",
    "counts",
    "draft",
    "drafts",
    "exports",
    "history",
    "invitation",
    "languages",
    "letter",
    "letters",
    "lifecycle",
    "news",
    "operations",
    "people",
    "preview",
    "printing",
    "publication",
    "recipients",
    "rehearsal",
    "sign_in",
    "signature",
    "signatures",
    "team",
    "unfiled",
    "variants",
]
