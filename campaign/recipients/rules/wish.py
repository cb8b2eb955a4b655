"""What a recipient's staff may wish for: how it gets letters, a pause, another address, or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LINK_LIFETIME = timedelta(days=7)
"""How long the link that confirms a wish is valid."""

WISH_LIFETIME = timedelta(days=90)
"""How long a confirmed wish is kept, with the place that was typed."""

MAX_PAUSE_DAYS = 90
MAX_PLACE = 300

OBJECTED = "the ministry asked for no more letters"
PAUSED_BY_RECIPIENT = "the ministry asked for a pause"
WRONG_ADDRESSEE = "the ministry says that another office is responsible"
"""Reasons of pauses; the log and the database keep them, so that they never change."""


class Preference(StrEnum):
    """Wishes: one mail a day or a week, single letters again, or letters stop in three ways.

    For some days, until organisers have found where they belong, or until they resume it.
    """

    DIGEST = "digest"
    WEEKLY = "weekly"
    SINGLE = "single"
    PAUSE = "pause"
    ADDRESS = "address"
    OBJECTION = "objection"


@dataclass(frozen=True)
class Wish:
    """A wish. `days`: how long a pause is. `place`: where letters belong, as it was typed."""

    preference: Preference
    days: int | None = None
    place: str = ""
