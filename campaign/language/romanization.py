"""Names in plain Latin letters, spelt as their own language spells them there.

Greek: ELOT 743, type 2, as on passports; adopted by the United Nations as resolution V/19 (1987).
Bulgarian: the Transliteration Act of 2009. German and Danish: what stands for ä, ø and å where
those cannot be written (ICAO Doc 9303, part 3, section 6, has the same). The rest: `anyascii`.
"""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii


def _letters(**spelt: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(letter), latin) for letter, latin in spelt.items())


# In this order; a mark on a pair's first letter, or two dots on its second, keep the pair apart.
_GREEK = (
    (re.compile("(?<=[αεη])[υύ](?=[αάβγδεέζηήιίϊΐλμνοόρυύϋΰωώ])"), "v"),
    (re.compile("(?<=[αεη])[υύ]"), "f"),
    (re.compile("ο[υύ]"), "ou"),  # noqa: RUF001 - Greek
    (re.compile(r"\bμπ|μπ\b"), "b"),
    (re.compile("γ(?=[γξχ])"), "n"),  # noqa: RUF001 - Greek
)
_OF_LANGUAGE = {
    "bg": ((re.compile(r"ия\b"), "ia"), *_letters(щ="sht", ъ="a", ь="y", х="h")),
    "de": _letters(ä="ae", ö="oe", ü="ue"),
    "da": _letters(ø="oe", å="aa"),
}


def romanize(name: str, language: str) -> str:
    """Return a name in small ASCII letters, spelt as readers of `language` would spell it.

    Greek letters are spelt as in Greek whatever the language.
    """
    text = unicodedata.normalize("NFC", name).lower()
    for found, latin in (*_GREEK, *_OF_LANGUAGE.get(language, ())):
        text = found.sub(latin, text)
    return anyascii(text).lower()
