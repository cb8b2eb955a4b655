"""A letter: how it travels, what became of it, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.campaigns.rules.letter import LetterText, VariantKeys

LETTER_CAP_PERIOD = timedelta(days=30)
"""How long a recipient gets no other letter of the same campaign from the same person."""

ONE_LETTER_CODE = "one-letter"
"""The code of an attempt that was none: another letter of hers was handed over before."""


class SendMethod(StrEnum):
    """How a letter travels: sent by the site, from her own mailbox, or on paper."""

    WE_SEND = "we_send"
    OWN_MAIL = "own_mail"
    PRINT = "print"


class LetterState(StrEnum):
    """Never added up as "sent": each says only what is known."""

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


class WaitingFor(StrEnum):
    """Why a letter waits."""

    VERIFIED_ADDRESS = "verified_address"
    RELEASE = "release"
    PAUSE = "pause"


UNSENT_STATES = frozenset({LetterState.DRAFT, LetterState.WAITING, LetterState.QUEUED})
"""States in which nothing has left yet, so the text may change and the letter be dropped."""


@dataclass(frozen=True)
class LetterHashes:
    """What a letter leaves behind when it is handed over, as keyed hashes.

    `caps`: of who wrote to whom, under each version of the identity rules. `sentences`: of its
    writer's own.
    """

    caps: tuple[bytes, ...]
    sentences: tuple[bytes, ...]


@dataclass(frozen=True)
class LetterDraft:
    """A letter as it was previewed: its text, and the keys and paragraph behind it."""

    language: str
    keys: VariantKeys
    text: LetterText
    paragraph: str
    edited: bool
    way: SendMethod = SendMethod.WE_SEND
