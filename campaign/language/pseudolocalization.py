"""A pseudo-language that reveals layouts that overflow and texts that were never extracted.

Each text is English with accents, two fifths longer and in brackets: it stays readable, is as
long as the longest translations, and whatever is outside brackets was never extracted.
"""

from __future__ import annotations

import re
from itertools import cycle, islice

PSEUDO_LANGUAGE = "en-XA"
"""CLDR's tag for accented English."""

GROWTH = 0.4

_ACCENTS = str.maketrans(
    "abcdefghijklmnoprstuvwyzABCDEFGHIJKLMNOPRSTUVWYZ",
    "åƀçđéƒğĥïĵķļɱñöþřšţüṽŵýžÅƁÇĐÉƑĞĤÏĴĶĻṀÑÖÞŘŠŢÜṼŴÝŽ",
)
_FILLING = ("öñé", "ţŵö", "ţĥřéé", "ƒöüř", "ƒïṽé", "šïẋ", "šéṽéñ")
# Placeholders, tags, and characters with a meaning in gettext and TOML.
_KEPT = re.compile(r"%\(\w+\)[sd]|%%|\$\w+|\$\$|\\.|<[^>]*>|\S+@\S+|https?://\S+")


def pseudolocalize(text: str) -> str:
    """Return a text in the pseudo-language; placeholders and tags are unchanged."""
    if not text:
        return text
    pieces, end = [], 0
    for kept in _KEPT.finditer(text):
        pieces += [text[end : kept.start()].translate(_ACCENTS), kept.group()]
        end = kept.end()
    accented = "".join(pieces) + text[end:].translate(_ACCENTS)
    filling = " ".join(islice(cycle(_FILLING), 1 + int(len(text) * GROWTH) // 5))
    return f"[{accented} {filling}]"


def pseudolocalize_toml(toml: str) -> str:
    """Return TOML with every text in the pseudo-language; keys and comments are unchanged."""
    return "\n".join(_pseudo_line(line) for line in toml.splitlines()) + "\n"


def _pseudo_line(line: str) -> str:
    if line.startswith("#"):
        return line
    return re.sub(r'"((?:[^"\\]|\\.)*)"', lambda found: f'"{pseudolocalize(found.group(1))}"', line)
