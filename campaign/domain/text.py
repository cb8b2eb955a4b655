"""What text from people is accepted, and in which form it is kept.

Text is kept in Unicode's composed form (NFC) with line feeds. What could deceive
a reader or break a database is refused rather than quietly changed: NUL and other
control characters, bidirectional overrides, lone surrogates, unassigned and
private characters, and piles of combining marks.
"""

from __future__ import annotations

import re
import unicodedata

from campaign.errors import UnacceptableText

MAX_COMBINING_MARKS = 4

_LONGEST_ROW = 30
"""Marks that are put in order (UAX #15, section 13): more are no language, and take long."""

# Embedding, override and isolate controls: they reorder what a reader sees.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Joiners shape letters in some scripts; the others are invisible and dropped.
_KEPT_FORMAT = frozenset("\u200c\u200d")
# Letters by their category that nobody can see.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
_MARKS = frozenset({"Mn", "Me"})
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})

_SPACES = re.compile(" +")
# Tried from where a word begins: from each of its letters, a long one would take hours.
_MAIL_ADDRESS = re.compile(r"(?<![^\s<>@])[^\s<>@]+@[^\s<>@]+")
_MAX_MASKED = 500


def clean_line(text: str) -> str:
    """Return one line of text in the form that is kept; raise UnacceptableText.

    What looks like an encoded word (RFC 2047) is refused: a line may become a header.
    """
    # Plain spaces only: a no-break space before a French colon is there on purpose.
    line = _SPACES.sub(" ", _clean(text.replace("\t", " "), allowed="")).strip()
    if "=?" in line:
        raise UnacceptableText("encoded-word")
    return line


def clean_paragraphs(text: str) -> str:
    """Return text of several lines in the form that is kept; raise UnacceptableText."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    lines = (line.rstrip() for line in _clean(text, allowed="\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def masked(text: str, most: int = _MAX_MASKED) -> str:
    """Return what others said as it may be kept in a log: without addresses, in one line."""
    printable = "".join(one if one.isprintable() else " " for one in text)
    return _MAIL_ADDRESS.sub("<address>", " ".join(printable.split()))[:most]


def normalised_name(name: str) -> str:
    """Return the form of a name under which it can be found again."""
    # Twice, because case folding takes composed letters apart (Unicode, section 5.18).
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _clean(text: str, *, allowed: str) -> str:
    # Of each character once: a letter has thousands, of sixty kinds.
    kinds = _kinds(text)
    # Before normalising: a lone surrogate cannot be encoded, a long row costs time.
    if any(_is_refused(one, kind) for one, kind in kinds.items() if one not in allowed):
        raise UnacceptableText("hidden-characters")
    dropped = [one for one, kind in kinds.items() if kind == "Cf" and one not in _KEPT_FORMAT]
    kept = text.translate(dict.fromkeys(map(ord, dropped))) if dropped else text
    if any(map(unicodedata.combining, kinds)):
        _refuse_long_rows(kept)
    composed = unicodedata.normalize("NFC", kept)
    if not _MARKS.isdisjoint(_kinds(composed).values()):
        _refuse_piles(composed)
    return composed


def _kinds(text: str) -> dict[str, str]:
    """Return each character of a text with its category."""
    return {character: unicodedata.category(character) for character in set(text)}


def _is_refused(character: str, kind: str) -> bool:
    hidden = character in _BIDI_CONTROLS or character in _FILLERS
    return hidden or kind in _REFUSED_CATEGORIES


def _refuse_long_rows(text: str) -> None:
    row = 0
    for character in text:
        row = row + 1 if unicodedata.combining(character) else 0
        if row > _LONGEST_ROW:
            raise UnacceptableText("too-many-marks")


def _refuse_piles(text: str) -> None:
    marks = 0
    for character in text:
        if character in _KEPT_FORMAT:
            continue
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        if marks > MAX_COMBINING_MARKS:
            raise UnacceptableText("too-many-marks")
