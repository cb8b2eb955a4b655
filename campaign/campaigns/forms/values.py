"""What an organiser types, as a value of one of a draft's files, and as a field shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from campaign.campaigns.toml_reader import MAX_TEXT
from campaign.errors import InvalidText
from campaign.language.text import clean_line, clean_paragraphs

if TYPE_CHECKING:
    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.draft import Draft

MAX_PARAGRAPHS = 100


class ValueKind(StrEnum):
    """How a field's text is a value: a line, one paragraph, a list of them, or as it is."""

    LINE = "line"
    TEXT = "text"
    PARAGRAPHS = "paragraphs"
    PLAIN = "plain"


@dataclass(frozen=True)
class Place:
    """Where a field's value stands in a draft."""

    file: str
    path: Path
    kind: ValueKind = ValueKind.LINE
    default: object = None

    def value_in(self, draft: Draft) -> object:
        found = draft.document(self.file).get(self.path)
        return self.default if found is None else found


def value_of(text: Any, kind: ValueKind) -> object:
    """Return the value that was typed, in the form to be stored; raise InvalidText if it is bad."""
    if kind is ValueKind.PLAIN:
        return text
    if kind is ValueKind.PARAGRAPHS:
        blocks = paragraphs(text)
        if len(blocks) > MAX_PARAGRAPHS:
            raise InvalidText("too-many-paragraphs")
        if any(len(block) > MAX_TEXT for block in blocks):
            raise InvalidText("too-long-paragraph")
        return blocks
    line = kind is ValueKind.LINE
    value = clean_line(text) if line else " ".join(clean_paragraphs(text).split("\n"))
    if len(value) > MAX_TEXT:
        raise InvalidText("too-long")
    return value


def shown(value: object) -> str:
    """Return a value as a field shows it; paragraphs with an empty line between them."""
    if isinstance(value, list):
        return "\n\n".join(str(one) for one in value)
    return "" if value is None else str(value)


_SIGN = "[\u2022\u00b7\u25aa\u25a0\u25e6]"
_LETTER_AS_SIGN = "[o\u00a7\u2013\u2014]"
_NUMBER = r"\(?\w{1,3}(?:\.\w{1,3})*[.)]?"
_BULLET = re.compile(rf"^[ \t]*(?:{_SIGN}[ \t\u00a0]+|{_LETTER_AS_SIGN}\t[ \t]*)", re.MULTILINE)
_WORD_ITEM = re.compile(rf"^[ \t]*(?:{_SIGN}|{_LETTER_AS_SIGN}|{_NUMBER})\t", re.MULTILINE)
"""What word processors put before the items of a list."""

_ITEM = re.compile(r"\n(?=[ \t]*(?:[-*+][ \t]|1[.)][ \t].*\n[ \t]*2[.)][ \t]))")
_NUMBERED_ITEM = re.compile(r"\n(?=[ \t]*\d{1,9}[.)][ \t])")
_FIRST_ITEM = re.compile(r"[ \t]*1[.)][ \t]")

MAX_WRAPPED = 100
"""More characters than any line has in a text that a mail program has wrapped (RFC 5322: 78)."""


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text: what an empty line separates, and each item of a list.

    A word processor ends its paragraphs and items with one line break. It puts a tab after what
    numbers an item, and has long lines.
    """
    listed = clean_paragraphs(_BULLET.sub("- ", text))
    if _WORD_ITEM.search(text):
        return [line.strip() for line in listed.split("\n") if line.strip()]
    blocks = _ITEM.sub("\n\n", listed).split("\n\n")
    parts = [part for block in blocks for part in _parts(block.strip("\n"))]
    return [" ".join(map(str.strip, part.strip().split("\n"))) for part in parts if part.strip()]


def _parts(block: str) -> list[str]:
    # A line that begins with a number may begin with a date; a list begins with 1.
    if _FIRST_ITEM.match(block):
        return _NUMBERED_ITEM.split(block)
    lines = block.split("\n")
    return lines if max(map(len, lines)) > MAX_WRAPPED else [block]
