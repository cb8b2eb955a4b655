"""How like others a letter is: by the sentences that it shares with them.

Officials sort out identical mail, and staff call individual e-mails influential (88 %)
and form e-mails far less (51 %; Congressional Management Foundation). What is said here
helps a writer and never blocks her.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

MIN_WORDS = 3
"""Shorter sentences ("Thank you.") say nothing about where a letter comes from."""

_ENDS = re.compile(r"(?<=[.!?;·…:])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]+")

_NEARLY_ALL = 0.9
_MOST = 0.6
_SOME = 0.25


class Similarity(StrEnum):
    """How much of a letter stands in others too."""

    ALL = "all"
    NEARLY_ALL = "nearly_all"
    MOST = "most"
    SOME = "some"
    LITTLE = "little"


def normalized_sentences(text: str) -> list[str]:
    """Return a text's sentences in the form in which they are compared.

    Small letters without accents' variants, digits or punctuation (NFKC, case folded), so
    that a changed comma or number does not make a sentence another one.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = (_WORD.findall(part) for part in _ENDS.split(folded))
    return [" ".join(found) for found in words if len(found) >= MIN_WORDS]


def rate_similarity(own: Collection[str], shared: Collection[str]) -> Similarity:
    """Return how much of a letter's sentences is among the shared ones."""
    share = sum(sentence in shared for sentence in own) / len(own) if own else 0.0
    if share == 1:
        return Similarity.ALL
    if share >= _NEARLY_ALL:
        return Similarity.NEARLY_ALL
    if share >= _MOST:
        return Similarity.MOST
    return Similarity.SOME if share >= _SOME else Similarity.LITTLE
