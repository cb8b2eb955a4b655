"""Clean and validate text that people type.

Text is stored in Unicode's composed form (NFC) with LF line ends. What comes along when text is
pasted from a word processor or a phone is repaired: line breaks of other systems, bullets of symbol
fonts, and invisible characters. What could deceive a reader is refused: stacks of combining marks,
and links in names.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from campaign.errors import InvalidText

MAX_COMBINING_MARKS = 4

_LONGEST_ROW = 30
"""Combining marks in a row that are normalised (UAX #15, section 13).

No language has more, and sorting them takes long.
"""

# Joiners shape letters in some scripts, and emoji.
_KEPT_FORMAT = frozenset("\u200c\u200d")
# Invisible characters with the category of a letter or symbol; the last is an object replacement.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\ufffc")
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Where Word puts characters of Symbol and Wingdings, most of them bullets: Microsoft's symbol
# encoding (OpenType, cmap, platform 3, encoding 0).
_SYMBOL_SPACE, _SYMBOLS = "\uf020", ("\uf021", "\uf0ff")
# Blocks reserved for pictographs (UAX #44, Extended_Pictographic): a phone's Unicode version may
# be newer than Python's.
_PICTOGRAPHS = ("\U0001f000", "\U0001faff")
_MARKS = frozenset({"Mn", "Me"})

_SPACES = re.compile(" +")
# Matched only at the start of a word: tried at each of its letters, a long one would take hours.
_MAIL_ADDRESS = re.compile(r"(?<![^\s<>@])[^\s<>@]+@[^\s<>@]+")
_MAX_MASKED = 500


def clean_line(text: str) -> str:
    """Return one line of text in the form to be stored.

    Raise InvalidText if it is not acceptable. What looks like an encoded word (RFC 2047) is
    refused, because the line may become a header.
    """
    # Only plain spaces: a no-break space before a French colon is intentional.
    line = _SPACES.sub(" ", _clean(" ".join(text.splitlines()))).strip()
    if "=?" in line:
        raise InvalidText("encoded-word")
    return line


def clean_paragraphs(text: str) -> str:
    """Return text of several lines in the form to be stored; raise InvalidText if unacceptable."""
    # `splitlines` also splits at vertical tab (used by Word), form feed, NEL, U+2028 and U+2029.
    lines = (line.rstrip() for line in _clean("\n".join(text.splitlines())).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def redact(text: str, most: int = _MAX_MASKED) -> str:
    """Return a foreign text in a form that may be logged: one line, without e-mail addresses."""
    printable = "".join(one if one.isprintable() else " " for one in text)
    return _MAIL_ADDRESS.sub("<address>", " ".join(printable.split()))[:most]


def normalise_name(name: str) -> str:
    """Return the form of a name by which it is compared and searched."""
    # Normalised twice, because case folding decomposes letters (Unicode, section 5.18).
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def has_hidden_characters(text: str) -> bool:
    """Return whether a text has characters that `clean_line` would repair.

    In a file they are reported instead, so that somebody looks at it again.
    """
    shown = text.replace("\t", " ").removesuffix("\n")
    return _mended("\n".join(text.splitlines())) != shown


def _clean(text: str) -> str:
    kept = _mended(text)
    # Before normalising, because a long row takes long to normalise.
    if any(map(unicodedata.combining, set(kept))):
        _refuse_long_rows(kept)
    composed = unicodedata.normalize("NFC", kept)
    if not _MARKS.isdisjoint(map(unicodedata.category, set(composed))):
        _refuse_piles(composed)
    return composed


def _mended(text: str) -> str:
    """Return a text without invisible characters, with real bullets for those of symbol fonts."""
    if text.isprintable() and _UNSEEN.isdisjoint(text):
        return text
    # Each distinct character once: a letter has thousands, of sixty kinds, mostly unchanged.
    kept = {one: _in_place_of(one) for one in set(text)}
    changes = {ord(one): new for one, new in kept.items() if new != one}
    return text.translate(changes) if changes else text


@lru_cache(maxsize=1_000)
def _in_place_of(character: str) -> str:
    """Return the replacement for one character: itself, another one, or an empty string."""
    if character in {"\t", _SYMBOL_SPACE}:
        return " "
    if _SYMBOLS[0] <= character <= _SYMBOLS[1]:
        return "•"
    if character == "\n" or character in _KEPT_FORMAT:
        return character
    category = unicodedata.category(character)
    if category == "Cn" and _PICTOGRAPHS[0] <= character <= _PICTOGRAPHS[1]:
        return character
    unseen = character in _UNSEEN or category in _UNSEEN_CATEGORIES
    return "" if unseen else character


def _refuse_long_rows(text: str) -> None:
    row = 0
    for character in text:
        row = row + 1 if unicodedata.combining(character) else 0
        if row > _LONGEST_ROW:
            raise InvalidText("too-many-marks")


def _refuse_piles(text: str) -> None:
    marks = 0
    for character in text:
        if character in _KEPT_FORMAT:
            continue
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        if marks > MAX_COMBINING_MARKS:
            raise InvalidText("too-many-marks")
