"""The states of a signature, and what each change does to the count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from campaign.errors import NoLongerPossible

PENDING_LIFETIME = timedelta(days=7)
"""How long a signature may wait for its confirmation, and its link is valid."""

SUBMISSION_HASH_LIFETIME = timedelta(hours=24)
"""How long a second click on a shared page is noticed: until the page's token has expired."""

REMIND_AFTER = timedelta(hours=24)
PRIVATE_LINK_LIFETIME = timedelta(days=90)
UNSUBSCRIBE_LINK_LIFETIME = timedelta(days=730)
"""How long the link under a news mail works: people keep mails, and it only withdraws a consent."""

CODE_LIFETIME = timedelta(minutes=30)
"""How long a six-digit code is valid, from the mail's acceptance."""

MAX_CODE_TRIES = 5
MAX_MAILS_PER_DAY = 3
"""Mails of any kind that visitors can cause to one address in one UTC day."""

MAX_NAME = 120
MAX_TOWN = 80


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
    HoldReason.TOO_FAST: "filled in faster than anyone can type",
    HoldReason.HONEYPOT: "filled in the hidden field that people leave empty",
    HoldReason.ATTACK: "came in while the campaign was under attack",
    HoldReason.RESTORED: "not yet confirmed in the backup that was restored",
}
"""The reasons in words, for organisers."""


class EventKind(StrEnum):
    """What happens to a signature, as it is recorded. `RESTORED`: it is no longer invalidated."""

    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    INVALIDATED = "invalidated"
    RESTORED = "restored"
    HELD = "held"
    RELEASED = "released"
    ERASED = "erased"


class UnrecordedEvent(StrEnum):
    """What ends a signature that nobody confirmed: nothing was counted, so nothing is recorded.

    `DROPPED`: another submission of the same person was confirmed, or its address wants no mail.
    """

    EXPIRED = "expired"
    DROPPED = "dropped"


SignatureEvent = EventKind | UnrecordedEvent

_State = SignatureState

TRANSITIONS: dict[tuple[SignatureState, SignatureEvent], SignatureState] = {
    (_State.PENDING, EventKind.CONFIRMED): _State.CONFIRMED,
    (_State.PENDING, EventKind.HELD): _State.PENDING,
    (_State.PENDING, EventKind.RELEASED): _State.PENDING,
    (_State.PENDING, EventKind.ERASED): _State.DROPPED,
    (_State.PENDING, UnrecordedEvent.EXPIRED): _State.EXPIRED,
    (_State.PENDING, UnrecordedEvent.DROPPED): _State.DROPPED,
    (_State.CONFIRMED, EventKind.WITHDRAWN): _State.WITHDRAWN,
    (_State.CONFIRMED, EventKind.INVALIDATED): _State.INVALIDATED,
    (_State.CONFIRMED, EventKind.HELD): _State.CONFIRMED,
    (_State.CONFIRMED, EventKind.RELEASED): _State.CONFIRMED,
    (_State.INVALIDATED, EventKind.RESTORED): _State.CONFIRMED,
    # So that organisers cannot restore it.
    (_State.INVALIDATED, EventKind.WITHDRAWN): _State.WITHDRAWN,
    # Erasing what has ended changes no state; erasing at the end of its time leaves the count.
    (_State.CONFIRMED, EventKind.ERASED): _State.CONFIRMED,
    (_State.INVALIDATED, EventKind.ERASED): _State.INVALIDATED,
    (_State.WITHDRAWN, EventKind.ERASED): _State.WITHDRAWN,
    (_State.EXPIRED, EventKind.ERASED): _State.EXPIRED,
    (_State.DROPPED, EventKind.ERASED): _State.DROPPED,
}
"""(state, event) -> state: every change of a signature, and no other."""

_HELD_AFTER: dict[SignatureEvent, bool] = {EventKind.HELD: True, EventKind.RELEASED: False}


@dataclass(frozen=True)
class Transition:
    """What an event makes of a signature. `effect`: on the count, +1, 0 or -1."""

    state: SignatureState
    held: bool
    effect: int


def transition(state: SignatureState, event: SignatureEvent, *, held: bool) -> Transition:
    """Return what an event makes of a signature; raise NoLongerPossible if it cannot happen.

    A signature is counted while it is confirmed and not held; only a change of that has an effect.
    """
    if (state, event) not in TRANSITIONS:
        raise NoLongerPossible(f"{event} of a signature that is {state}")
    target, held_after = TRANSITIONS[state, event], _HELD_AFTER.get(event, held)
    effect = int(is_counted(target, held=held_after)) - int(is_counted(state, held=held))
    return Transition(target, held_after, effect)


def can_happen(state: SignatureState, event: SignatureEvent) -> bool:
    return (state, event) in TRANSITIONS


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
