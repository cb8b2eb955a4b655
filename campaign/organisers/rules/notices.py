"""Mails to organisers about what needs them in the campaigns that they work on."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.organisers.rules.roles import Permission

if TYPE_CHECKING:
    from datetime import datetime

NOTICE_PERMISSION = Permission.EDIT
"""Whoever has it in a campaign can act on every notice about it."""

NOTICE_INTERVAL = timedelta(days=1)


class Notice(StrEnum):
    """What an organiser is told of by e-mail, unless she says that she does not want it."""

    APPROVAL_NEEDED = "approval_needed"
    LETTERS_FAILED = "letters_failed"
    SIGNATURES_HELD = "signatures_held"
    ERASURE_NEAR = "erasure_near"


def is_notice_due(happened_at: datetime, told_at: datetime | None, now: datetime) -> bool:
    """Return whether there is news since the last mail of its kind, which is a day old."""
    return told_at is None or (happened_at > told_at and now - told_at >= NOTICE_INTERVAL)
