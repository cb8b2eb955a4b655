"""The review status of translations."""

from __future__ import annotations

from enum import StrEnum


class ReviewStatus(StrEnum):
    """The review status of a text in one language."""

    SOURCE = "source"
    """The text was written in this language."""
    REVIEWED = "reviewed"
    """A native speaker has read the translation."""
    AWAITING = "awaiting"
    """No native speaker has read the translation yet."""
