"""Governments, when they were members of the European Union, and their ministries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

# The EU's own codes for two states differ from ISO 3166-1 (Interinstitutional
# Style Guide 7.1.1); both are accepted, ISO is stored.
EU_ALIASES = {"EL": "GR", "UK": "GB"}


FOREIGN_AFFAIRS = "foreign-affairs"
"""The office that every letter is for."""


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


@dataclass(frozen=True)
class Ministry:
    """The ministry that a government's letters go to, according to the reference data.

    Nothing here is evidence that an address is right: an organiser's check is stored
    in the database. Empty means that nothing was found. `names` is by language, and
    `name_language` the one that is used if no other is asked for. `zone`: the time zone that
    it works in, by its name in the IANA time zone database.
    """

    government: str
    names: Mapping[str, str]
    name_language: str
    postal_lines: tuple[str, ...]
    postal_source: str
    website: str
    email: str
    email_source: str
    letter_languages: tuple[str, ...]
    zone: str

    @property
    def name(self) -> str:
        return self.names[self.name_language]

    def language_of_name(self, language: str) -> str:
        """Return the language itself if the ministry has a name in it, else its usual name's."""
        return language if language in self.names else self.name_language

    def name_in(self, language: str) -> str:
        """Return the ministry's name in that language, or its usual one."""
        return self.names[self.language_of_name(language)]


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


def recipient_key(government: str, office: str = FOREIGN_AFFAIRS) -> str:
    """Return the key of a recipient of letters, an office of a government: DE/foreign-affairs."""
    return f"{government}/{office}"


def government_of(recipient: str) -> str:
    """Return the code of the government that a recipient is an office of."""
    return recipient.partition("/")[0]
