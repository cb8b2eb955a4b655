"""The languages that tests speak: four in every test, all of them in some, one in turn."""

from __future__ import annotations

import os
from datetime import UTC, datetime

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
"""A government whose ministry reads the language."""


def language_of_the_day() -> str:
    """Return one of the other languages: today's, or the one in LANGUAGE_IN_TURN.

    Set for the processes that share the tests, which may begin on two sides of midnight.
    """
    today = OTHER_LANGUAGES[datetime.now(UTC).toordinal() % len(OTHER_LANGUAGES)]
    return os.environ.setdefault("LANGUAGE_IN_TURN", today)
