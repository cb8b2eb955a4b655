"""The languages that tests speak: four in every test, all of them in some, one in turn."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from campaign.language.catalogue import OFFICIAL as OFFICIAL  # noqa: PLC0414 - for the tests

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
    """Return one of the other languages: today's, or the one in LANGUAGE_IN_TURN.

    Set for the processes that share the tests, which may begin on two sides of midnight.
    """
    today = OTHERS[datetime.now(UTC).toordinal() % len(OTHERS)]
    return os.environ.setdefault("LANGUAGE_IN_TURN", today)
