"""Alphabetical order in each language.

Names are compared letter by letter, and by accents where all letters are the same (Unicode
Collation Algorithm, UTS #10, section 1.1). Which letters a language has, and which of them
differ only as accents do, is from CLDR 47 (collation, `standard`); Babel does not have it.
Hungarian's doubled digraphs (lly) count as they are written.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of those separated by "/", the later ones differ from the first only as accents do.
_LATIN = "a b c d e f g h i j k l m n o p q r s t u v w x y z"
_ALPHABETS = {
    "bg": "а б в г д е ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я",  # noqa: RUF001
    "cs": "a b c č d e f g h ch i j k l m n o p q r ř s š t u v w x y z ž",
    "da": "a b c d/đ/ð e f g h i j k l m n o p q r s t u v w x y/ü/ű z æ/ä ø/ö/ő å/aa",
    "el": "α β γ δ ε ζ η θ ι κ λ μ ν ξ ο π ρ σ τ υ φ χ ψ ω",  # noqa: RUF001
    "es": "a b c d e f g h i j k l m n ñ o p q r s t u v w x y z",
    "et": "a b c d e f g h i j k l m n o p q r s š z ž t u v w õ ä ö ü x y",
    "fi": "a b c d/đ e f g h i j k l m n o p q r s t u v w x y/ü z å ä/æ ö/ø",
    "hr": "a b c č ć d dž đ e f g h i j k l lj m n nj o p q r s š t u v w x y z ž",
    "hu": "a b c cs d dz dzs e f g gy h i j k l ly m n ny o ö/ő p q r s sz t ty u ü/ű v w x y z zs",
    "lt": "a/ą b c č d e/ę/ė f g h i/į/y j k l m n o p q r s š t u/ų/ū v w x z ž",
    "lv": "a ā b c č d e ē f g ģ h i y ī j k ķ l ļ m n ņ o ō p q r ŗ s š t u ū v w x z ž",
    "mt": "a b ċ c d e f ġ g għ h ħ i j k l m n o p q r s t u v w x y ż z",
    "pl": "a ą b c ć d e ę f g h i j k l ł m n ń o ó p q r s ś t u v w x y z ź ż",
    "ro": "a ă â b c d e f g h i î j k l m n o p q r s ș/ş t ț/ţ u v w x y z",
    "sk": "a ä b c č d e f g h ch i j k l m n o ô p q r ř s š t u v w x y z ž",
    "sl": "a b c č ć d đ e f g h i j k l m n o p q r s š t u v w x y z ž",
    "sv": "a b c d/đ/ð e f g h i j k l m n o p q r s t u v w x y/ü/ű z å ä/æ/ę ö/ø/ő/œ/ô",
}
# Letters that Unicode does not decompose, as their place in the alphabets of others.
_FOREIGN = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "\u0131": "i",
        "þ": "th",
    }
)
# What is no letter, in CLDR's order; it stands before digits and letters.
_SIGNS = (
    " _-\u2013\u2014,;:!\u00a1?\u00bf.\u00b7'\u2018\u2019\u201a\u2039\u203a\"\u201c\u201d\u201e"
    "\u00ab\u00bb()[]@*/&#%+0123456789"
)

Letter = tuple[int, int, str]
"""Group (signs, the alphabet's letters, others), place in it, and what differs as accents do."""


@lru_cache(maxsize=4096)
def sort_key(text: str, language: str) -> tuple[list[tuple[int, int]], list[str]]:
    """Return the key by which texts stand in the language's alphabetical order."""
    letters = list(_letters(unicodedata.normalize("NFKC", text.casefold()), language))
    return [(group, place) for group, place, _ in letters], [accent for _, _, accent in letters]


def _letters(text: str, language: str) -> Iterator[Letter]:
    places = _places(language)
    for letter in _pattern(language).findall(text):
        if letter in places:
            yield places[letter]
            continue
        for plain in unicodedata.normalize("NFD", letter)[0].translate(_FOREIGN):
            group, place, _ = places.get(plain, (2, ord(plain), ""))
            yield group, place, letter


@cache
def _places(language: str) -> dict[str, Letter]:
    alphabet = enumerate(_ALPHABETS.get(language, _LATIN).split())
    letters = {
        letter: (1, place, str(number or ""))
        for place, same in alphabet
        for number, letter in enumerate(same.split("/"))
    }
    return letters | {sign: (0, place, "") for place, sign in enumerate(_SIGNS)}


@cache
def _pattern(language: str) -> re.Pattern[str]:
    """Return what matches one letter: the longest one, as Hungarian's dzs."""
    longest_first = sorted(_places(language), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) + "|.", re.DOTALL)
