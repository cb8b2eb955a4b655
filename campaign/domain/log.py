"""What people did to a campaign, in words that the log keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What was done. The log keeps the word, so one that was used once never changes."""

    ADDRESS_VERIFIED = "address verified"
    ADDRESS_WRONG = "address marked as wrong"
    PACE_SET = "pace changed"
    DIGEST_ON = "one mail a day begun"
    DIGEST_OFF = "one mail a day ended"
    PAUSED = "ministry paused"
    RESUMED = "ministry resumed"
    NEWS_STARTED = "news sent"
    NEWS_STOPPED = "news stopped"


@dataclass(frozen=True)
class Entry:
    """One act: who did what to what, and why.

    `about`: the kind of thing and its id, as "ministry DE". `number`: to how many.
    Nothing about a supporter but her signature's id; addresses in `reason` are masked.
    """

    who: str
    action: Action
    about: str = ""
    detail: str = ""
    reason: str = ""
    number: int | None = None
