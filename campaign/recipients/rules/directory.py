"""Entries of a directory of recipients: their names, their addresses, and who is in office."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, time


class EntryKind(StrEnum):
    """What an entry says of its recipient.

    Its name in a language, the title of whoever heads it, its website, the languages that it reads
    (the preferred one first), its time zone, an address, or the person in office.
    """

    NAME = "name"
    TITLE = "title"
    WEBSITE = "website"
    LANGUAGES = "languages"
    ZONE = "zone"
    EMAIL = "email"
    POSTAL = "postal"
    PERSON = "person"


ADDRESS_KINDS = frozenset({EntryKind.EMAIL, EntryKind.POSTAL})
KINDS_BY_LANGUAGE = frozenset({EntryKind.NAME, EntryKind.TITLE})


@dataclass(frozen=True)
class DirectoryEntry:
    """One statement about a recipient, and its source.

    `value`: a postal address has line feeds between its lines, languages have spaces. `language`:
    of a name or title, or of the letters that go to an address. `since`: since when a person is in
    office. The rest is the pace of an address. `where`: its place in its file, such as “line 3”.
    """

    recipient: str
    kind: EntryKind
    value: str
    source: str
    language: str = ""
    since: date | None = None
    per_hour: int | None = None
    per_day: int | None = None
    opens: time | None = None
    closes: time | None = None
    zone: str | None = None
    where: str = field(default="", compare=False)

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what two entries about the same thing have in common."""
        about = self.recipient, self.kind
        if self.kind in ADDRESS_KINDS:
            return (*about, self.value)
        if self.kind is EntryKind.PERSON:
            return (*about, self.value, self.since)
        return (*about, self.language)


class Holder(Protocol):
    """A person who was entered as being in office, since a day if that is known."""

    name: str
    since: date | None
    entered_on: date


HolderT = TypeVar("HolderT", bound=Holder)


def in_office(holders: Iterable[HolderT]) -> list[HolderT]:
    """Return those who are in office now: the newest, and whoever was entered without a day since.

    Several may be: a list of targets names deputies, too.
    """
    entered = list(holders)
    newest = max((one.since for one in entered if one.since), default=None)
    return [
        one
        for one in entered
        if newest is None or (one.since == newest if one.since else one.entered_on >= newest)
    ]
