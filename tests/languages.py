"""The languages that tests speak: four in every test, all of them in some."""

from __future__ import annotations

from campaign.language.catalogue import EU_LANGUAGES as EU_LANGUAGES  # noqa: PLC0414 - for the tests

MAIN_LANGUAGES = ("en", "de", "fr", "el")
OTHER_LANGUAGES = tuple(tag for tag in EU_LANGUAGES if tag not in MAIN_LANGUAGES)

GOVERNMENTS = {
    **{tag: tag.upper() for tag in EU_LANGUAGES},
    "cs": "CZ",
    "da": "DK",
    "el": "GR",
    "en": "IE",
    "et": "EE",
    "ga": "IE",
    "sl": "SI",
    "sv": "SE",
}
"""A government whose recipient reads the language."""
