"""The organisers' console. Its rooms are imported here, so that their routes are there."""

from campaign.web.console import (
    account,
    counts,
    exporting,
    finding,
    letters,
    log,
    ministries,
    people,
    rule,
    rules,
    signature,
    signatures,
    signing_in,
    today,
    welcome,
)
from campaign.web.console.guard import console

__all__ = [
    "account",
    "console",
    "counts",
    "exporting",
    "finding",
    "letters",
    "log",
    "ministries",
    "people",
    "rule",
    "rules",
    "signature",
    "signatures",
    "signing_in",
    "today",
    "welcome",
]
