"""Governments, the unions that they are members of, and which of them a campaign asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

# The EU's own codes for two states differ from ISO 3166-1 (Interinstitutional
# Style Guide 7.1.1); both are accepted, ISO is stored.
EU_ALIASES = {"EL": "GR", "UK": "GB"}

EUROPEAN_UNION = "EU"
"""The union whose members a campaign asks unless it says otherwise."""


@dataclass(frozen=True)
class Membership:
    """A state's membership of a union, such as EU or CoE. `left`: its last day, which counts."""

    union: str
    joined: date
    left: date | None = None

    def covers(self, day: date) -> bool:
        return self.joined <= day and (self.left is None or day <= self.left)


@dataclass(frozen=True)
class Government:
    """A state's government. `tile`: its (column, row) on the tile map, if it has a place there."""

    code: str
    memberships: tuple[Membership, ...]
    tile: tuple[int, int] | None = None

    def member_on(self, day: date, union: str = EUROPEAN_UNION) -> bool:
        """Return whether the state was a member of a union on that day."""
        return any(one.covers(day) for one in self.memberships if one.union == union)

    def is_or_will_be_member(self, union: str) -> bool:
        return any(one.left is None for one in self.memberships if one.union == union)


@dataclass(frozen=True)
class GovernmentChoice:
    """Which governments a campaign asks.

    Those of the members of `union`, on the day `on` or else on the day that somebody looks, and
    those of the states in `also`, except for those of the states in `without`.
    """

    union: str = EUROPEAN_UNION
    on: date | None = None
    also: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [self.union]
        parts += [f"on {self.on}"] if self.on else []
        parts += [f"with {', '.join(self.also)}"] if self.also else []
        parts += [f"without {', '.join(self.without)}"] if self.without else []
        return " ".join(parts)

    def choose(self, governments: Iterable[Government], today: date) -> tuple[Government, ...]:
        """Return the governments that the campaign asks on that day."""
        day = self.on or today
        return tuple(
            one for one in governments if self._asks(one, member=one.member_on(day, self.union))
        )

    def choose_any_day(self, governments: Iterable[Government]) -> tuple[Government, ...]:
        """Return those that it asks today or later: states that have a day to join are included."""
        if self.on:
            return self.choose(governments, self.on)
        return tuple(
            one
            for one in governments
            if self._asks(one, member=one.is_or_will_be_member(self.union))
        )

    def choose_members_ever(self, governments: Iterable[Government]) -> tuple[Government, ...]:
        """Return all that it might ask if `on` were another day."""
        return tuple(
            one
            for one in governments
            if self._asks(one, member=any(has.union == self.union for has in one.memberships))
        )

    def _asks(self, government: Government, *, member: bool) -> bool:
        return government.code not in self.without and (member or government.code in self.also)


@dataclass(frozen=True)
class SupervisoryAuthority:
    """The authority that people of a country complain to about their data (GDPR, Article 77)."""

    name: str
    language: str
    website: str


def to_iso_code(code: str) -> str:
    """Return the ISO 3166-1 alpha-2 code for a code that may be the EU's own."""
    upper = code.upper()
    return EU_ALIASES.get(upper, upper)
