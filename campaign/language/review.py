"""Who has read a text."""

from __future__ import annotations

from enum import StrEnum


class ReviewStatus(StrEnum):
    """The state of a text in one language."""

    SOURCE = "source"
    """It was written in this language."""
    REVIEWED = "reviewed"
    """A native speaker has read the translation."""
    AWAITING = "awaiting"
    """No native speaker has read the translation yet."""
