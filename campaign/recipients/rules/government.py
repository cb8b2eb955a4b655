"""Governments, and when they were members of the European Union."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

# The EU's own codes for two states differ from ISO 3166-1 (Interinstitutional
# Style Guide 7.1.1); both are accepted, ISO is stored.
EU_ALIASES = {"EL": "GR", "UK": "GB"}


@dataclass(frozen=True)
class Government:
    """A state's government. `tile` is its (column, row) on the tile map."""

    code: str
    joined: date
    left: date | None
    tile: tuple[int, int]

    def member_on(self, day: date) -> bool:
        """Return whether the state was a member on that day; the last day counts."""
        return self.joined <= day and (self.left is None or day <= self.left)


@dataclass(frozen=True)
class SupervisoryAuthority:
    """The authority that people of a country complain to about their data (GDPR, Article 77)."""

    name: str
    language: str
    website: str


def members_on(
    governments: Iterable[Government], fixed: date | None, today: date
) -> tuple[Government, ...]:
    """Return the members on the fixed day, or today's if no day is fixed."""
    day = fixed or today
    return tuple(government for government in governments if government.member_on(day))


def to_iso_code(code: str) -> str:
    """Return the ISO 3166-1 alpha-2 code for a code that may be the EU's own."""
    upper = code.upper()
    return EU_ALIASES.get(upper, upper)
