"""Recipients of letters: offices of governments, each with a key such as `DE/foreign-affairs`."""

from __future__ import annotations

FOREIGN_AFFAIRS = "foreign-affairs"
"""The office that every letter is for."""


def recipient_key(government: str, office: str = FOREIGN_AFFAIRS) -> str:
    return f"{government}/{office}"


def government_of(recipient: str) -> str:
    """Return the code of the government that a recipient is an office of."""
    return recipient.partition("/")[0]
