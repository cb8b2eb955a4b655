"""A letter: its send methods and states, and the keyed hashes that it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.campaigns.rules.letter import LetterText, VariantKeys

LETTER_CAP_PERIOD = timedelta(days=30)
"""How long a recipient gets no other letter of the same campaign from the same person."""

ONE_LETTER_CODE = "one-letter"
"""Code of an attempt that was not made: another letter of hers was handed over before."""


class SendMethod(StrEnum):
    """Send methods: by the site, from her own mailbox, or on paper."""

    WE_SEND = "we_send"
    OWN_MAIL = "own_mail"
    PRINT = "print"


class LetterState(StrEnum):
    """States of a letter, never added up as "sent": each says only what is known."""

    DRAFT = "draft"
    WAITING = "waiting"
    QUEUED = "queued"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    DROPPED = "dropped"
    SELF_REPORTED = "self_reported"
    PRINTED = "printed"


LETTER_STATE_LABELS = {state: state.value for state in LetterState} | {
    LetterState.WAITING: "on hold",
    LetterState.CLAIMED: "being sent",
    LetterState.SELF_REPORTED: "sent by the supporter",
}
"""The states in words, for organisers."""


class WaitingFor(StrEnum):
    """What a letter waits for."""

    VERIFIED_ADDRESS = "verified_address"
    RELEASE = "release"
    PAUSE = "pause"


WAITING_FOR_LABELS = {
    WaitingFor.VERIFIED_ADDRESS: "address not verified",
    WaitingFor.RELEASE: "signature held",
    WaitingFor.PAUSE: "office paused",
}
"""Why a letter is on hold, in words, for organisers."""

UNSENT_STATES = frozenset({LetterState.DRAFT, LetterState.WAITING, LetterState.QUEUED})
"""States in which nothing was sent yet, so the text may change and the letter be dropped."""


@dataclass(frozen=True)
class LetterHashes:
    """The keyed hashes that are stored when a letter is handed over.

    `signature_id`: whose letter it is. `caps`: of its writer and recipient, under each version of
    the identity rules. `sentences`: of its writer's own.
    """

    signature_id: UUID
    caps: tuple[bytes, ...]
    sentences: tuple[bytes, ...]


@dataclass(frozen=True)
class LetterDraft:
    """A letter as it was previewed: its text, and the keys and paragraph it was made from.

    `recipient`: the key of whom it is to.
    """

    recipient: str
    language: str
    keys: VariantKeys
    text: LetterText
    paragraph: str
    edited: bool
    send_method: SendMethod = SendMethod.WE_SEND
