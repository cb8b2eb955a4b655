"""A letter: its keys, its text, how it travels and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

MAX_PARAGRAPH = 1_500
MAX_LETTER = 6_000
MAX_SUBJECT = 200
ONE_LETTER_WITHIN = timedelta(days=30)
"""How long a recipient gets no other letter of the same campaign from the same person."""

HELD_BACK = "one-letter"
"""The code of an attempt that was none: another letter of hers was handed over before."""


class Way(StrEnum):
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


UNCLAIMED = frozenset({LetterState.DRAFT, LetterState.WAITING, LetterState.QUEUED})
"""States in which nothing has left yet, so the text may change and the letter be dropped."""


@dataclass(frozen=True)
class Keys:
    """From what a letter is composed, so that it can be rendered in any language again.

    `demands` pairs each chosen demand, in her order, with its phrasing's key.
    """

    opening: str
    demands: tuple[tuple[str, str], ...]
    closing: str

    def as_json(self) -> dict[str, Any]:
        return {
            "opening": self.opening,
            "demands": [list(pair) for pair in self.demands],
            "closing": self.closing,
        }


@dataclass(frozen=True)
class LetterText:
    """What she signs, byte for byte; address, From and footer are made at delivery."""

    subject: str
    salutation: str
    body: str

    @property
    def whole(self) -> str:
        return f"{self.salutation}\n\n{self.body}\n"


@dataclass(frozen=True)
class Traces:
    """What a letter leaves behind when it is handed over, as keyed hashes.

    `caps`: of who wrote to whom, under each version of the identity rules. `sentences`: of its
    writer's own.
    """

    caps: tuple[bytes, ...]
    sentences: tuple[bytes, ...]


@dataclass(frozen=True)
class WrittenLetter:
    """A letter as it was previewed: its text, and the keys and paragraph behind it."""

    language: str
    keys: Keys
    text: LetterText
    paragraph: str
    edited: bool
    way: Way = Way.WE_SEND
