"""What text from people is accepted, and in which form it is kept.

Text is kept in Unicode's composed form (NFC) with line feeds. What comes along when text is pasted
from a word processor or a phone is mended: line breaks of other systems, bullets of symbol fonts,
and what nobody can see. What could deceive a reader is refused: piles of combining marks, and in
names links.
"""

from __future__ import annotations

import re
import unicodedata

from campaign.errors import InvalidText

MAX_COMBINING_MARKS = 4

_LONGEST_ROW = 30
"""Marks that are put in order (UAX #15, section 13): more are no language, and take long."""

# Joiners shape letters in some scripts, and emoji.
_KEPT_FORMAT = frozenset("\u200c\u200d")
# Letters and symbols by their category that nobody can see; the last one stands for a picture.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\ufffc")
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Where Word puts the characters of Symbol and Wingdings, most of them bullets: Microsoft's symbol
# encoding (OpenType, cmap, platform 3, encoding 0).
_SYMBOL_SPACE, _SYMBOLS = "\uf020", ("\uf021", "\uf0ff")
# Blocks kept for pictographs (UAX #44, Extended_Pictographic): a phone's may be newer than we are.
_PICTOGRAPHS = ("\U0001f000", "\U0001faff")
_MARKS = frozenset({"Mn", "Me"})

_SPACES = re.compile(" +")
# Tried from where a word begins: from each of its letters, a long one would take hours.
_MAIL_ADDRESS = re.compile(r"(?<![^\s<>@])[^\s<>@]+@[^\s<>@]+")
_MAX_MASKED = 500


def clean_line(text: str) -> str:
    """Return one line of text in the form that is kept; raise InvalidText.

    What looks like an encoded word (RFC 2047) is refused: a line may become a header.
    """
    # Plain spaces only: a no-break space before a French colon is there on purpose.
    line = _SPACES.sub(" ", _clean(" ".join(text.splitlines()))).strip()
    if "=?" in line:
        raise InvalidText("encoded-word")
    return line


def clean_paragraphs(text: str) -> str:
    """Return text of several lines in the form that is kept; raise InvalidText."""
    # Beside those of every system: vertical tab (Word's own), form feed, NEL, U+2028 and U+2029.
    lines = (line.rstrip() for line in _clean("\n".join(text.splitlines())).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def redact(text: str, most: int = _MAX_MASKED) -> str:
    """Return what others said as it may be kept in a log: without addresses, in one line."""
    printable = "".join(one if one.isprintable() else " " for one in text)
    return _MAIL_ADDRESS.sub("<address>", " ".join(printable.split()))[:most]


def normalise_name(name: str) -> str:
    """Return the form of a name under which it can be found again."""
    # Twice, because case folding takes composed letters apart (Unicode, section 5.18).
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def has_hidden_characters(text: str) -> bool:
    """Say whether a text has what is mended in a person's: a file is better looked at again."""
    shown = text.replace("\t", " ").removesuffix("\n")
    return _mended("\n".join(text.splitlines())) != shown


def _clean(text: str) -> str:
    kept = _mended(text)
    # Before normalising: a long row costs time.
    if any(map(unicodedata.combining, set(kept))):
        _refuse_long_rows(kept)
    composed = unicodedata.normalize("NFC", kept)
    if not _MARKS.isdisjoint(map(unicodedata.category, set(composed))):
        _refuse_piles(composed)
    return composed


def _mended(text: str) -> str:
    """Return a text without what cannot be seen, and with bullets for those of symbol fonts."""
    # Of each character once: a letter has thousands, of sixty kinds, and most need no change.
    kept = {one: _in_place_of(one) for one in set(text)}
    changes = {ord(one): new for one, new in kept.items() if new != one}
    return text.translate(changes) if changes else text


def _in_place_of(character: str) -> str:
    """Return what is kept of one character: itself, another one, or nothing."""
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
