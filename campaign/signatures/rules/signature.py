"""The states of a signature, and what each change does to the count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

PENDING_LIFETIME = timedelta(days=7)
"""How long a signature may wait for its confirmation, and its link is valid."""

REMIND_AFTER = timedelta(hours=24)
PRIVATE_LINK_LIFETIME = timedelta(days=90)
UNSUBSCRIBE_LINK_LIFETIME = timedelta(days=730)
"""How long the link under a news mail works: people keep mails, and it only withdraws a consent."""

CODE_LIFETIME = timedelta(minutes=30)
"""How long a six-digit code is valid, from the mail's acceptance."""

MAX_CODE_TRIES = 5
MAX_MAILS_PER_DAY = 3
"""Mails of any kind that visitors can cause to one address in one UTC day."""


class SignatureState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DROPPED = "dropped"
    INVALIDATED = "invalidated"


class Origin(StrEnum):
    ONLINE = "online"
    PAPER = "paper"
    IMPORTED = "imported"


class HoldReason(StrEnum):
    """Why a signature is held until somebody has reviewed it."""

    ORGANISER = "organiser"
    RATE_LIMIT = "flood"
    TOO_FAST = "haste"
    HONEYPOT = "trap"
    ATTACK = "attack"
    RESTORED = "restored"


HOLD_REASON_LABELS = {
    HoldReason.ORGANISER: "by an organiser",
    HoldReason.RATE_LIMIT: "too many from one network",
    HoldReason.TOO_FAST: "filled in faster than anybody types",
    HoldReason.HONEYPOT: "filled in what people leave empty",
    HoldReason.ATTACK: "came in while the campaign was under attack",
    HoldReason.RESTORED: "was not confirmed in a backup that was restored",
}
"""The reasons in words, for organisers."""


class EventKind(StrEnum):
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    INVALIDATED = "invalidated"
    RESTORED = "restored"
    HELD = "held"
    RELEASED = "released"
    ERASED = "erased"


@dataclass(frozen=True)
class Person:
    """What a supporter said about herself."""

    name: str
    email: str
    town: str = ""

    @property
    def signature_block(self) -> str:
        """Return what is at the end of a letter: her name and, if given, her town."""
        return "\n".join(line for line in (self.name, self.town) if line)


def is_counted(state: SignatureState, *, held: bool) -> bool:
    """Return whether a signature is counted: confirmed and not held."""
    return state is SignatureState.CONFIRMED and not held


def count_delta(*, before: bool, after: bool) -> int:
    """Return what a change does to the count: +1, 0 or -1."""
    return int(after) - int(before)
