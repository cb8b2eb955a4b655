"""The letter that is made of a campaign's words: its keys, its text, its limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PARAGRAPH_LENGTH = 1_500
MAX_LETTER_LENGTH = 6_000
MAX_SUBJECT_LENGTH = 200


class Voice(StrEnum):
    """How a letter is built, so that letters differ in structure and not only in words.

    Its demands are running text, a numbered list, or a few words each behind a dash.
    """

    PROSE = "prose"
    NUMBERED = "numbered"
    SHORT = "short"


@dataclass(frozen=True)
class VariantKeys:
    """The keys that a letter is composed from, so that it can be rendered again in any language.

    `demands` pairs each chosen demand, in her order, with the key of its variant.
    """

    opening: str
    demands: tuple[tuple[str, str], ...]
    closing: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> VariantKeys:
        demands = tuple((demand, variant) for demand, variant in value["demands"])
        return cls(value["opening"], demands, value["closing"])

    def to_json(self) -> dict[str, Any]:
        return {
            "opening": self.opening,
            "demands": [list(pair) for pair in self.demands],
            "closing": self.closing,
        }


@dataclass(frozen=True)
class LetterText:
    """What she signs, byte for byte; address, From and footer are added at delivery."""

    subject: str
    salutation: str
    body: str

    @property
    def full_text(self) -> str:
        return f"{self.salutation}\n\n{self.body}\n"
