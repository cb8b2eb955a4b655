"""The life of a signature, and what each change does to the count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

PENDING_FOR = timedelta(days=7)
"""How long a signature may wait for its confirmation, and its link is valid."""

REMIND_AFTER = timedelta(hours=24)
PRIVATE_LINK_FOR = timedelta(days=90)
UNSUBSCRIBE_FOR = timedelta(days=730)
"""How long the link under a news mail works: mails are kept, and it only takes something back."""

CODE_FOR = timedelta(minutes=30)
"""How long a six-digit code is valid, from the mail's acceptance."""

CODE_TRIES = 5
MAILS_A_DAY = 3
"""Mails of any kind that visitors can cause to one address in one UTC day."""


class State(StrEnum):
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


class HeldFor(StrEnum):
    """Why a signature is held until somebody has looked at it."""

    ORGANISER = "organiser"
    FLOOD = "flood"
    HASTE = "haste"
    TRAP = "trap"
    ATTACK = "attack"
    RESTORED = "restored"


HELD_FOR_WORDS = {
    HeldFor.ORGANISER: "by an organiser",
    HeldFor.FLOOD: "too many from one network",
    HeldFor.HASTE: "filled in faster than anybody types",
    HeldFor.TRAP: "filled in what people leave empty",
    HeldFor.ATTACK: "came in while the campaign was under attack",
    HeldFor.RESTORED: "was not confirmed in a backup that was restored",
}
"""What organisers read."""


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
    def signature(self) -> str:
        """Return what stands under a letter."""
        return "\n".join(line for line in (self.name, self.town) if line)


def is_counted(state: State, *, held: bool) -> bool:
    """Say whether a signature stands in the count: confirmed and not held."""
    return state is State.CONFIRMED and not held


def effect(*, before: bool, after: bool) -> int:
    """Return what a change does to the count: +1, 0 or -1."""
    return int(after) - int(before)
