"""Outgoing messages: kinds, policies, states, and the one table of how states change."""

from __future__ import annotations

from enum import StrEnum

from campaign.delivery.rules.delivery import Outcome
from campaign.errors import NoLongerPossible
from campaign.letters.rules.letter import LetterState


class OutgoingKind(StrEnum):
    """Kinds of messages. `LETTER` carries one letter to its recipient, `DIGEST` a day's letters.

    The others are mails: to supporters, to the organisers about a recipient, and to a recipient
    itself. `NEWS` goes to supporters who asked for it, and once to the organisers as a test.
    `ERASURE` goes to the recipient about a signature whose writer has deleted everything. The last
    four go to one organiser each, about campaigns that she works on.
    """

    LETTER = "letter"
    DIGEST = "digest"
    CONFIRMATION = "confirmation"
    ALREADY_SIGNED = "already_signed"
    REMINDER = "reminder"
    FRESH_LINK = "fresh_link"
    LETTER_COPY = "letter_copy"
    ANSWER = "answer"
    MINISTRY_PAUSED = "ministry_paused"
    MINISTRY_OBJECTED = "ministry_objected"
    LONG_QUEUE = "long_queue"
    DIGEST_ASKED = "digest_asked"
    OBJECTION_ASKED = "objection_asked"
    UNFILED = "unfiled"
    CONTACT_REPORTED = "contact_reported"
    NEWS = "news"
    ERASURE = "erasure"
    RETENTION = "retention"
    APPROVAL_NEEDED = "approval_needed"
    LETTERS_FAILED = "letters_failed"
    SIGNATURES_HELD = "signatures_held"
    ERASURE_NEAR = "erasure_near"


CARRIERS = frozenset({OutgoingKind.LETTER, OutgoingKind.DIGEST})
"""Messages that carry letters; all others are mails."""

CONFIRMED_BY_LINK = frozenset({OutgoingKind.DIGEST_ASKED, OutgoingKind.OBJECTION_ASKED})
"""Mails with a link that confirms what a recipient's staff asked for."""

RECIPIENT_KINDS = CONFIRMED_BY_LINK | {OutgoingKind.ERASURE}
"""Mails that ask a recipient to confirm what its staff asked for, or to delete a letter."""

VISITOR_KINDS = (
    OutgoingKind.CONFIRMATION,
    OutgoingKind.ALREADY_SIGNED,
    OutgoingKind.REMINDER,
    OutgoingKind.FRESH_LINK,
)
"""Mails that visitors can cause, whoever's address they enter."""

CODE_KINDS = (OutgoingKind.CONFIRMATION, OutgoingKind.REMINDER)
"""Mails that contain a six-digit code."""


class DeliveryPolicy(StrEnum):
    """What happens when nobody knows whether a message was handed over.

    `AT_MOST_ONCE`: a person decides, because a recipient must not get a letter twice.
    `AT_LEAST_ONCE`: it is sent again under the same Message-ID.
    """

    AT_MOST_ONCE = "at_most_once"
    AT_LEAST_ONCE = "at_least_once"


class OutgoingState(StrEnum):
    """States of a message.

    `WAITING`: for the release of the submission that caused it. `QUEUED`: also what was refused
    for now, with `failures` and a later `due_at`.
    """

    WAITING = "waiting"
    QUEUED = "queued"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    DROPPED = "dropped"


class OutgoingEvent(StrEnum):
    """What happens to a message.

    `UNCLAIM`: a worker gives it back unsent. `DEFER`: refused for now. `LOSE`: it is unknown
    whether it was handed over. `RETRY`: sent again after it came back for now, or because a person
    says so. `RELEASE`: the submission that caused it was held, and is not any more.
    """

    RELEASE = "release"
    CLAIM = "claim"
    UNCLAIM = "unclaim"
    ACCEPT = "accept"
    DEFER = "defer"
    REFUSE = "refuse"
    LOSE = "lose"
    BOUNCE = "bounce"
    RETRY = "retry"
    DROP = "drop"


_State, _Event = OutgoingState, OutgoingEvent

TRANSITIONS = {
    (_State.WAITING, _Event.RELEASE): _State.QUEUED,
    (_State.WAITING, _Event.DROP): _State.DROPPED,
    (_State.QUEUED, _Event.CLAIM): _State.CLAIMED,
    (_State.QUEUED, _Event.DROP): _State.DROPPED,
    (_State.CLAIMED, _Event.UNCLAIM): _State.QUEUED,
    (_State.CLAIMED, _Event.ACCEPT): _State.ACCEPTED,
    (_State.CLAIMED, _Event.DEFER): _State.QUEUED,
    (_State.CLAIMED, _Event.REFUSE): _State.REFUSED,
    (_State.CLAIMED, _Event.LOSE): _State.UNCERTAIN,
    (_State.CLAIMED, _Event.DROP): _State.DROPPED,
    # A worker that reports late settles what had become uncertain meanwhile.
    (_State.UNCERTAIN, _Event.ACCEPT): _State.ACCEPTED,
    (_State.UNCERTAIN, _Event.DEFER): _State.QUEUED,
    (_State.UNCERTAIN, _Event.REFUSE): _State.REFUSED,
    (_State.UNCERTAIN, _Event.LOSE): _State.UNCERTAIN,
    (_State.UNCERTAIN, _Event.BOUNCE): _State.BOUNCED,
    (_State.UNCERTAIN, _Event.RETRY): _State.QUEUED,
    (_State.UNCERTAIN, _Event.DROP): _State.DROPPED,
    (_State.ACCEPTED, _Event.BOUNCE): _State.BOUNCED,
    (_State.ACCEPTED, _Event.RETRY): _State.QUEUED,
    (_State.BOUNCED, _Event.RETRY): _State.QUEUED,
    (_State.REFUSED, _Event.RETRY): _State.QUEUED,
    # Whoever undoes what had dropped a letter lets it be sent after all.
    (_State.DROPPED, _Event.RETRY): _State.QUEUED,
}
"""(state, event) -> state: every change of a message's state, and no other."""


def next_state(state: OutgoingState, event: OutgoingEvent) -> OutgoingState:
    """Return the state after an event; raise NoLongerPossible if it cannot happen in this state."""
    if (state, event) not in TRANSITIONS:
        raise NoLongerPossible(f"{event} of a message that is {state}")
    return TRANSITIONS[state, event]


def event_after(outcome: Outcome, policy: DeliveryPolicy, *, final: bool) -> OutgoingEvent:
    """Return what an attempt's outcome means; `final`: a message that failed is not sent again."""
    if outcome is Outcome.ACCEPTED:
        return _Event.ACCEPT
    if outcome is Outcome.UNKNOWN and policy is DeliveryPolicy.AT_MOST_ONCE:
        return _Event.LOSE
    return _Event.REFUSE if final else _Event.DEFER


def sources(event: OutgoingEvent) -> tuple[OutgoingState, ...]:
    """Return the states in which an event can happen."""
    return tuple(state for state, possible in TRANSITIONS if possible is event)


_LETTER_STATES = {
    _Event.CLAIM: LetterState.CLAIMED,
    _Event.UNCLAIM: LetterState.QUEUED,
    _Event.ACCEPT: LetterState.ACCEPTED,
    _Event.DEFER: LetterState.QUEUED,
    _Event.REFUSE: LetterState.REFUSED,
    _Event.LOSE: LetterState.UNCERTAIN,
    _Event.BOUNCE: LetterState.BOUNCED,
    _Event.RETRY: LetterState.QUEUED,
    _Event.DROP: LetterState.DROPPED,
}


def letter_state_after(event: OutgoingEvent, kind: OutgoingKind) -> LetterState:
    """Return the state of the letters that a message carries, after an event of the message.

    A digest that fails ends none of its letters: they are sent with the next one (ADR 0017).
    """
    if kind is OutgoingKind.DIGEST and event in {_Event.REFUSE, _Event.BOUNCE, _Event.DROP}:
        return LetterState.QUEUED
    return _LETTER_STATES[event]
