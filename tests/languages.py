"""The languages that tests speak: four in every test, all of them in some, one in turn."""

from __future__ import annotations

from datetime import UTC, datetime

OFFICIAL = (
    *("bg", "es", "cs", "da", "de", "et", "el", "en", "fr", "ga", "hr", "it"),
    *("lv", "lt", "hu", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "fi", "sv"),
)
"""The 24 official languages of the European Union, in its own order."""

FOUR = ("en", "de", "fr", "el")
OTHERS = tuple(tag for tag in OFFICIAL if tag not in FOUR)

GOVERNMENTS = {
    **{tag: tag.upper() for tag in OFFICIAL},
    "cs": "CZ",
    "da": "DK",
    "el": "GR",
    "en": "IE",
    "et": "EE",
    "ga": "IE",
    "sl": "SI",
    "sv": "SE",
}
"""A government whose ministry reads the language."""


def in_turn() -> str:
    """Return one of the other languages: today's."""
    return OTHERS[datetime.now(UTC).toordinal() % len(OTHERS)]
